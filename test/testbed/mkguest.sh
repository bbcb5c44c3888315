#!/bin/bash
# mkguest.sh OUT APT-OPTIONS...   (inside the sandbox, with network) Writes OUT/vmlinuz and OUT/initrd.gz from this
# release's packages, Debian's or Ubuntu's: a Linux that boots under emulation in some seconds, with DHCP, the packaged
# guest agent, the ACPI power button, virtio devices, ext4, and a console that answers (see guest/init).
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
shift
mkdir -p /tmp/guest/{debs/partial,kernel,tree,root}
cd /tmp/guest

# The kernel for virtual machines has another name in each distribution, and its modules may be a package of their own.
depends() { apt-cache "${apt[@]}" depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2\)\$/\1/p" | head -n 1; }
apt=("$@")
image=
for meta in linux-image-cloud-amd64 linux-image-virtual; do
  image=${image:-$(depends $meta 'linux-image-[0-9].*')}
done
[ -n "$image" ] || { echo 'mkguest: no kernel for virtual machines among the packages'; exit 1; }
modules=$(depends "$image" 'linux-modules-[0-9].*')

# As if nothing were installed: so the agent comes with all its libraries, whatever they are called in this release.
apt-get "${apt[@]}" -o "Dir::Cache::archives=$PWD/debs" -o Dir::State::status=/dev/null -qq -y --download-only install \
  busybox-static qemu-guest-agent
(cd kernel && apt-get "${apt[@]}" download "$image" $modules && for p in *.deb; do dpkg -x "$p" .; done)
for p in debs/*.deb; do dpkg -x "$p" tree; done
cp kernel/boot/vmlinuz-* vmlinuz

lib=lib/x86_64-linux-gnu
mkdir -p root/{bin,sbin,proc,sys,dev,etc/qemu,lib/modules,$lib,lib64,run,tmp,mnt,var/run,usr/sbin,usr/bin,www,root}
of_tree() { find tree -name "$1" \( -type f -o -type l \) -path "${2:-*}" | head -n 1; }
cp "$(of_tree busybox '*bin/busybox')" root/bin/busybox
cp "$(of_tree qemu-ga)" root/usr/sbin/
cp -L "$(of_tree ld-linux-x86-64.so.2 '*x86_64-linux-gnu*')" root/lib64/
libraries() { # FILE   copies what it needs, and what that needs
  local name
  for name in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    [ ! -e "root/$lib/$name" ] || continue
    cp -L "$(of_tree "$name")" "root/$lib/$name"
    libraries "root/$lib/$name"
  done
}
libraries root/usr/sbin/qemu-ga

# In the order of their dependencies.
for m in scsi_common scsi_mod sd_mod virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover \
  net_failover virtio_net virtio_blk virtio_scsi virtio_balloon virtio_console rng-core virtio-rng evdev button; do
  f=$(find kernel -name "$m.ko*" | head -n 1)
  case $f in
    '') continue ;; # built in
    *.xz) xz -dc "$f" > root/lib/modules/$m.ko ;;
    *.zst) zstd -dcq "$f" > root/lib/modules/$m.ko ;;
    *) cp "$f" root/lib/modules/ ;;
  esac
  echo $m >> root/lib/modules/order
done

cat > root/etc/os-release <<'X'
ID=testguest
NAME="Test Guest"
VERSION_ID=1
PRETTY_NAME="Test Guest 1"
X
echo 'root:x:0:0:root:/root:/bin/sh' > root/etc/passwd
echo 'root:x:0:' > root/etc/group
echo 'root:*:19000:0:99999:7:::' > root/etc/shadow
install -m 755 "$here"/guest/init root/init
install -m 755 "$here"/guest/udhcpc root/etc/udhcpc
install -m 755 "$here"/guest/chpasswd root/usr/sbin/chpasswd
install -m 755 "$here"/guest/shutdown root/sbin/shutdown
(cd root && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -9) > initrd.gz
install -m 644 vmlinuz initrd.gz "$out"
chmod 755 "$out"
