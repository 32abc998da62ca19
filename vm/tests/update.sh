# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Every option of update on version 2, and every field of its file, read back from the kernel's files.

cg=/sys/fs/cgroup/update
disk=$(ls /sys/block | head -n 1)
[ -n "$disk" ] || { modprobe loop; disk=loop0; }
device=$(cat "/sys/block/$disk/dev")

bundle update 'limits(memory={"limit": 67108864, "swap": 134217728}, cpu={"quota": 50000, "period": 100000})'
check "run -d" ipcell run -d -b /tmp/update update

others() { # file
    (cd $cg && grep -H . cgroup.max.depth cpu.max cpu.max.burst memory.max memory.low pids.max cpuset.cpus | grep -v "^$1[:.]")
}
option() { # file, its text then, options
    file=$1
    text=$2
    shift 2
    before=$(others "$file")
    check "update $*" ipcell update "$@" update
    check_is "is in $file" "$text" cat "$cg/$file"
    check_is "and nowhere else" "$before" others "$file"
}
option cpu.max "40000 100000" --cpu-quota 40000
option cpu.max "40000 50000" --cpu-period 50000
option cpu.max.burst 10000 --cpu-burst 10000
option cpu.max "max 50000" --cpu-quota -1 --cpu-burst 0
option cpu.weight 174 --cpu-share 2048
option cpu.idle 1 --cpu-idle 1
option cpu.idle 0 --cpu-idle 0
option cpuset.cpus 1 --cpuset-cpus 1
option cpuset.mems 0 --cpuset-mems 0
option memory.low 16777216 --memory-reservation 16M
option memory.max 50331648 --memory 48M --memory-swap 96M
option memory.swap.max 16777216 --memory-swap 64M
option memory.swap.max max --memory-swap -1
option memory.max max --memory -1 --memory-swap -1
option pids.max 33 --pids-limit 33
option pids.max max --pids-limit -1
if [ -e $cg/io.bfq.weight ]; then
    option io.bfq.weight "default 500" --blkio-weight 500
else
    option io.weight "default 4950" --blkio-weight 500
fi
check_fails "a share of the L3 cache is refused where the kernel has no resctrl" "l3-cache-schema" ipcell update --l3-cache-schema L3:0=f update
check_fails "real-time limits are refused on version 2" "cpu-rt-runtime" ipcell update --cpu-rt-runtime 1000 update

file() { # file of the kernel, its text then, resources
    printf '%s' "$3" >/tmp/resources.json
    check "update --resources: $3" ipcell update --resources /tmp/resources.json update
    check_is "is in $1" "$2" cat "$cg/$1"
}
major=${device%:*}
minor=${device#*:}
file io.max "$device rbps=1048576 wbps=max riops=max wiops=max" \
    '{"blockIO": {"throttleReadBpsDevice": [{"major": '"$major"', "minor": '"$minor"', "rate": 1048576}]}}'
file io.max "$device rbps=1048576 wbps=max riops=max wiops=50" \
    '{"blockIO": {"throttleWriteIOPSDevice": [{"major": '"$major"', "minor": '"$minor"', "rate": 50}]}}'
file hugetlb.2MB.max 6291456 '{"hugepageLimits": [{"pageSize": "2MB", "limit": 6291456}]}'
file cgroup.max.depth 4 '{"unified": {"cgroup.max.depth": "4"}}'
file memory.high 41943040 '{"unified": {"memory.high": "41943040"}}'
file pids.max 21 '{"pids": {"limit": 21}}'
check_has "update --resources -" "" sh -c 'echo "{\"pids\": {\"limit\": 22}}" | "$IPCELL" --root /run/ipcell update --resources - update'
check_is "reads its standard input" 22 cat $cg/pids.max

# A device that the container could use, and then no more. The program of the cgroup is replaced while processes run in it.
check_is "a device can be read" 1 ipcell exec update sh -c 'head -c 1 /dev/zero | wc -c'
echo '{"devices": [{"allow": false, "access": "rwm"}]}' >/tmp/resources.json
check "update takes devices away" ipcell update --resources /tmp/resources.json update
check_has "those that every container has stay" 1 ipcell exec update sh -c 'head -c 1 /dev/zero | wc -c'
check "delete" ipcell delete --force update

# The child is made in its cgroup (CLONE_INTO_CGROUP): where the caller's cgroup has no room for one more task, it still can be.
mkdir /sys/fs/cgroup/callers
inside() { # options
    sh -c 'echo $$ >/sys/fs/cgroup/callers/cgroup.procs; echo 2 >/sys/fs/cgroup/callers/pids.max
        exec "$IPCELL" --root /run/ipcell "$@"' inside "$@"
    result=$?
    echo max >/sys/fs/cgroup/callers/pids.max
    return $result
}
bundle narrow ''
check_fails "a child in the caller's cgroup is one task too many" "EAGAIN" inside --cgroup-manager disabled run -d -b /tmp/narrow narrow
check "a child that is made in its own is not" inside run -d -b /tmp/narrow narrow
check "delete of that" ipcell delete --force narrow
rmdir /sys/fs/cgroup/callers
