# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A systemd that falls silent in the middle of a call. It is waited for as long as an answer or a job may take, so all calls wait at once.

cg=/sys/fs/cgroup
grep -q memory $cg/cgroup.controllers && full=1 || full=

# Begins a call whose way to systemd goes dead at a message (vm/hush); its output and status will be in /tmp/NAME.out.
calls=
ways=
begin() { # name, message, unheard or unanswered, ipcell's arguments
    name=$1
    ways="$ways $("$VM/hush" "/tmp/$name.bus" "$2" "$3")"
    shift 3
    rm -f "/tmp/$name.out"
    (
        DBUS_SYSTEM_BUS_ADDRESS=unix:path=/tmp/$name.bus "$IPCELL" --root /run/ipcell --systemd-cgroup "$@" >"/tmp/$name.said" 2>&1 &
        echo $! >"/tmp/$name.call"
        wait $!
        echo "status $?" >>"/tmp/$name.said"
        mv "/tmp/$name.said" "/tmp/$name.out"
    ) 2>/dev/null &
    calls="$calls $!"
}
create() { # name, message, unheard or unanswered
    bundle "$1"
    begin "$1" "$2" "$3" create -b "/tmp/$1" "$1"
}
pid() { ipcell state "$1" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'; }
running() { # name, python statements
    bundle "$@"
    check "$1 runs" sh -c '"$IPCELL" --root /run/ipcell --systemd-cgroup run -d -b /tmp/$1 $1 >/dev/null 2>/tmp/$1.err' sh "$1"
    pid "$1" >"/tmp/$1.pid"
}
mounts() { cut -d ' ' -f 5 /proc/self/mountinfo | sort; }
mounts >/tmp/mounts

running stop-unheard
running stop-unanswered
if [ -n "$full" ]; then
    running set-unheard 'limits(memory={"limit": 33554432})'
    running set-unanswered 'limits(memory={"limit": 33554432})'
    begin set-unheard SetUnitProperties unheard update --memory 64M set-unheard
    begin set-unanswered SetUnitProperties unanswered update --memory 64M set-unanswered
fi
create look Get unheard
create subscribe Subscribe unheard
create start-unheard StartTransientUnit unheard
export IPCELL_PLANNER=none
create start-unanswered StartTransientUnit unanswered
unset IPCELL_PLANNER
create job JobRemoved unheard
bundle run
begin run StartTransientUnit unanswered run -b /tmp/run run
bundle late 'p["args"] = ["/no/such/program"]'
begin late StopUnit unheard run -b /tmp/late late
begin stop-unheard StopUnit unheard delete --force stop-unheard
begin stop-unanswered StopUnit unanswered delete --force stop-unanswered
create forced JobRemoved unheard
create ended StartTransientUnit unanswered
create killed StartTransientUnit unanswered

# While they wait.
waits() { systemctl -q is-active "ipcell-$1.scope" && [ -s "/tmp/$1.call" ] && [ ! -e "/tmp/$1.out" ]; }
for name in ended killed forced; do
    check "the scope of $name is there, and the call waits for the answer" eventually waits $name
done
kill -TERM "$(cat /tmp/ended.call)"
kill -KILL "$(cat /tmp/killed.call)"
check_has "one that is being created is not there for others" "does not exist" sh -c '! "$IPCELL" --root /run/ipcell state forced'
check_is "a signal does not wait for systemd" "status 143 status 137" \
    sh -c 'sleep 1; cat /tmp/ended.out /tmp/killed.out | xargs'
nothing() { # name
    check "nothing is left of $1" eventually sh -c "[ ! -e /run/ipcell/$1 ] && [ ! -e $cg/system.slice/ipcell-$1.scope ] &&
        ! systemctl -q is-active ipcell-$1.scope"
}
nothing ended
nothing killed
check_fails "a forced delete does not take what is being created, and says why" \
    "another call on this container has not ended for 10 seconds" ipcell delete --force forced

# shellcheck disable=SC2086
wait $calls
says() { # name, sentence, status
    check_is "$1: one sentence says what was not answered" "$2
status $3" cat "/tmp/$1.out"
}
for call in "look answer Get Version within 15" "subscribe answer Subscribe within 15" \
    "start-unheard answer StartTransientUnit ipcell-start-unheard.scope within 15" \
    "start-unanswered answer StartTransientUnit ipcell-start-unanswered.scope within 15" \
    "run answer StartTransientUnit ipcell-run.scope within 15" "job start ipcell-job.scope within 30" \
    "forced start ipcell-forced.scope within 30"; do
    name=${call%% *}
    says "$name" "ipcell: the systemd cgroup driver: systemd does not ${call#* } seconds" 1
    nothing "$name"
done
check_has "late: what came before systemd's silence is told" "/no/such/program" cat /tmp/late.out
check_has "late: and is the status" "status 127" cat /tmp/late.out
nothing late
for name in stop-unheard stop-unanswered; do
    says $name "ipcell: warning: the systemd cgroup driver: systemd does not answer StopUnit ipcell-$name.scope within 15 seconds" 0
    check "its process is dead" test ! -e "/proc/$(cat /tmp/$name.pid)"
    nothing $name
done
updated() { # name
    says "$1" "ipcell: the systemd cgroup driver: systemd does not answer SetUnitProperties ipcell-$1.scope within 15 seconds" 1
    check_is "the limit is what it was" 33554432 cat "$cg/system.slice/ipcell-$1.scope/memory.max"
    check "another update, of a systemd that answers" ipcell update --memory 48M "$1"
    check_is "is the kernel's and systemd's limit" "50331648 50331648" sh -c \
        "echo \$(cat $cg/system.slice/ipcell-$1.scope/memory.max) \$(systemctl show --value -p MemoryMax ipcell-$1.scope)"
    check "delete" ipcell delete --force "$1"
    nothing "$1"
}
if [ -n "$full" ]; then
    updated set-unheard
    updated set-unanswered
fi
for name in start-unanswered killed stop-unheard; do
    check "the name of $name is free" sh -c '"$IPCELL" --root /run/ipcell --systemd-cgroup run -d -b /tmp/$1 $1 >/dev/null 2>&1' sh $name
    check_is "delete has nothing to say" "" ipcell delete --force $name
    nothing $name
done
mounts | check_is "no mount is left" "" diff /tmp/mounts -
ended() { ! cat /proc/[0-9]*/comm 2>/dev/null | grep -q ^ipcell; }
check "no process is left" eventually ended

# shellcheck disable=SC2086
kill $ways
