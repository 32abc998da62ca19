#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The IPC walk-through: shows, and checks step by step, what an IPC namespace isolates.
# Usage: examples/ipc-walkthrough/run.sh
#   IPCELL         the ipcell to use (default: dist/ipcell/bin/ipcell of this checkout)
#   ROOTFS_DEBIAN  a root file system made by scripts/make-debian-rootfs (default: made under .cache/)
# Needs root. Exits with 1 at the first claim that turns out not to be true, and leaves nothing behind.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
ipcell=$(realpath -m "${IPCELL:-$top/dist/ipcell/bin/ipcell}")
rootfs=$(realpath -m "${ROOTFS_DEBIAN:-$top/.cache/rootfs/debian}")

# The machine's own IPC objects and mounts stay out of it: "the host" of this walk-through is a private namespace.
if [ "${1:-}" != --in-private-host ]; then
    [ "$(id -u)" = 0 ] || { echo "run.sh: needs root" >&2; exit 1; }
    [ -x "$ipcell" ] || { echo "run.sh: no $ipcell (run make first)" >&2; exit 1; }
    "$top/scripts/make-debian-rootfs" "$rootfs"
    exec unshare --ipc --mount -- "$BASH" "$here/run.sh" --in-private-host
fi

# shellcheck source=examples/ipc-walkthrough/lib.sh
. "$here/lib.sh"
start_host

say "The IPC walk-through" \
    "An IPC namespace holds System V message queues, semaphore sets and shared memory, and POSIX message queues." \
    "What is called the host here is a namespace of its own made for this walk-through, so that your machine's" \
    "IPC objects are neither shown nor touched. Every prompt names where the command runs."

section "Part A: containers"

step "The host has a message queue"
on host ipcmk -Q
on host touch /dev/mqueue/of-the-host
on host ipcs -q
host_key=$(keys)
check "the host has one System V queue, $host_key" test "$(count)" = 1

step "A first container, in an IPC namespace of its own, has nothing in it"
bundle first
on host "grep -A1 '\"ipc\"' first/config.json"
launch first run --bundle first --pid-file first.pid "$first"
on first ipcs
check "the container sees none of the host's System V objects" test "$(count)" = 0
on first ls -A /dev/mqueue
check "nor the host's POSIX queue" test -z "$output"

step "The container makes one object of each kind"
on first ipcmk -Q
on first ipcmk -S 2
on first ipcmk -M 4096
on first touch /dev/mqueue/demo
on first ipcs
first_keys=$(keys)
check "a queue, a shared-memory segment and a semaphore set" test "$(count)" = 3
on first cat /dev/mqueue/demo
check "and a POSIX queue, with 0 bytes in it" contains "QSIZE:0 "

step "The host sees none of them"
on host ipcs
check "only the host's own queue is there" test "$(keys)" = "$host_key"
on host ls -A /dev/mqueue
check "and only its own POSIX queue" test "$output" = of-the-host

step "A second container joins the first one's namespace by its path"
pid=$(cat first.pid)
bundle second
edit second "s|\"type\": *\"ipc\"|\"type\": \"ipc\", \"path\": \"/proc/$pid/ns/ipc\"|"
on host "grep -A1 '\"ipc\"' second/config.json"
launch second run --bundle second --pid-file second.pid "$second"
[ "$(cgroups)" -gt 0 ] || fail "the containers have no cgroup that is named after them"
on second ipcs
check "it sees all three System V objects of the first" test "$(keys)" = "$first_keys"
on second ls -A /dev/mqueue
check "and its POSIX queue" test "$output" = demo

step "The two containers talk"
on second "perl -e 'msgsnd(0, pack(\"l! a*\", 1, \"hello from the second\"), 0) or die \$!'"
on first "perl -e 'msgrcv(0, \$m, 100, 0, 0) or die \$!; print unpack(\"x[l!] a*\", \$m), \"\n\"'"
check "a message sent through the queue by one reaches the other" test "$output" = "hello from the second"
on second touch /dev/mqueue/from-the-second
on first ls /dev/mqueue
check "a POSIX queue made by the second is there for the first" contains from-the-second

step "The namespace lives as long as someone is in it"
namespace=$(readlink "/proc/$pid/ns/ipc")
leave first
on second ipcs -q
check "the first has ended, the second still has the queue" test "$(count)" = 1
leave second
on host "readlink /proc/[0-9]*/ns/ipc | grep -cF '$namespace'"
check "both have ended, no process is in $namespace any more" test "$output" = 0
on host "$ipcell run --bundle second $second"
check "and it can no longer be joined" refused "/proc/$pid/ns/ipc"
bundle third
launch third run --bundle third "$third"
on third ipcs
check "a new container starts with nothing" test "$(count)" = 0
leave third

section "Part B: no container"

step "A shell in a new IPC namespace"
launch shell ipc unshare -- bash
on shell ipcs -q
check "no queue is there, although the host has one" test "$(count)" = 0
on shell ipcmk -Q
on shell ipcs -q
shell_key=$(keys)
check "the shell has a queue of its own" test "$(count)" = 1
on shell touch /dev/mqueue/of-the-shell
on shell ls -A /dev/mqueue
check "and its own /dev/mqueue" test "$output" = of-the-shell
on host "ipcs -q; ls -A /dev/mqueue"
check "of which the host sees nothing" lacks "$shell_key" of-the-shell

step "Joining it by the process id of the shell"
on shell 'echo $$'
pid=$output
on host "$ipcell ipc exec $pid -- ipcs -q"
check "the shell's queue is seen from a second process" test "$(keys)" = "$shell_key"
leave shell
on host "$ipcell ipc exec $pid -- ipcs -q"
check "after the shell has ended there is nothing to join" refused "$pid"

section "Afterwards"
step "Nothing is left"
on host ipcs
check "the host has what it had before" test "$(keys)" = "$host_key"
check "and no container has left a cgroup" test "$(cgroups)" = 0

printf '\n%s claims, all of them true.\n' "$checks"
