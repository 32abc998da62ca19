# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What no machine with version 1 of cgroups can show, in few calls, each of which takes seconds in here: for every "make test".

cg=/sys/fs/cgroup

bundle short '
sh("""cat /proc/self/cgroup
cd /sys/fs/cgroup
grep -H . memory.max memory.low memory.swap.max cpu.weight cpu.max cpuset.cpus pids.max
echo 99 2>&1 >memory.max || echo no write
: </dev/zero && echo zero
mknod /tmp/sda b 8 0 && cat /tmp/sda
exec sleep 1000""")
p["capabilities"]["bounding"].append("CAP_MKNOD"); p["capabilities"]["effective"].append("CAP_MKNOD")
p["capabilities"]["permitted"].append("CAP_MKNOD")
c["linux"]["cgroupsPath"] = "/one/two/short"
limits(memory={"limit": 67108864, "reservation": 33554432, "swap": 100663296},
    cpu={"shares": 2048, "quota": 50000, "period": 100000, "cpus": "0"}, pids={"limit": 20})'
ipcell create -b /tmp/short short >/tmp/out 2>&1
check_has "create leaves a cgroup three levels deep with all controllers above it" "cpuset cpu io memory hugetlb pids rdma" \
    cat $cg/one/two/short/../cgroup.subtree_control
check "start" ipcell start short
eventually grep -q "sda:" /tmp/out
check_is "the container sees its limits, and cannot change them or use what it may not" \
"0::/
memory.max:67108864
memory.low:33554432
memory.swap.max:33554432
cpu.weight:174
cpu.max:50000 100000
cpuset.cpus:0
pids.max:20
sh: can't create memory.max: Read-only file system
no write
zero
cat: can't open '/tmp/sda': Operation not permitted" cat /tmp/out
check "pause" ipcell pause short
check_has "pause makes the cgroup stand still" "frozen 1" cat $cg/one/two/short/cgroup.events
check "delete --force" ipcell delete --force short
check "delete removes the container's cgroup" test ! -e $cg/one/two/short
