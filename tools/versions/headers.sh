#!/bin/bash
# headers.sh SUITE OUT   Unpacks the libvirt headers of the Debian release SUITE in OUT (a few seconds, no root, no tree).
# Compile with -isystem OUT/usr/include. apt works on lists and a cache of its own: the machine's are not touched.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=$1
out=$2
[ ! -e "$out" ] || exit 0 # another run made it meanwhile
tmp=$out.tmp.$$
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/apt/{lists/partial,cache/archives/partial} "$tmp/root"
: > "$tmp/apt/status"
source "$here/mirror.sh"
for mirror in $(mirrors "$suite"); do
  echo "deb [signed-by=$keyring] $mirror $suite main" > "$tmp/apt/list"
  cat > "$tmp/apt/conf" <<CONF
Dir::State "$tmp/apt"; Dir::Cache "$tmp/apt/cache"; Dir::State::status "$tmp/apt/status";
Dir::Etc::SourceList "$tmp/apt/list"; Dir::Etc::SourceParts "-";
Acquire::Check-Valid-Until "false"; Acquire::Languages "none"; APT::Sandbox::User "root";
CONF
  export APT_CONFIG=$tmp/apt/conf
  if apt-get update -qq --error-on=any && (cd "$tmp/apt/cache/archives" && apt-get download -qq libvirt-dev); then
    dpkg -x "$tmp"/apt/cache/archives/libvirt-dev_*.deb "$tmp/root"
    mv "$tmp/root" "$out"
    exit 0
  fi
done
echo "headers.sh: no libvirt-dev of $suite to be had" >&2
exit 1
