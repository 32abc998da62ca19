# SPDX-License-Identifier: Apache-2.0
# What run.sh is written in: a host, shells that are driven line by line, and claims that are checked.
# shellcheck shell=bash

run_id=$$
first=first-$run_id second=second-$run_id third=third-$run_id
checks=0 steps=0
output='' status=0
work=''
patience=60 # seconds, for one command; a cold start takes far less
declare -A to=() from=() process=()

# Only the outside of a container is needed to end it: its shell leaves at the end of its input.
tidy() {
    local name fd signal
    trap '' INT TERM
    for fd in "${to[@]}"; do
        exec {fd}>&-
    done
    for name in "${!process[@]}"; do
        for signal in TERM KILL; do
            await_end "$name" || kill -s "$signal" "${process[$name]}" 2>/dev/null || :
        done
        wait "${process[$name]}" 2>/dev/null || :
    done
    cd /
    umount --lazy "$work/dev" 2>/dev/null || : # we may have been interrupted while it was being laid out
    [ -z "$work" ] || rm -rf --one-file-system "$work"
}

await_end() {
    local i
    for ((i = 0; i < 100; i++)); do
        kill -0 "${process[$1]}" 2>/dev/null || return 0
        sleep 0.05
    done
    return 1
}

start_host() {
    trap tidy EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap : PIPE # not '': what is ignored would be ignored in the containers too
    work=$(mktemp -d /tmp/ipcell-walkthrough.XXXXXX)
    cd "$work"
    [ -d /dev/mqueue ] || dev_with_mqueue
    mount -t mqueue mqueue /dev/mqueue
}

# Some machines have no /dev/mqueue. This process's own view of /dev gets one; the machine's /dev is left as it is.
dev_with_mqueue() {
    local entry
    mkdir "$work/dev"
    mount -t tmpfs -o mode=755 tmpfs "$work/dev"
    for entry in /dev/*; do
        if [ -L "$entry" ]; then
            cp -a "$entry" "$work/dev/"
        elif [ -d "$entry" ]; then
            mkdir "$work$entry"
            mount --rbind "$entry" "$work$entry"
        else
            : >"$work$entry"
            mount --bind "$entry" "$work$entry"
        fi
    done
    mkdir "$work/dev/mqueue"
    mount --move "$work/dev" /dev
    rmdir "$work/dev"
}

say() {
    printf '\n%s\n\n' "$1"
    shift
    printf '%s\n' "$@"
}

section() {
    printf '\n%s\n%s\n' "$1" "${1//?/=}"
}

step() {
    steps=$((steps + 1))
    printf '\n%d. %s\n\n' "$steps" "$1"
}

# A bundle with the config that `ipcell spec` writes, changed where this walk-through needs it: a shell that reads what
# we type through a pipe, and the shared root file system, which is read-only.
bundle() {
    mkdir "$work/$1"
    "$ipcell" spec --bundle "$work/$1" || fail "ipcell spec has failed"
    edit "$1" 's|"terminal": *true|"terminal": false|'
    edit "$1" "s|\"path\": *\"rootfs\"|\"path\": \"$rootfs\"|"
    edit "$1" 's|"sh"|"/bin/bash"|'
}

edit() {
    local config=$work/$1/config.json
    sed "$2" "$config" >"$config.new"
    ! cmp -s "$config" "$config.new" || fail "config.json has nothing for sed '$2' to change"
    mv "$config.new" "$config"
}

# launch NAME ARGUMENT...: starts ipcell in the background; `on NAME` then talks to the shell in it.
launch() {
    local name=$1 in out
    shift
    printf '   host   $ %s\n' "ipcell ${*/"$ipcell"/ipcell}"
    mkfifo "$work/$name.in" "$work/$name.out"
    close_inherited_and_run "$name" "$@" &
    process[$name]=$!
    exec {in}>"$work/$name.in" {out}<"$work/$name.out"
    to[$name]=$in from[$name]=$out
}

# A pipe's end kept open by another container would keep its shell from seeing the end of its input.
close_inherited_and_run() {
    local name=$1 fd
    shift
    trap - EXIT INT TERM PIPE
    for fd in "${to[@]}" "${from[@]}"; do
        exec {fd}>&-
    done
    exec "$ipcell" "$@" <"$work/$name.in" >"$work/$name.out" 2>"$work/$name.err"
}

# on NAME COMMAND...: shows and runs a command on the host or in a launched shell; sets output and status.
on() {
    local name=$1
    shift
    printf '   %-6s $ %s\n' "$name" "${*//"$ipcell"/ipcell}"
    status=0
    if [ "$name" = host ]; then
        output=$(eval "$*" 2>&1) || status=$?
    else
        ask "$name" "$*"
    fi
    output=${output#$'\n'} # ipcs begins with an empty line
    [ -z "$output" ] || printf '%s\n' "$output" | sed 's/^\(.\)/            \1/'
}

ask() {
    local line end="--- end of output $run_id"
    output=''
    printf '{ %s\n} 2>&1 </dev/null; printf "\\n%s %%s\\n" "$?"\n' "$2" "$end" >&"${to[$1]}" || fail_of "$1"
    while IFS= read -r -t "$patience" -u "${from[$1]}" line; do
        case $line in
        "$end "*)
            status=${line#"$end "}
            output=$(printf '%s' "$output") # without the newlines at its end, as for the host
            return
            ;;
        esac
        output+=$line$'\n'
    done
    fail_of "$1"
}

leave() {
    local in=${to[$1]} out=${from[$1]} code=0
    printf '   %-6s $ exit\n' "$1"
    exec {in}>&-
    await_end "$1" || fail "$1 does not end"
    wait "${process[$1]}" || code=$?
    exec {out}<&-
    unset "to[$1]" "from[$1]" "process[$1]"
    [ "$code" = 0 ] || fail "$1 has ended with $code"
}

# The objects in the output of ipcs: how many, and their keys in one line.
count() {
    grep -c '^0x' <<<"$output" || :
}

keys() {
    sed -n 's/^\(0x[0-9a-f]*\) .*/\1/p' <<<"$output" | paste -sd' '
}

contains() {
    [[ $output == *"$1"* ]]
}

# The command has failed, and its message says on what.
refused() {
    [ "$status" != 0 ] && contains "$1"
}

lacks() {
    local text
    for text in "$@"; do
        ! contains "$text" || return 1
    done
}

cgroups() {
    find /sys/fs/cgroup -type d -name "*-$run_id" 2>/dev/null | wc -l
}

check() {
    local claim=$1
    shift
    "$@" || fail "not true: $claim"
    checks=$((checks + 1))
    printf '   \xe2\x9c\x94 %s\n' "$claim"
}

fail() {
    printf '   \xe2\x9c\x98 %s\n' "$1"
    exit 1
}

fail_of() {
    fail "$1 does not answer: $(cat "$work/$1.err")"
}
