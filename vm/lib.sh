# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests in vm/tests use. A test is a shell script that calls, for every fact, one of
#
#   check "sentence" COMMAND...            holds if the command succeeds
#   check_is "sentence" TEXT COMMAND...    holds if it prints exactly this on its standard output
#   check_has "sentence" TEXT COMMAND...   holds if it succeeds and prints this somewhere
#   check_fails "sentence" TEXT COMMAND... holds if it fails and prints this somewhere (on either output)
#
# and, for containers,
#
#   bundle NAME ['PYTHON']   makes /tmp/NAME, a bundle; the statements change its configuration, `c`, in which `sh("...")` makes the
#                            process a shell with this script, and `limits(...)` sets linux.resources
#   ipcell ARGUMENT...       the runtime
#   eventually COMMAND...    tries for ten seconds until the command succeeds
#
# All state is below /tmp and /run, in the memory of the virtual machine.
set -u

work=/tmp

report_ok() {
    echo "    ok      $1"
    echo "$1" >>"$RESULTS/passed"
}

# sentence, expected, seen
report_failed() {
    echo "    FAILED  $1"
    echo "        expected: $2"
    printf '%s\n' "$3" | sed 's/^/        seen:     /'
    echo "$1" >>"$RESULTS/failed"
}

# By a file: what stays in the background may keep its output open.
capture() {
    "$@" >"$work/both" 2>&1
    status=$?
    seen=$(cat "$work/both")
}

check() {
    sentence=$1
    shift
    capture "$@"
    if [ "$status" = 0 ]; then
        report_ok "$sentence"
    else
        report_failed "$sentence" "success of: $*" "status $status: $seen"
    fi
}

check_is() {
    sentence=$1
    expected=$2
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr"
    seen=$(cat "$work/stdout")
    if [ "$seen" = "$expected" ]; then
        report_ok "$sentence"
    else
        report_failed "$sentence" "\"$expected\" from: $*" "\"$seen\" $(cat "$work/stderr")"
    fi
}

check_has() {
    sentence=$1
    expected=$2
    shift 2
    capture "$@"
    case $status,$seen in
    0,*"$expected"*) report_ok "$sentence" ;;
    *) report_failed "$sentence" "success and \"$expected\" from: $*" "status $status: $seen" ;;
    esac
}

check_fails() {
    sentence=$1
    expected=$2
    shift 2
    capture "$@"
    case $status,$seen in
    0,*) report_failed "$sentence" "failure of: $*" "status 0: $seen" ;;
    *,*"$expected"*) report_ok "$sentence" ;;
    *) report_failed "$sentence" "\"$expected\" from: $*" "status $status: $seen" ;;
    esac
}

eventually() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$@" && return 0
        sleep 0.5
    done
    return 1
}

ipcell() {
    "$IPCELL" --root /run/ipcell "$@"
}

bundle() { # name, python statements
    [ -d "$work/rootfs" ] || cp -a "$ROOTFS/busybox" "$work/rootfs"
    mkdir -p "$work/$1"
    python3 -S -c '
import json, sys
c = json.load(open(sys.argv[3]))
p = c["process"]
p["terminal"] = False
c["root"] = {"path": "/tmp/rootfs", "readonly": False}
def sh(script):
    p["args"] = ["sh", "-c", script]
def limits(**resources):
    c["linux"].setdefault("resources", {}).update(resources)
# The machine that wrote it may have version 1 too, for which the default has no cgroup namespace.
if not any(n["type"] == "cgroup" for n in c["linux"]["namespaces"]):
    c["linux"]["namespaces"].append({"type": "cgroup"})
sh("exec sleep 1000")
exec(sys.argv[2])
json.dump(c, open(sys.argv[1] + "/config.json", "w"), indent=1)
' "$work/$1" "${2:-}" "$VM/../.cache/vm/config.json"
}

cleanup() {
    # Containers that a test left are no fault of it.
    for left in /run/ipcell/*; do
        [ ! -d "$left" ] || ipcell delete --force "${left##*/}"
    done
}
