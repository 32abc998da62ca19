#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a bundle, ready for `ipcell run`: a busybox root file system and the default config.json with a command in it.
# Usage: examples/bundle/make-bundle.sh DIR [COMMAND [ARGUMENT...]]
#   IPCELL  the ipcell to use (default: dist/ipcell/bin/ipcell of this checkout)
# Without a command the config stays as `ipcell spec` writes it: a shell on the caller's terminal.
set -eu

[ $# -gt 0 ] || { echo "usage: make-bundle.sh DIR [COMMAND [ARGUMENT...]]" >&2; exit 1; }
dir=$1
shift
top=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p "$dir"
"$top/scripts/make-busybox-rootfs" "$dir/rootfs"
rm -f "$dir/config.json"
"${IPCELL:-$top/dist/ipcell/bin/ipcell}" spec --bundle "$dir"
[ $# -gt 0 ] || exit 0

# The command as a list of JSON strings; a backslash, a quotation mark or a control character would need more than quotes.
list=
for word; do
    case $word in
    *[\\\"\|\&[:cntrl:]]*)
        echo "make-bundle.sh: edit config.json by hand for an argument like this: $word" >&2
        exit 1
        ;;
    esac
    list="$list${list:+, }\"$word\""
done
sed -e 's|"terminal": *true|"terminal": false|' -e "s|\"sh\"|$list|" "$dir/config.json" >"$dir/config.json.new"
mv "$dir/config.json.new" "$dir/config.json"
