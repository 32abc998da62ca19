# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A container without a cgroup namespace of its own sees all cgroups of the machine, as with runc and crun.

cg=/sys/fs/cgroup
mkdir -p $cg/elsewhere

machine() {
    awk '$5 == "/sys/fs/cgroup"' /proc/self/mountinfo
}

# What the container's mount is made of: the directory of the hierarchy, then its options.
inside='grep " /sys/fs/cgroup " /proc/self/mountinfo | cut -d " " -f 4,6'
before=$(machine)

# statements after that of the namespace
shares() { # name, python
    bundle "$1" "$(printf '%s\n' 'c["linux"]["namespaces"] = [n for n in c["linux"]["namespaces"] if n["type"] != "cgroup"]' "$2")"
}

shares whole "
for m in c['mounts']:
    if m['type'] == 'cgroup':
        m['options'] = ['nosuid', 'noexec', 'nodev', 'noatime', 'rw']
sh('''$inside; cat /proc/self/cgroup
echo 1 >/sys/fs/cgroup/elsewhere/cgroup.procs && cat /proc/self/cgroup; exec sleep 1000''')"
ipcell run -d -b /tmp/whole whole >/tmp/out 2>&1
eventually grep -q elsewhere /tmp/out
check_is "a container finds another cgroup below the mount, and goes there" "/ rw,nosuid,nodev,noexec,noatime
0::/whole
0::/elsewhere" cat /tmp/out
check_has "its own is empty then" "populated 0" cat $cg/whole/cgroup.events
check "its own can be removed" rmdir $cg/whole
check_is "exec then follows the first process" 0::/elsewhere ipcell exec whole cat /proc/self/cgroup
check_fails "unless the one that is gone is chosen" ENOENT ipcell exec --cgroup / whole true
check "delete --force" ipcell delete --force whole

shares read "sh('''$inside; mkdir /sys/fs/cgroup/new || ls -d /sys/fs/cgroup/elsewhere''')"
check_is "a read-only mount shows them, and lets nobody change them" "/ ro,nosuid,nodev,noexec,relatime
/sys/fs/cgroup/elsewhere" ipcell run -b /tmp/read read

shares user "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
for m in c['mounts']:
    if m['type'] == 'cgroup':
        m['options'].remove('ro')
sh('''$inside; mkdir /sys/fs/cgroup/elsewhere/mine || ls -d /sys/fs/cgroup/elsewhere''')"
rm -rf /tmp/owned-rootfs
cp -a /tmp/rootfs /tmp/owned-rootfs
chown -R 100000:100000 /tmp/owned-rootfs
sed -i 's|"/tmp/rootfs"|"/tmp/owned-rootfs"|' /tmp/user/config.json
check_is "with a user namespace too, in which they belong to nobody" "/ rw,nosuid,nodev,noexec,relatime
/sys/fs/cgroup/elsewhere" ipcell run -b /tmp/user user

check_is "the machine's own mount has the options that it had" "$before" machine
check_has "which are those of a delegating hierarchy" "nsdelegate" machine
check "nothing is left in the other cgroup" rmdir $cg/elsewhere
for name in whole read user; do
    check "nor of the cgroup of $name" test ! -e $cg/$name
done
