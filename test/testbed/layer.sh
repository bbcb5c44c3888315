#!/bin/bash
# layer.sh   Prints the directory of the layer that holds libvirtd, QEMU and all that the suites need beside them, after
# making it when it is not there. Nothing is installed on the machine.
#
# A layer hides files of the machine, the package database among them. It fits the machine that it was made over and no
# other state of it: a libvirt0 upgraded underneath would no longer match the layer's libvirtd. So the key covers
# the machine's package database and users, and any change of packages makes a new layer (from packages kept in
# the cache, mostly).
set -eu
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
mapfile -t packages < "$testbed/packages.txt"
key=$(cat "${BASH_SOURCE[0]}" "$testbed/packages.txt" /etc/os-release /var/lib/dpkg/status /etc/passwd /etc/group | key_of)
layer=$cache/layer-$key
[ -d "$layer" ] && { echo "$layer"; exit 0; }

lock_cache
[ -d "$layer" ] && { echo "$layer"; exit 0; }
prune layer "$layer"
say "installing libvirtd and QEMU into $layer (once, about a minute)"
tmp=$layer.tmp.$$
mkdir "$tmp"
log_to "$cache/layer.log"
apt_update
# The machine's own packages may be in the midst of a change, which apt takes for one that was broken off.
"$testbed/sandbox.sh" -n -b "$cache" -- bash -ec 'dpkg --configure -a > /dev/null; apt-get "$@"' \
  sh "${apt_options[@]}" -qq -y --download-only install "${packages[@]}" 9>&-

# Maintainer scripts run with no network at all, so that none can touch the machine's.
export DEBIAN_FRONTEND=noninteractive
"$testbed/sandbox.sh" -u -b "$cache" -- bash -ec '
  tmp=$1; shift
  printf "#!/bin/sh\nexit 101\n" > /usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  dpkg --configure -a
  apt-get "$@"
  # The machine keeps its AppArmor and SELinux to itself.
  echo "security_driver = \"none\"" >> /etc/libvirt/qemu.conf
  rm -rf /.upper/var/cache/apt /.upper/var/log/apt /.upper/var/cache/debconf/*-old
  for d in etc opt usr var; do [ ! -d /.upper/$d ] || cp -a /.upper/$d "$tmp/"; done
' sh "$tmp" "${apt_options[@]}" -qq -y --no-download -o DPkg::Options::=--force-unsafe-io \
  -o 'DPkg::Options::=--path-exclude=/usr/share/doc/*' -o 'DPkg::Options::=--path-exclude=/usr/share/man/*' \
  -o 'DPkg::Options::=--path-exclude=/usr/share/locale/*' install "${packages[@]}" 9>&-

# libvirtd's knowledge of its QEMUs, which takes it a second to gather. It is bound to the change times of the binaries,
# so it can only be gathered over the copied layer.
"$testbed/sandbox.sh" -l "$tmp" -b "$cache" -b "$testbed" -- bash -ec '
  bash "$2/daemons.sh"
  virsh -q -c qemu:///system domcapabilities --virttype qemu > /dev/null
  cp -a /var/cache/libvirt "$1"
' sh "$tmp.warm" "$testbed" 9>&-
rm -rf "$tmp/var/cache/libvirt" "$tmp.lock"
mv "$tmp.warm" "$tmp/var/cache/libvirt"
mv "$tmp" "$layer"
say "made in $SECONDS s"
echo "$layer" >&"$result"
