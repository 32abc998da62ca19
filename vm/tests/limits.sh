# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# All limits of version 2, set and changed, and what the kernel refuses.

cg=/sys/fs/cgroup
disk=$(ls /sys/block | head -n 1)
[ -n "$disk" ] || { modprobe loop; disk=loop0; }
device=$(cat "/sys/block/$disk/dev")

bundle all '
major, minor = map(int, "'"$device"'".split(":"))
limits(memory={"limit": 67108864, "reservation": 33554432, "swap": 67108864},
    cpu={"quota": 50000, "period": 100000, "burst": 20000, "idle": 1, "cpus": "0-1", "mems": "0"},
    pids={"limit": 30},
    blockIO={"throttleReadBpsDevice": [{"major": major, "minor": minor, "rate": 1048576}],
        "throttleWriteIOPSDevice": [{"major": major, "minor": minor, "rate": 100}]},
    hugepageLimits=[{"pageSize": "2MB", "limit": 4194304}],
    unified={"memory.high": "50331648", "cgroup.max.depth": "3"})
sh("cd /sys/fs/cgroup; grep -H . memory.max memory.low memory.high memory.swap.max cpu.max cpu.max.burst cpu.idle cpuset.cpus cpuset.mems"
   " pids.max io.max hugetlb.2MB.max cgroup.max.depth; exec sleep 1000")'
ipcell run -d -b /tmp/all all >/tmp/all.out 2>&1
eventually grep -q max.depth /tmp/all.out
check_is "the container sees every limit" "memory.max:67108864
memory.low:33554432
memory.high:50331648
memory.swap.max:0
cpu.max:50000 100000
cpu.max.burst:20000
cpu.idle:1
cpuset.cpus:0-1
cpuset.mems:0
pids.max:30
io.max:$device rbps=1048576 wbps=max riops=max wiops=100
hugetlb.2MB.max:4194304
cgroup.max.depth:3" cat /tmp/all.out
check "update by options" ipcell update --memory 128M --memory-swap 256M --cpu-quota 20000 --pids-limit 40 --cpuset-cpus 1 all
check_is "update by options changes these, and only these" "134217728 134217728 20000 100000 40 1 20000" \
    sh -c "cd $cg/all; echo \$(cat memory.max memory.swap.max cpu.max pids.max cpuset.cpus cpu.max.burst)"
echo '{"memory": {"limit": 201326592}, "unified": {"memory.high": "max"}, "cpu": {"idle": 0}}' >/tmp/update.json
check "update by a file" ipcell update --resources /tmp/update.json all
check_is "update by a file changes these" "201326592 max 0" sh -c "cd $cg/all; echo \$(cat memory.max memory.high cpu.idle)"
check_fails "an update that the kernel refuses is told" "cpuset.cpus" ipcell update --cpuset-cpus 77 all
check_has "statistics have the limits and what is used" '"limit":201326592' ipcell events --stats all
check "exec" ipcell exec all true
check "delete" ipcell delete --force all
check "no cgroup is left" test ! -e $cg/all

refused() { # name, statements, words of the error
    bundle "$1" "$2"
    check_fails "a limit that the kernel refuses is told: $1" "$3" ipcell run -b "/tmp/$1" "$1"
    check "nothing is left of $1" test ! -e "$cg/$1" -a ! -e "/run/ipcell/$1"
}
refused cpus 'limits(cpu={"cpus": "77"})' "config.json /linux/resources/cpu/cpus"
refused io 'limits(unified={"io.max": "999:999 rbps=1"})' "config.json /linux/resources/unified"
refused file 'limits(unified={"memory.nothing": "1"})' "config.json /linux/resources/unified"

bundle relative 'c["linux"]["cgroupsPath"] = "vm-relative/below"; limits(pids={"limit": 21})
sh("cat /sys/fs/cgroup/pids.max; exec sleep 1000")'
ipcell run -d -b /tmp/relative relative >/tmp/relative.out 2>&1
eventually grep -q 21 /tmp/relative.out
check_is "a relative path is taken from above the caller's cgroup, which has processes in it and so no controllers to give" 21 \
    cat $cg/vm-relative/below/pids.max
check "delete of that" ipcell delete --force relative
check "its cgroup is gone" test ! -e $cg/vm-relative/below
