# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Statistics of version 2, each compared with what the kernel's own file says of a container that stands still.

cg=/sys/fs/cgroup

bundle stats 'sh("dd if=/dev/zero of=/f bs=1M count=8 2>/dev/null; sync; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo worked; exec sleep 1000")
limits(memory={"limit": 134217728, "swap": 268435456}, pids={"limit": 17}, cpu={"quota": 20000, "period": 100000},
    hugepageLimits=[{"pageSize": "2MB", "limit": 4194304}])'
ipcell run -d -b /tmp/stats stats >/tmp/stats.out 2>&1
check "the container works for a while" eventually grep -q worked /tmp/stats.out
check "pause" ipcell pause stats
check "statistics" sh -c '"$IPCELL" --root /run/ipcell events --stats stats >/tmp/stats.json'

compare() { # sentence, what to compare
    check_is "$1" same python3 -S -c '
import json
d = json.load(open("/tmp/stats.json"))["data"]
def text(name): return open("/sys/fs/cgroup/stats/" + name).read()
def keyed(name): return {k: int(v) for k, v in (l.split() for l in text(name).splitlines())}
def near(a, b): return abs(a - b) <= 1 << 20
cpu, memory, stat, events = keyed("cpu.stat"), d["memory"], keyed("memory.stat"), keyed("memory.events")
pairs = '"$2"'
wrong = [p for p in pairs if not (near(*p[:2]) if p[2:] else p[0] == p[1])]
print(wrong or "same")'
}
compare "processor time, in nanoseconds" '[(d["cpu"]["usage"]["total"], cpu["usage_usec"] * 1000),
    (d["cpu"]["usage"]["user"], cpu["user_usec"] * 1000), (d["cpu"]["usage"]["kernel"], cpu["system_usec"] * 1000),
    (cpu["usage_usec"] > 0, True)]'
compare "how often and how long it was throttled" '[(d["cpu"]["throttling"]["periods"], cpu["nr_periods"]),
    (d["cpu"]["throttling"]["throttledPeriods"], cpu["nr_throttled"]),
    (d["cpu"]["throttling"]["throttledTime"], cpu["throttled_usec"] * 1000), (cpu["nr_throttled"] > 0, True)]'
compare "memory in use, and its limit" '[(memory["usage"]["usage"], int(text("memory.current")), "near"),
    (memory["usage"]["limit"], 134217728), (memory["usage"]["failcnt"], events["max"]), (memory["cache"], stat["file"], "near")]'
compare "memory and swap together" '[(memory["swap"]["limit"], 268435456),
    (memory["swap"]["usage"], int(text("memory.current")) + int(text("memory.swap.current")), "near")]'
compare "every line of memory.stat" '[(memory["raw"][k], v, "near") for k, v in stat.items()]'
compare "tasks" '[(d["pids"]["current"], int(text("pids.current"))), (d["pids"]["limit"], 17)]'
compare "huge pages" '[(d["hugetlb"]["2MB"].get("usage", 0), int(text("hugetlb.2MB.current"))), (d["hugetlb"]["2MB"]["failcnt"], 0)]'
compare "pressure" '[(round(d["cpu"]["psi"]["some"]["total"] / 1e6), round(int(text("cpu.pressure").split()[4][6:]) / 1e6)),
    (sorted(d["memory"]["psi"]), ["full", "some"])] if "psi" in d["cpu"] else [(text("cpu.pressure"), "no pressure told")]'
check "resume" ipcell resume stats
ipcell events --interval 1s stats >/tmp/stats.many 2>&1 &
events=$!
check "statistics come again and again" eventually sh -c '[ "$(grep -c "\"type\":\"stats\"" /tmp/stats.many)" -ge 3 ]'
check "delete" ipcell delete --force stats
check "events ends with the container" eventually sh -c "! kill -0 $events 2>/dev/null"
