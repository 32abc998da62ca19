# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The systemd cgroup driver with the system's manager.

cg=/sys/fs/cgroup
unit=ipcell-one.scope
# All properties at once: each call of systemctl takes its time.
look() { systemctl show "$unit" >/tmp/shown; }
shown() { sed -n "s/^$1=//p" /tmp/shown; }
scoped() { ipcell --systemd-cgroup "$@"; }

# The machine's own namespaces may lack controllers; then what is about them is left to the virtual machine.
full=
grep -q memory $cg/cgroup.controllers && full='limits(memory={"limit": 67108864, "reservation": 33554432, "swap": 100663296},
    cpu={"shares": 2048, "quota": 50000, "period": 200000, "cpus": "0-1", "mems": "0"}, pids={"limit": 20},
    unified={"memory.high": "50331648"})'
bundle one '
sh("exec sleep 1000")
c["linux"]["cgroupsPath"] = "machine-test.slice:ipcell:one"
c["annotations"] = {"org.systemd.property.TimeoutStopSec": "uint64 123", "org.systemd.property.Documentation": "[\"man:one\"]"}
limits(devices=[{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 237, "access": "rw"}],
    hugepageLimits=[{"pageSize": "2MB", "limit": 4194304}])
'"$full"
create() { scoped create -b "$1" "$2" >/tmp/created 2>&1; }
check "a container is created in a scope" create /tmp/one one
[ ! -s /tmp/created ] || cat /tmp/created
look
check_is "the scope is active" active shown ActiveState
path=/machine.slice/machine-test.slice/$unit
check_is "it is in its slice" $path shown ControlGroup
check_is "the container's process is in it" "0::$path" sh -c \
    'grep ^0: /proc/$("$IPCELL" --root /run/ipcell state one | sed -n "s/.*\"pid\": *\([0-9]*\).*/\1/p")/cgroup'
knows() {
    for fact in "$@"; do
        check_is "systemd knows ${fact%%=*}" "${fact#*=}" shown "${fact%%=*}"
    done
}
knows Slice=machine-test.slice Delegate=yes DefaultDependencies=no CollectMode=inactive-or-failed TasksAccounting=yes \
    DevicePolicy=strict "TimeoutStopUSec=2min 3s" Documentation=man:one "Description=ipcell container one"
[ -z "$full" ] || knows MemoryMax=67108864 MemoryLow=33554432 MemorySwapMax=33554432 MemoryHigh=50331648 CPUWeight=174 \
    CPUQuotaPerSecUSec=250ms CPUQuotaPeriodUSec=200ms AllowedCPUs=0-1 AllowedMemoryNodes=0 TasksMax=20
check_has "systemd knows the devices" "/dev/char/10:237 rw" shown DeviceAllow
check_is "limits without a property are set too" 4194304 cat $cg$path/hugetlb.2MB.max
check "start" ipcell start one
check_is "exec is in the scope" "0::/" ipcell exec one grep ^0: /proc/self/cgroup
check "a reload of systemd's configuration" systemctl daemon-reload
check_is "takes no device away" "1" sh -c '"$IPCELL" --root /run/ipcell exec one head -c 1 /dev/zero | wc -c'
check_is "nor another limit" 4194304 cat $cg$path/hugetlb.2MB.max

limits_by_systemd() {
    check_is "nor one that systemd writes" "67108864 33554432 33554432 50000 200000 20 0-1" \
        sh -c "cd $cg$path; echo \$(cat memory.max memory.low memory.swap.max cpu.max pids.max cpuset.cpus)"
    check "update" scoped update --memory 128M --memory-swap 192M --cpu-quota 40000 --cpu-period 100000 --pids-limit 30 \
        --cpuset-cpus 1 one
    look
    knows MemoryMax=134217728 MemorySwapMax=67108864 CPUQuotaPerSecUSec=400ms CPUQuotaPeriodUSec=100ms TasksMax=30 AllowedCPUs=1
    systemctl daemon-reload
    check_is "what update set outlives a reload" "134217728 40000 100000 30 1" \
        sh -c "cd $cg$path; echo \$(cat memory.max cpu.max pids.max cpuset.cpus)"
    check_fails "an update that the kernel refuses is told" "cpuset.cpus" scoped update --cpuset-cpus 77 one
    look
    check_is "and systemd does not hear of it" 1 shown AllowedCPUs
    check_has "statistics" '"limit":134217728' ipcell events --stats one
}
[ -z "$full" ] || limits_by_systemd

check "pause" ipcell pause one
check_has "the scope's cgroup stands still" "frozen 1" cat $cg$path/cgroup.events
check "resume" ipcell resume one
check "delete --force" ipcell delete --force one
check_is "the scope is gone when delete returns" "not-found inactive" sh -c "systemctl show --value -p LoadState -p ActiveState $unit | xargs"
check "so is its cgroup" test ! -e $cg$path

bundle two 'sh("exit 7")'
check_is "run ends with the container's status" 7 sh -c '"$IPCELL" --root /run/ipcell --cgroup-manager systemd run -b /tmp/two two; echo $?'
check "and leaves no scope" eventually sh -c "systemctl show --value -p LoadState ipcell-two.scope | grep -q not-found"
check "which was in system.slice" test ! -e $cg/system.slice/ipcell-two.scope

# What fails leaves nothing.
nothing() { # name
    check "nothing is left of $1" sh -c "! systemctl is-active -q ipcell-$1.scope && [ ! -e /run/ipcell/$1 ] &&
        [ ! -e $cg/system.slice/ipcell-$1.scope ]"
}
bundle bad 'c["annotations"] = {"org.systemd.property.NoSuchThing": "true"}'
check_fails "a property that systemd does not know is told" "NoSuchThing" scoped run -b /tmp/bad bad
nothing bad
bundle late 'p["args"] = ["/no/such/program"]'
check_fails "a program that is not there is told" "/no/such/program" scoped run -b /tmp/late late
nothing late
bundle file 'limits(unified={"cgroup.nothing": "1"})'
check_fails "a limit that the kernel refuses is told" "/linux/resources/unified" scoped run -b /tmp/file file
nothing file
bundle path 'c["linux"]["cgroupsPath"] = "/a/b"'
check_fails "a path of the other driver is refused" "must be slice:prefix:name" scoped run -b /tmp/path path

# A unit of the same name.
bundle left 'c["linux"]["cgroupsPath"] = "system.slice:ipcell:left"
c["annotations"] = {"org.systemd.property.TimeoutStopSec": "uint64 1"}'
check "a scope that failed is there" sh -c \
    'systemd-run -q --scope --unit=ipcell-left -p RuntimeMaxSec=1 sleep 100; systemctl is-failed ipcell-left.scope'
check "a left-over of the name is no hindrance" scoped run -d -b /tmp/left left
check_fails "one that is active is" "there is a unit ipcell-left.scope already" scoped --root /run/other run -b /tmp/left left
check "the first one lives on" ipcell exec left true
check "delete" ipcell delete --force left

# A container of which systemd kills all processes itself.
check "run -d" scoped run -d -b /tmp/left left
check "systemctl stop" systemctl stop ipcell-left.scope
check_has "the container has stopped" '"stopped"' ipcell state left
check "delete of what systemd has taken away" ipcell delete left

bundle host 'c["linux"]["namespaces"] = [n for n in c["linux"]["namespaces"] if n["type"] != "cgroup"]
c["linux"]["cgroupsPath"] = "machine-test.slice:ipcell:host"
sh("grep ^0: /proc/self/cgroup; grep -x 1 /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.procs")'
check_is "without a cgroup namespace the container finds its scope among all cgroups" \
    "0::/machine.slice/machine-test.slice/ipcell-host.scope
1" scoped run -b /tmp/host host

# Delegation.
bundle owner '
c["linux"]["namespaces"].append({"type": "user"})
c["linux"]["uidMappings"] = c["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
for m in c["mounts"]:
    if m["type"] == "cgroup":
        m["options"].remove("ro")
sh("mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs && cat /proc/self/cgroup")'
rm -rf /tmp/owned-rootfs
cp -a /tmp/rootfs /tmp/owned-rootfs
chown -R 100000:100000 /tmp/owned-rootfs
sed -i 's|"/tmp/rootfs"|"/tmp/owned-rootfs"|' /tmp/owner/config.json
[ -z "$full" ] || check_is "a container's root has the scope's cgroup" "0::/init" scoped run -b /tmp/owner owner

# The manager of a user.
mkdir -p /run/user/0
cat >/run/systemd/system/user-zero.service <<'UNIT'
[Service]
Type=notify
Delegate=yes
Environment=XDG_RUNTIME_DIR=/run/user/0
ExecStart=/lib/systemd/systemd --user
UNIT
systemctl daemon-reload
check "a user's manager starts" systemctl start user-zero.service
export XDG_RUNTIME_DIR=/run/user/0
bundle user 'c["linux"]["cgroupsPath"] = "user.slice:ipcell:user"
sh("exec sleep 1000")'
check "a container is put into a scope of it" scoped --rootless true run -d -b /tmp/user user
check_is "the user's manager has it" active systemctl --user show --value -p ActiveState ipcell-user.scope
check_has "below its own cgroup" "/system.slice/user-zero.service/user.slice/ipcell-user.scope" \
    sh -c 'cat /run/ipcell/user/state.json'
check "delete" ipcell delete --force user
check_is "the user's manager has it no more" "not-found" systemctl --user show --value -p LoadState ipcell-user.scope

# Without a bus.
check "run -d" scoped run -d -b /tmp/left left
systemctl mask -q --runtime dbus.service dbus.socket
systemctl stop dbus.service dbus.socket
check_fails "without a bus that is said in one sentence" "the systemd cgroup driver: no bus at unix:path=/run/dbus/system_bus_socket" \
    scoped run -b /tmp/two two
nothing two
check_has "a container can be deleted all the same" "no bus at" ipcell delete --force left
check "and its scope goes by itself" eventually test ! -e $cg/system.slice/ipcell-left.scope
systemctl unmask -q --runtime dbus.service dbus.socket
systemctl start dbus.socket
