#!/bin/bash
# tree.sh SUITE OUT [PACKAGE...]   (root, network for apt; about 90 s) A Debian system in OUT, to be entered with the test bed's
# `sandbox.sh -r OUT`: with these packages alone, or a whole one with all that a test bed has, Node.js and compiler. Nothing is
# installed on the machine.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
testbed=$here/../../test/testbed
sandbox=$testbed/sandbox.sh
source "$here/mirror.sh"
suite=$1
out=$2
[ ! -e "$out" ] || exit 0 # another run made it meanwhile
parent=$(dirname "$out")
tmp=$out.tmp.$$
trap 'rm -rf "$tmp"' EXIT
shift 2
packages=("$@")
if [ $# = 0 ]; then
  mapfile -t packages < "$testbed/packages.txt"
  packages+=(ca-certificates g++ libvirt-dev make nodejs pkg-config)
  # What became a package of its own, or got another name.
  case $suite in
    bullseye) packages=("${packages[@]/#polkitd/policykit-1}") ;;
    bookworm) ;;
    trixie) packages+=(libvirt-daemon-driver-interface) ;;
    *) packages+=(libvirt-daemon-driver-interface util-linux-extra) ;;
  esac
fi
for mirror in $(mirrors "$suite"); do
  rm -rf "$tmp"
  # A release that changes no more may have a Release file past its date.
  TMPDIR=$parent "$sandbox" -n -b "$parent" -- bash -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq -y --no-install-recommends install mmdebstrap > /dev/null
    exec mmdebstrap --quiet --variant=minbase --mode=root --components=main --keyring="$4" --include="$5" \
      --aptopt="Acquire::Check-Valid-Until \"false\"" --aptopt="APT::Install-Recommends \"false\"" \
      --aptopt="Acquire::Languages \"none\"" --dpkgopt=force-unsafe-io --dpkgopt="path-exclude=/usr/share/man/*" \
      --dpkgopt="path-exclude=/usr/share/doc/*" --dpkgopt="path-exclude=/usr/share/locale/*" "$1" "$2" "$3"
  ' sh "$suite" "$tmp" "$mirror" "$keyring" "$(IFS=,; echo "${packages[*]}")" >&2 && made=1 && break
  echo "tree.sh: $mirror gave no $suite" >&2
done
[ -n "${made-}" ] || exit 1
# The machine keeps its AppArmor and SELinux to itself.
[ ! -e "$tmp/etc/libvirt/qemu.conf" ] || echo 'security_driver = "none"' >> "$tmp/etc/libvirt/qemu.conf"
rm -rf "$tmp"/var/cache/apt/* "$tmp"/var/lib/apt/lists/*
mv "$tmp" "$out"
