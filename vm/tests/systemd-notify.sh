# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A service of Type=notify whose process is ipcell: its container tells systemd that it is ready.

unit() { # name, more of ipcell's arguments
    cat >"/run/systemd/system/$1.service" <<UNIT
[Service]
Type=notify
TimeoutStartSec=60
StandardError=file:/tmp/$1/stderr
ExecStart=$IPCELL --root /run/ipcell ${2:-} run -b /tmp/$1 $1
UNIT
    systemctl daemon-reload
}
# What the runtime said, if it fails, is all that tells why.
start() { systemctl start "$1" || { cat "/tmp/$1/stderr" && return 1; }; }
property() { systemctl show --value -p "$1" "$2.service"; }
inside() { # bundle, statements of perl
    bundle "$1" '
c["root"]["path"] = "'"$ROOTFS/debian"'"
c["mounts"].append({"destination": "/run", "type": "tmpfs", "source": "tmpfs"})
p["args"] = ["perl", "-e", """use Socket; $SIG{TERM} = sub { exit 0 };
    sub say_to_manager { socket my $s, AF_UNIX, SOCK_DGRAM, 0; send $s, shift, 0, sockaddr_un $ENV{NOTIFY_SOCKET} or die }
    '"$2"'; sleep 1000"""]'
}

inside ready 'say_to_manager("STATUS=up\\nREADY=1")'
unit ready
check "the service starts" start ready
check_is "it is active when its container has said so" active property ActiveState ready
check_is "its main process is the runtime's" ipcell sh -c "cat /proc/$(property MainPID ready)/comm"
check_has "the container runs" '"running"' ipcell state ready
check "the service stops" systemctl stop ready
check_fails "with its container" "does not exist" ipcell state ready

inside silent 'say_to_manager("STATUS=not yet")'
unit silent
sed -i s/TimeoutStartSec=60/TimeoutStartSec=3/ /run/systemd/system/silent.service
systemctl daemon-reload
check_fails "a container that says nothing makes no service" "" systemctl start silent
check_is "which systemd has ended for that" timeout property Result silent
check_fails "and nothing is left of it" "does not exist" ipcell state silent

inside scoped 'say_to_manager("READY=1")'
unit scoped --systemd-cgroup
check "the service starts, its container in a scope" start scoped
check_is "active" active property ActiveState scoped
check_is "the scope too" active systemctl show --value -p ActiveState ipcell-scoped.scope
check "the service stops" systemctl stop scoped
gone() { [ "$(systemctl show --value -p LoadState ipcell-scoped.scope)" = not-found ]; }
check "with the scope" eventually gone
