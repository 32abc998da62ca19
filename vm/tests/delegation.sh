# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A cgroup that belongs to the container, and containers that make cgroups in it.

cg=/sys/fs/cgroup

bundle owner '
c["linux"]["namespaces"].append({"type": "user"})
c["linux"]["uidMappings"] = c["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
for m in c["mounts"]:
    if m["type"] == "cgroup":
        m["options"].remove("ro")
limits(memory={"limit": 134217728}, pids={"limit": 50})
sh("""cd /sys/fs/cgroup
mkdir init && echo 1 >init/cgroup.procs && echo +memory +pids >cgroup.subtree_control && mkdir work && echo made >/tmp/made
echo 1 2>/dev/null >pids.max && echo raised >>/tmp/made
exec sleep 1000""")'
rm -rf /tmp/owned-rootfs
cp -a /tmp/rootfs /tmp/owned-rootfs
chown -R 100000:100000 /tmp/owned-rootfs
sed -i 's|"/tmp/rootfs"|"/tmp/owned-rootfs"|' /tmp/owner/config.json
check "a container with a user namespace and a writable cgroup runs" ipcell run -d -b /tmp/owner owner
eventually test -e $cg/owner/work
check_is "its cgroup belongs to its root" 100000 stat -c %u $cg/owner
expected=$(for file in $(cat /sys/kernel/cgroup/delegate); do [ ! -e "$cg/owner/$file" ] || echo "$file"; done | sort)
check_is "of the files those that the kernel names, and no limit, do too" "$expected" \
    sh -c "find $cg/owner -maxdepth 1 -type f -uid 100000 -printf '%f\n' | sort"
check_is "it has moved into a cgroup of its own and handed controllers on" "memory pids" cat $cg/owner/cgroup.subtree_control
check_is "it could not raise its own limit" 50 cat $cg/owner/pids.max
check_is "exec follows the first process, as the kernel takes none at the top" "0::/init" \
    ipcell exec owner cat /proc/self/cgroup
check_is "exec --cgroup chooses another" "0::/work" ipcell exec --cgroup work owner cat /proc/self/cgroup
check "exec --cgroup, detached" ipcell exec -d --cgroup work owner sleep 2000
check_has "ps lists what is in cgroups below" "sleep 2000" ipcell ps owner
check_fails "exec --cgroup of one that is not there is refused" "ENOENT" ipcell exec --cgroup none owner true
check_fails "exec --cgroup of the top, which the kernel lets nobody into, is refused by its path" \
    "adding pid of the new process to cgroups: $cg/owner/cgroup.procs: device or resource busy (EBUSY)" \
    ipcell exec --cgroup / owner true
check "kill --all reaches what is in all of them" ipcell kill --all owner KILL
check "all of them die" eventually grep -q "populated 0" $cg/owner/cgroup.events
check "delete" ipcell delete owner
check "delete removes the cgroups that the container made too" test ! -e $cg/owner

# Without a user namespace the user of the process is the owner.
bundle user '
p["user"] = {"uid": 1000, "gid": 1000}
for m in c["mounts"]:
    if m["type"] == "cgroup":
        m["options"].remove("ro")
sh("mkdir /sys/fs/cgroup/mine && stat -c %u /sys/fs/cgroup /sys/fs/cgroup/mine/cgroup.procs /sys/fs/cgroup/pids.max")'
check_is "a user who is not root gets the cgroup, and no limit" "1000
1000
0" ipcell run -b /tmp/user user
check "nothing is left of that" test ! -e $cg/user
