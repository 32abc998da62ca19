#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures cold calls of ipcell beside Debian's runc and crun, all in one run, and prints ratios. Needs root.
# Environment: IPCELL (the executor), ROOTFS (a busybox root file system), RUNS (30).
set -euo pipefail
cd "$(dirname "$0")"

runs=${RUNS:-30}
results=$PWD/results
work=$(mktemp -d /tmp/ipcell-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$results"
image=$(dirname "$(dirname "$IPCELL")")/lib/ipcell/image

bundle() { # directory, spec version
    mkdir -p "$work/$1"
    (cd "$work/$1" && "$IPCELL" spec && sed -i -e 's/"terminal": true/"terminal": false/' -e 's#"sh"#"/bin/true"#' \
        -e "s#\"path\": \"rootfs\"#\"path\": \"$ROOTFS\"#" -e "s/1\.3\.0/$2/" config.json)
}
bundle ipcell 1.3.0
bundle others 1.0.2

# The same JVM, with the same options and a cache of its own.
options=$(sed -n 's/^"\(.*\)",$/\1/p' ../shim/src/main/c/jvm_options.h)
"$JAVA_HOME/bin/javac" -d "$work/hello" Hello.java
"$JAVA_HOME/bin/jar" --create --file "$work/hello.jar" -C "$work/hello" .
# shellcheck disable=SC2086
"$image/bin/java" $options -XX:AOTCacheOutput="$work/hello.aot" -cp "$work/hello.jar" Hello >/dev/null 2>&1
hello="$image/bin/java $(echo $options) -XX:AOTCache=$work/hello.aot -cp $work/hello.jar Hello"

measure() { # name, command...
    hyperfine -N --warmup 5 --runs "$runs" --export-json "$results/$1.json" "$2" >/dev/null 2>&1 ||
        { echo "bench: this fails: $2" >&2; exit 1; }
}
# crun before 1.9 refuses a machine with both versions of cgroups: it is measured in a mount namespace without the unified one.
crun_here() {
    if ! (cd "$work/others" && crun run "bench-probe-$$" >/dev/null 2>&1); then
        unshare -m sh -c "umount /sys/fs/cgroup/unified 2>/dev/null; cd '$work/others' && exec hyperfine -N --warmup 5 --runs $runs \
            --export-json '$results/run-crun.json' 'crun run bench-c'" >/dev/null 2>&1
        crun_note="crun without /sys/fs/cgroup/unified, which this version refuses"
    else
        measure run-crun "crun run -b $work/others bench-c"
        crun_note=""
    fi
}

measure hello "$hello"
measure version "$IPCELL --version"
measure run-ipcell "$IPCELL run -b $work/ipcell bench-i"
measure run-runc "runc run -b $work/others bench-r"
crun_here || echo "bench: crun does not run here" >&2

echo "$("$IPCELL" --version | head -n 1) ($("$IPCELL" --version | sed -n 's/^java: /JDK /p')), $(runc --version | head -n 1), $(crun --version | head -n 1)"
echo "Linux $(uname -r), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1); $runs runs each${crun_note:+; $crun_note}"
echo
python3 - "$results" <<'P'
import json, os, sys
def load(name):
    path = os.path.join(sys.argv[1], name + ".json")
    return json.load(open(path))["results"][0] if os.path.exists(path) else None
rows = [("JVM hello world with an AOT cache", "hello", "hello"), ("ipcell --version", "version", "hello"),
        ("ipcell run /bin/true (cold)", "run-ipcell", "run-runc"), ("runc run /bin/true", "run-runc", "run-runc"),
        ("crun run /bin/true", "run-crun", "run-runc")]
print("| | median ms | min ms | ratio of medians |")
print("|---|---|---|---|")
for label, name, base in rows:
    one, other = load(name), load(base)
    if one:
        print(f"| {label} | {one['median'] * 1000:.1f} | {one['min'] * 1000:.1f} | {one['median'] / other['median']:.2f} x {base.replace('run-', '')} |")
P
