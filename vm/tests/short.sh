# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What no machine with version 1 of cgroups can show, with few calls: each takes seconds in here. The short form of all the others.

bundle run 'sh("echo from inside; cat /proc/self/cgroup")'
check_is "run shows what the process prints, in a cgroup namespace of its own" "from inside
0::/" ipcell run -b /tmp/run r1
check "run leaves no cgroup" test ! -e /sys/fs/cgroup/r1
