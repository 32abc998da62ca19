#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures ipcell beside Debian's runc and crun, all in one run and in turns, and prints the tables of docs/performance.md. Needs root and
# a machine that does nothing else.
# Environment: IPCELL (the executor), ROOTFS (a busybox root file system), BENCH (which cases, all by default), ROUNDS (5), RUNS (12 a round).
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
all="run apart create start state kill delete exec cycle parallel sequence growth mounts pagecache memory soak trace"
cases=${BENCH:-$all}
rounds=${ROUNDS:-5} runs=${RUNS:-12}

# crun before 1.9 refuses a machine with both versions of cgroups: then all are measured where the unified hierarchy is not mounted.
if [ "${BENCH_INSIDE:-}" != 1 ]; then
    work=$(mktemp -d /tmp/ipcell-bench.XXXXXX)
    chmod 700 "$work"
    status=0
    set -m # a group of its own, so that what it runs ends with it
    BENCH_INSIDE=1 WORK=$work unshare -m "$here/run.sh" &
    inner=$!
    set +m
    trap 'kill -- -$inner' INT TERM HUP
    wait $inner || status=$?
    wait $inner 2>/dev/null || true # it cleans up when it is told to end
    rm -rf "$work"
    exit $status
fi
work=$WORK
mkdir "$work/state"
mount -t tmpfs -o mode=700 state "$work/state" # as /run is, where the runtimes keep their states
results=$here/results
rm -rf "$results"
mkdir -p "$results"
export IPCELL_PLANNER=$work/planner/socket
image=$(dirname "$(dirname "$IPCELL")")/lib/ipcell/image
ipcell="$IPCELL --root $work/state/ipcell" runc="runc --root $work/state/runc" crun="crun --root $work/state/crun"

bundle() { # directory, what sed makes of the default configuration
    mkdir -p "$work/$1"
    (cd "$work/$1" && "$IPCELL" spec && sed -i -e 's/"terminal": true/"terminal": false/' \
        -e "s#\"path\": \"rootfs\"#\"path\": \"$ROOTFS\"#" -e 's/1\.3\.0/1.0.2/' -e "$2" config.json)
}
bundle true 's#"sh"#"/bin/true"#'
bundle sleep 's#"sh"#"/bin/sleep", "100000"#'

launch_of() { # runtime: how it is called
    case $1 in
    ipcell) echo "$ipcell" ;;
    cold) echo "env IPCELL_PLANNER=none $ipcell" ;;
    *) echo "${!1}" ;;
    esac
}
is_there() { # each tried once: a runtime that cannot work here is left out, aloud
    # shellcheck disable=SC2046
    (cd "$work/true" && $(launch_of "$1") run "bench-probe-$1" >/dev/null 2>&1)
}
runtimes="ipcell"
if ! is_there crun && mountpoint -q /sys/fs/cgroup/unified; then
    umount /sys/fs/cgroup/unified
    note="measured where /sys/fs/cgroup/unified is not mounted, which this crun refuses"
fi
for one in crun runc; do
    if is_there $one; then runtimes="$runtimes $one"; else echo "bench: $one does not run here and is left out" >&2; fi
done

flags="-std=gnu11 -O2 -Wall -Wextra -static"
include="-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)"
# shellcheck disable=SC2086
musl-gcc $flags $include -Wno-format-truncation -o "$work/floor" floor.c
# shellcheck disable=SC2086
musl-gcc $flags -o "$work/many" many.c
echo 'int main(void) { return 0; }' >"$work/nothing.c"
# shellcheck disable=SC2086
musl-gcc $flags -o "$work/nothing" "$work/nothing.c"

"$IPCELL" planner start
# Whatever has failed: what is left would slow down the machine for all that is measured after it. Their states are asked, not the runtimes.
clean() {
    trap '' INT TERM HUP
    for one in $runtimes; do
        for state in "$work/state/$one"/*/; do
            [ ! -d "$state" ] || $(launch_of "$one") delete --force "$(basename "$state")" >/dev/null 2>&1 || true
        done
    done
    "$IPCELL" planner stop >/dev/null 2>&1 || true
}
trap clean EXIT
trap 'exit 130' INT TERM HUP
# A planner that has just started has not compiled its methods yet.
"$work/many" 300 1 $ipcell run -b "$work/true" bench-warm
for _ in $(seq 30); do "$work/many" 1 1 $ipcell create -b "$work/sleep" bench-warm , $ipcell start bench-warm , \
    $ipcell exec bench-warm /bin/true , $ipcell state bench-warm , $ipcell kill bench-warm KILL , \
    $ipcell delete --force bench-warm >/dev/null; done

wanted() { case " $cases " in *" $1 "*) true ;; *) false ;; esac }
fail() {
    echo "bench: this fails: $1" >&2
    tail -n 3 "$work/log" >&2
    exit 1
}
time_it() { # case, runtime, round, runs, preparation or nothing, command
    hyperfine -N --style none --warmup 1 --runs "$4" ${5:+--prepare "$5"} --export-json "$results/$1.$2.$3.json" "$6" >"$work/log" 2>&1 ||
        fail "$6"
}
# Each runtime in each round, so that what else the machine does meets them all alike.
in_turns() { # case, runtimes, preparation with RT for the runtime, command with RT
    for round in $(seq "$rounds"); do
        for one in $2; do
            prepare=${3//RT/$(launch_of "$one")}
            time_it "$1" "$one" "$round" "$runs" "$prepare" "${4//RT/$(launch_of "$one")}"
        done
    done
    ./table.py "$results" "$1" "${5:-1}"
}

echo "$("$IPCELL" --version | head -n 1) ($("$IPCELL" --version | sed -n 's/^java: /JDK /p')), $(runc --version | head -n 1), $(crun --version | head -n 1)."
echo "Linux $(uname -r), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1 /proc/loadavg) at the beginning${note:+; $note}."
echo "$rounds rounds of $runs runs each, the runtimes in turns."
echo
M=$work/many
if wanted run; then
    mkdir -p "$work/unseen"
    unseen="sh -c 'sed \"s/TERM=xterm[0-9]*/TERM=xterm\$(date +%s%N)/\" $work/true/config.json >$work/unseen/config.json'"
    # The same JVM, with the same options and a cache of its own.
    options=$(sed -n 's/^"\(.*\)",$/\1/p' ../shim/src/main/c/jvm_options.h)
    "$JAVA_HOME/bin/javac" -d "$work/hello" Hello.java
    "$JAVA_HOME/bin/jar" --create --file "$work/hello.jar" -C "$work/hello" .
    # shellcheck disable=SC2086
    "$image/bin/java" $options -XX:AOTCacheOutput="$work/hello.aot" -cp "$work/hello.jar" Hello >/dev/null 2>&1
    hello="$image/bin/java $(echo $options) -XX:AOTCache=$work/hello.aot -cp $work/hello.jar Hello"
    for round in $(seq "$rounds"); do
        for one in $runtimes cold; do
            time_it run "$one" "$round" "$runs" "" "$(launch_of "$one") run -b $work/true bench-$one"
        done
        # The planner knows the bundle of the others by now; this one it has never seen.
        time_it run unseen "$round" "$runs" "$unseen" "$ipcell run -b $work/unseen bench-unseen"
        time_it run floor "$round" "$runs" "" "$work/floor $ROOTFS bench-floor /bin/true"
        time_it run hello "$round" "$runs" "" "$hello"
        time_it run nothing "$round" "$runs" "" "$work/nothing"
    done
    ./table.py "$results" run
fi
wanted apart && in_turns "run, 50 ms apart" "$runtimes" "sleep 0.05" "RT run -b $work/true bench-apart"
made="RT create -b $work/sleep b" gone="RT delete --force b"
fresh="$M 1 1 $made"
# One with this name may be left from the run before; the first has none, so each case begins and ends with one that is there.
for one in $runtimes; do "$M" 1 1 $(launch_of "$one") create -b "$work/sleep" b; done >/dev/null 2>&1
wanted create && in_turns create "$runtimes" "$gone" "$made"
wanted start && in_turns start "$runtimes" "$M 1 1 $gone , $made" "RT start b"
wanted state && in_turns state "$runtimes cold" "" "RT state b"
wanted kill && in_turns kill "$runtimes" "$M 1 1 $gone , $made , RT start b" "RT kill b KILL"
wanted delete && in_turns delete "$runtimes" "$M 1 1 $gone , $made , RT start b , RT kill b KILL , sleep 0.03" "RT delete b"
for one in $runtimes; do
    $(launch_of "$one") delete --force b >/dev/null 2>&1 || true
    "$M" 1 1 $(launch_of "$one") create -b "$work/sleep" b , $(launch_of "$one") start b
done >/dev/null 2>&1
wanted exec && in_turns exec "$runtimes" "" "RT exec b /bin/true"
for one in $runtimes; do $(launch_of "$one") delete --force b; done >/dev/null 2>&1
wanted cycle && in_turns cycle "$runtimes" "" "$M 1 1 $made , RT start b , $gone"
if wanted parallel; then
    runs=2
    in_turns parallel "$runtimes" "" "$M 50 50 RT run -b $work/true b{}"
    runs=${RUNS:-12}
fi
if wanted sequence; then
    for one in $runtimes; do
        start=$(date +%s%N)
        "$M" 1000 1 $(launch_of "$one") run -b "$work/true" b >"$work/log" 2>&1 || fail "$one run"
        took=$((($(date +%s%N) - start) / 1000000))
        echo "| 1,000 in sequence, $one | $((took / 1000)).$(printf %03d $((took % 1000))) s |"
    done | { echo "| | |"; echo "|---|---:|"; cat; }
    echo
fi
if wanted growth; then
    have=0
    for there in 1 100 1000; do
        "$M" $((there - have)) 1 $ipcell run -d -b "$work/sleep" "g$there-{}" >/dev/null
        have=$there
        for round in $(seq "$rounds"); do
            time_it "run beside $there" ipcell "$round" "$runs" "" "$ipcell run -b $work/true b"
            time_it "run beside $there" crun "$round" "$runs" "" "$crun run -b $work/true b"
            time_it "run beside $there" floor "$round" "$runs" "" "$work/floor $ROOTFS b /bin/true"
            time_it "state beside $there" ipcell "$round" "$runs" "" "$ipcell state g1-0"
        done
        time_it "list of $there" ipcell 1 5 "" "$ipcell list"
        ./table.py "$results" "run beside $there"
        ./table.py "$results" "state beside $there"
        ./table.py "$results" "list of $there"
    done
    for id in $($ipcell list -q); do $ipcell delete --force "$id"; done
fi
# Those of other containers and volumes, as a host has them.
if wanted mounts; then
    mkdir "$work/mounts"
    mount -t tmpfs --make-private mounts "$work/mounts"
    have=0
    for there in 0 100 1000 2000; do
        while [ $have -lt $there ]; do
            have=$((have + 1))
            mkdir "$work/mounts/$have"
            mount -t tmpfs one "$work/mounts/$have"
        done
        for round in $(seq "$rounds"); do
            for one in $runtimes; do
                time_it "run beside $there mounts" "$one" "$round" "$runs" "" "$(launch_of "$one") run -b $work/true b"
            done
            time_it "run beside $there mounts" floor "$round" "$runs" "" "$work/floor $ROOTFS b /bin/true"
        done
        ./table.py "$results" "run beside $there mounts"
    done
    umount -l "$work/mounts"
fi
if wanted pagecache; then
    for one in $runtimes cold; do
        time_it "run after drop_caches" "$one" 1 2 "sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches'" "$(launch_of "$one") run -b $work/true b"
    done
    ./table.py "$results" "run after drop_caches"
fi
wanted memory && ./memory.sh "$work" "$runtimes" "$ipcell" "$runc" "$crun"
if wanted soak; then
    echo "| requests | planner, resident KiB |"
    echo "|---:|---:|"
    pid=$("$IPCELL" planner status | sed -n 's/^pid: //p')
    "$M" 1 1 $ipcell run -d -b "$work/sleep" s >/dev/null
    for step in 1000 4000 5000 5000; do
        "$M" $((step / 5)) 1 $ipcell run -b "$work/true" b , $ipcell state s , $ipcell exec s /bin/true , $ipcell list , $ipcell events --stats s >/dev/null
        echo "| $("$IPCELL" planner status | sed -n 's/^requests: //p') | $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status") |"
    done
    $ipcell delete --force s
    echo
fi
if wanted trace; then
    for i in $(seq 20); do $ipcell run --trace "$results/warm.$i.trace" -b "$work/true" b; done
    for i in $(seq 10); do IPCELL_PLANNER=none $ipcell run --trace "$results/cold.$i.trace" -b "$work/true" b; done
    echo "Warm:"; echo; ./waterfall.py "$results"/warm.*.trace
    echo "Cold:"; echo; ./waterfall.py "$results"/cold.*.trace
fi
