#!/bin/bash
# guest.sh   Prints the directory that holds a guest's vmlinuz and initrd.gz, after making it when it is not there.
set -eu
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
key=$(cat "${BASH_SOURCE[0]}" "$testbed/mkguest.sh" "$testbed"/guest/* /etc/os-release | key_of)
guest=$cache/guest-$key
touch "$guest.lock" # when it was used last
[ -d "$guest" ] && { echo "$guest"; exit 0; }

layer=$("$testbed/layer.sh") # has cpio
lock_cache
[ -d "$guest" ] && { echo "$guest"; exit 0; }
prune guest "$guest"
say "building the guest in $guest (once, some seconds)"
tmp=$guest.tmp.$$
mkdir "$tmp"
log_to "$cache/guest.log"
apt_update
"$testbed/sandbox.sh" -n -l "$layer" -b "$cache" -b "$testbed" -- bash "$testbed/mkguest.sh" "$tmp" "${apt_options[@]}" 9>&-
mv "$tmp" "$guest"
say "made in $SECONDS s"
echo "$guest" >&"$result"
