# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Confinement by AppArmor, which needs a kernel that has it enabled, and apparmor_parser.

for name in ipcell-one ipcell-two; do
    cat >"$work/$name.profile" <<PROFILE
profile $name flags=(attach_disconnected, mediate_deleted) {
    file,
    capability,
    network,
    signal,
    deny /secret-of-$name r,
}
PROFILE
    check "the profile $name is loaded" apparmor_parser -r -K -q "$work/$name.profile"
done
bundle aa 'p["apparmorProfile"] = "ipcell-one"
sh("cat /proc/self/attr/current; cat /secret-of-ipcell-two /secret-of-ipcell-one 2>&1")'
for name in ipcell-one ipcell-two; do
    echo "the secret of $name" >"$work/rootfs/secret-of-$name"
done
denied="cat: can't open '/secret-of-ipcell-one': Permission denied"

check_is "a process is confined by its profile" "ipcell-one (enforce)
the secret of ipcell-two
$denied" ipcell run -b /tmp/aa aa1

bundle user 'p["apparmorProfile"] = "ipcell-one"
c["linux"]["namespaces"].append({"type": "user"})
for kind in ["uidMappings", "gidMappings"]:
    c["linux"][kind] = [{"containerID": 0, "hostID": 0, "size": 65536}]
sh("cat /proc/self/attr/current")'
check_is "a process in a user namespace is confined too" "ipcell-one (enforce)" ipcell run -b /tmp/user aa2

# What stands for /proc in the container would swallow what is written (CVE-2019-16884).
mkdir -p "$work/fake/self/attr/apparmor" "$work/fake/thread-self/attr/apparmor"
for file in self/attr/exec self/attr/apparmor/exec thread-self/attr/exec thread-self/attr/apparmor/exec; do
    : >"$work/fake/$file"
done
bundle fake 'p["apparmorProfile"] = "ipcell-one"
c["mounts"][0] = {"destination": "/proc", "type": "bind", "source": "/tmp/fake", "options": ["bind"]}
sh("cat /secret-of-ipcell-one 2>&1; cat /proc/thread-self/attr/apparmor/exec")'
# shellcheck disable=SC2016
check_is "a directory in the place of /proc swallows nothing" "$denied" sh -c \
    '"$IPCELL" --root /run/ipcell run -b /tmp/fake aa3; cat /tmp/fake/*self/attr/exec /tmp/fake/*self/attr/apparmor/exec'

bundle long 'p["apparmorProfile"] = "ipcell-one"'
# The container keeps the streams of its caller, and must not keep those of a check.
create() { ipcell create -b "$1" "$2" >/dev/null 2>&1; }
check "a confined container is created" create /tmp/long aa4
check "and started" ipcell start aa4
check_is "exec is confined as the container is" "ipcell-one (enforce)" ipcell exec aa4 cat /proc/self/attr/current
check_is "exec --apparmor is confined by another profile" "ipcell-two (enforce)
the secret of ipcell-one" ipcell exec --apparmor ipcell-two aa4 cat /proc/self/attr/current /secret-of-ipcell-one
check_fails "and has the rules of that one" "can't open '/secret-of-ipcell-two': Permission denied" \
    ipcell exec --apparmor ipcell-two aa4 cat /secret-of-ipcell-two
printf '%s' '{"args": ["cat", "/proc/self/attr/current"], "cwd": "/", "user": {"uid": 0, "gid": 0},
    "env": ["PATH=/bin"], "apparmorProfile": "ipcell-two"}' >"$work/process.json"
check_is "exec --process FILE is confined as the file says" "ipcell-two (enforce)" \
    ipcell exec --process /tmp/process.json aa4
sed 's/, "apparmorProfile": "ipcell-two"//; s/"apparmorProfile": "ipcell-two"/"terminal": false/' "$work/process.json" \
    >"$work/plain.json"
check_is "or as the container is, if it says nothing" "ipcell-one (enforce)" ipcell exec --process /tmp/plain.json aa4
check_fails "an unknown profile of exec is named" \
    'ipcell: --apparmor: AppArmor has no profile "no-such" loaded; apparmor_parser -r FILE loads one' \
    ipcell exec --apparmor no-such aa4 true
check "the container is still there" ipcell exec aa4 true
check "and is deleted" ipcell delete --force aa4

bundle unknown 'p["apparmorProfile"] = "no-such"'
check_fails "an unknown profile is an error that names it" \
    'ipcell: config.json /process/apparmorProfile: AppArmor has no profile "no-such" loaded; apparmor_parser -r FILE' \
    ipcell run -b /tmp/unknown aa5
check "which leaves no state" test ! -e /run/ipcell/aa5
check "and no cgroup" test ! -e /sys/fs/cgroup/aa5

bundle label 'p["selinuxLabel"] = "a_u:a_r:a_t:s0"'
check_fails "a label is refused where SELinux is off" \
    "config.json /process/selinuxLabel: SELinux is not enabled in this kernel" ipcell run -b /tmp/label aa6
