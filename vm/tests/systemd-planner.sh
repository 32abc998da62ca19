# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The resident planner as systemd has it: its socket's unit, its service with all that it is denied, and what users do with both.

ipcell planner stop >/dev/null 2>&1
for kind in socket service; do
    sed "s|@PREFIX@|${IPCELL%/bin/ipcell}|" "$VM/../packaging/ipcell-planner.$kind" >/run/systemd/system/ipcell-planner.$kind
done
check_is "systemd has nothing to say against the units" "" systemd-analyze verify --man=no \
    /run/systemd/system/ipcell-planner.socket /run/systemd/system/ipcell-planner.service
systemctl daemon-reload
state() { systemctl show --value -p ActiveState "ipcell-planner.$1"; }
active() { [ "$(state service)" = active ]; }

check "the socket is started" systemctl start ipcell-planner.socket
check_is "the service is not" inactive state service
bundle one 'sh("echo inside; exit 7")'
answered() {
    ipcell --debug run -b /tmp/one one >/tmp/out 2>/tmp/err
    [ "$?" = 7 ] && [ "$(cat /tmp/out)" = inside ]
}
check "a container runs" answered
eventually active
check_is "its call has started the service" active state service
check "another runs" answered
main=$(systemctl show --value -p MainPID ipcell-planner.service)
warm() { answered && grep -q "the resident planner with PID $main answers" /tmp/err; }
check "and the service plans, once it is warm" eventually warm
check_is "only root reaches the planner" "700 600" sh -c 'echo $(stat -c %a /run/ipcell-planner /run/ipcell-planner/socket)'
check_is "it has no capability" 0000000000000000 sed -n 's/^CapEff:\t//p' "/proc/$main/status"
# shellcheck disable=SC2016 # the name of a slot
check_has "a caller has made the empty mount namespace that it keeps" 'setns $empty-mounts' ipcell plan -b /tmp/one one

bundle long
check "create" ipcell create -b /tmp/long long
check "start" ipcell start long
check_is "exec" "1" ipcell exec long sh -c 'ls /proc | grep -c ^1$'
systemctl kill -s KILL ipcell-planner.service
check "when it is killed, a container runs all the same" answered
eventually active
check "and systemd starts it again for the next" answered
check_is "active" active state service
check "delete" ipcell delete --force long

mkdir -p /run/systemd/system/ipcell-planner.service.d
printf '[Service]\nExecStart=\nExecStart=%s planner run --idle 1\n' "$IPCELL" >/run/systemd/system/ipcell-planner.service.d/idle.conf
systemctl daemon-reload
systemctl stop ipcell-planner.service 2>/dev/null
check "one that soon leaves" answered
idle() { [ "$(state service)" = inactive ]; }
check "leaves when nobody calls" eventually idle
check_is "and is no failure" success systemctl show --value -p Result ipcell-planner.service
check_is "its socket stays" active state socket
check "the next call starts it again" answered
systemctl stop ipcell-planner.socket ipcell-planner.service
check_fails "a stopped socket leaves no file" "" test -e /run/ipcell-planner/socket
check "and calls do without" answered
check "by a planner of their own" grep -q "no resident planner" /tmp/err
rm -r /run/systemd/system/ipcell-planner.*
systemctl daemon-reload
ipcell planner start >/dev/null
