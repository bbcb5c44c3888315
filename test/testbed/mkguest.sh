#!/bin/bash
# mkguest.sh OUT APT-OPTIONS...   (inside the sandbox, with network) Writes OUT/vmlinuz and OUT/initrd.gz from Debian's
# packages: a Linux that boots under emulation in some seconds, with DHCP, Debian's own guest agent, the ACPI power
# button, virtio devices, ext4, and a console that answers (see guest/init).
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
shift
mkdir -p /tmp/guest/{debs,kernel,tree,root}
cd /tmp/guest
packages=(busybox-static qemu-guest-agent libglib2.0-0 libnuma1 libudev1 liburing2 libpcre2-8-0 libc6)
kernel=$(apt-cache "$@" depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
(cd debs && apt-get "$@" download "$kernel" "${packages[@]}")

dpkg -x debs/linux-image*.deb kernel
cp kernel/boot/vmlinuz-* vmlinuz
for p in "${packages[@]}"; do dpkg -x debs/"${p}"_*.deb tree; done

lib=lib/x86_64-linux-gnu
mkdir -p root/{bin,sbin,proc,sys,dev,etc/qemu,lib/modules,$lib,lib64,run,tmp,mnt,var/run,usr/sbin,usr/bin,www,root}
cp "$(find tree -path '*bin/busybox' -type f | head -n 1)" root/bin/busybox
cp tree/usr/sbin/qemu-ga root/usr/sbin/
for l in libudev.so.1 libnuma.so.1 liburing.so.2 libglib-2.0.so.0 libgmodule-2.0.so.0 libm.so.6 libc.so.6 libpcre2-8.so.0 \
  libpthread.so.0 libdl.so.2 librt.so.1; do
  f=$(find tree -name $l | head -n 1)
  [ -z "$f" ] || cp -L "$f" root/$lib/
done
cp -L "$(find tree -name ld-linux-x86-64.so.2 -path '*x86_64-linux-gnu*' | head -n 1)" root/lib64/

# In the order of their dependencies.
for m in scsi_common scsi_mod sd_mod virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover \
  net_failover virtio_net virtio_blk virtio_scsi virtio_balloon virtio_console rng-core virtio-rng evdev button; do
  f=$(find kernel -name $m.ko | head -n 1)
  [ -n "$f" ] || continue # built in
  cp "$f" root/lib/modules/
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
