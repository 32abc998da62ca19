# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A container's life on version 2 of cgroups alone: freezer, kill, devices, out of memory.

cg=/sys/fs/cgroup

bundle life 'sh("sleep 1000 & sleep 1000 & exec sleep 1000")
limits(memory={"limit": 67108864, "swap": 67108864})'
check "run -d" ipcell run -d -b /tmp/life life
check_has "the processes are in its cgroup from their first moment" "populated 1" cat $cg/life/cgroup.events
check_has "ps lists all of them" "sleep 1000" ipcell ps life
check "pause" ipcell pause life
check_has "the cgroup stands still" "frozen 1" cat $cg/life/cgroup.events
check_has "state tells it" '"paused"' ipcell state life
check_fails "a paused container takes nobody" "paused" ipcell exec life true
check "resume" ipcell resume life
check_has "the cgroup goes on" "frozen 0" cat $cg/life/cgroup.events
check_is "exec is in the container's cgroup and namespace" "0::/" ipcell exec life cat /proc/self/cgroup
ipcell events life >/tmp/events 2>&1 &
events=$!
sleep 8
check_fails "what wants too much memory is killed" "" ipcell exec life sh -c 'head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null; exit 1'
check "the event of it is told" eventually grep -q '"oom"' /tmp/events
kill $events
check "pause again" ipcell pause life
check "kill --all with all of them standing still" ipcell kill --all life KILL
check "kill --all leaves none" eventually grep -q "populated 0" $cg/life/cgroup.events
check_has "state tells that it has stopped" '"stopped"' ipcell state life
check "delete" ipcell delete life
check "its cgroup is gone" test ! -e $cg/life

modprobe loop
bundle device '
for s in ("bounding", "effective", "permitted"):
    p["capabilities"][s].append("CAP_MKNOD")
limits(devices=[{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 237, "access": "rm"}])
for m in c["mounts"]:
    if m["destination"] == "/dev": m["options"] = [o for o in m["options"] if o != "nodev"]
sh("""cd /dev; mknod k c 10 237 && head -c 0 k && echo reads; echo x 2>/dev/null >k || echo no write
mknod m c 4 64 && echo makes any node; head -c 0 m 2>/dev/null || echo but does not open it; head -c 1 zero | wc -c""")'
check_is "the device program allows and denies" "reads
no write
makes any node
but does not open it
1" ipcell run -b /tmp/device device
