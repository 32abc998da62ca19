#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints how much memory the runtimes take: of the machine while a container runs in the foreground, and of the container's own limit while it
# is created or exec'd into, as the container itself reads it (the method of runc's pull request 5288).
# Usage: memory.sh WORK RUNTIMES IPCELL RUNC CRUN
set -euo pipefail
work=$1 runtimes=$2 ipcell=$3 runc=$4 crun=$5
peak=/sys/fs/cgroup/memory.peak
[ -d /sys/fs/cgroup/memory ] && peak=/sys/fs/cgroup/memory/memory.max_usage_in_bytes

mkdir -p "$work/peak"
sed -e 's#"/bin/true"#"/bin/cat", "'"$peak"'"#' "$work/true/config.json" >"$work/peak/config.json"

exec_peak() { # runtime's command: what an exec adds to a container that sleeps
    # shellcheck disable=SC2086
    $1 run -d -b "$work/sleep" m >/dev/null 2>&1
    # The reading process is the same for all; what was charged before it does not count, where the kernel lets it be forgotten.
    mine=$(find /sys/fs/cgroup/memory -type d -name m 2>/dev/null | head -n 1)
    [ -z "$mine" ] || echo 0 >"$mine/memory.max_usage_in_bytes"
    # shellcheck disable=SC2086
    $1 exec m /bin/cat "$peak"
    # shellcheck disable=SC2086
    $1 delete --force m >/dev/null 2>&1
}
resident() { # runtime's command, field of /proc/PID/status
    # shellcheck disable=SC2086
    $1 run -b "$work/sleep" m >/dev/null 2>&1 &
    pid=$!
    # shellcheck disable=SC2086
    until $1 state m 2>/dev/null | grep -q running; do sleep 0.05; done
    sleep 0.1
    sed -n "s/^$2:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$pid/status"
    # shellcheck disable=SC2086
    $1 kill m KILL
    wait "$pid" || true
}
smallest() { # count, command...: the least of so many tries, in KiB
    count=$1
    shift
    for _ in $(seq "$count"); do "$@"; done | sort -n | head -n 1 | awk '{print int($1 / 1024)}'
}
echo "| KiB | charged to the container by create | by exec | the foreground run, resident | of that its own (RssAnon) |"
echo "|---|---:|---:|---:|---:|"
for one in $runtimes; do
    command=${!one}
    # shellcheck disable=SC2086
    echo "| $one | $(smallest 5 $command run -b "$work/peak" m) | $(smallest 5 exec_peak "$command") | $(resident "$command" VmRSS) | $(resident "$command" RssAnon) |"
done
echo
