#!/bin/bash
# mkxen.sh OUT APT-OPTIONS...   (inside the sandbox, with network) Writes OUT/{xen.elf,vmlinuz,ir.gz,root.img,id}: Debian 12's Xen 4.17,
# and a dom0 with libvirtd and an ssh server that lets the key `id` in.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
shift
apt-get "$@" -qq -y install mmdebstrap
mkdir -p /tmp/xen/{debs,kernel,hypervisor}
cd /tmp/xen
# The cloud kernel cannot be a dom0.
kernel=$(apt-cache "$@" depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
(cd debs && apt-get "$@" download "$kernel" xen-hypervisor-4.17-amd64)
dpkg -x debs/linux-image*.deb kernel
dpkg -x debs/xen-hypervisor*.deb hypervisor
zcat hypervisor/boot/xen-4.17-amd64.gz > xen.elf # multiboot, which QEMU boots by itself
cp kernel/boot/vmlinuz-* vmlinuz

dom0=xen-utils-4.17,xenstore-utils,libvirt-daemon,libvirt-daemon-driver-xen,libvirt-daemon-system,libvirt-clients
mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) bookworm .*/\2/p; s/^URIs: *\(http[^ ]*\).*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
mmdebstrap --variant=minbase --mode=root --components=main --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include=$dom0,openssh-server,netcat-openbsd,iproute2,dbus,dbus-daemon,kmod bookworm root "${mirror:-http://deb.debian.org/debian}"

# Emulation's CPU lacks features that every CPU model of libvirt has, and libvirtd would not start the driver then.
{
  echo "<cpus><model name='qemu64'><decode host='on' guest='on'/>"
  for feature in fpu de pse tsc msr pae cx8 apic cmov mmx fxsr sse sse2; do echo "<feature name='$feature'/>"; done
  echo '</model></cpus>'
} > root/usr/share/libvirt/cpu_map/x86_qemu64.xml

modules() { # DIR MODULE...   in the order of their dependencies
  local dir=$1 module file
  shift
  for module; do
    file=$(find kernel -name "$module.ko" | head -n 1)
    [ -n "$file" ] || continue # built in
    cp "$file" "$dir/"
    echo "$module" >> "$dir/order"
  done
}
mkdir -p root/m root/root/.ssh ir/{bin,m,proc,sys,dev,mnt}
modules root/m failover net_failover virtio_net xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc xen-netback tun
modules ir/m virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci crc32c_generic crc16 mbcache jbd2 ext4 virtio_blk
ssh-keygen -q -t ed25519 -N '' -f id
install -m 600 id.pub root/root/.ssh/authorized_keys
chmod 700 root/root/.ssh
install -m 755 "$here/dom0init" root/sbin/dom0init
install -m 755 "$here/init" ir/init
cp "$(command -v busybox)" ir/bin/busybox

# A guest that says that it runs, and ends when its console says so.
mkdir -p guest/{bin,proc,sys,dev}
cp "$(command -v busybox)" guest/bin/busybox
install -m 755 "$here/guest" guest/init
pack() { (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -1); }
mkdir -p root/guest
pack guest > root/guest/initrd.gz
cp vmlinuz root/guest/vmlinuz
pack ir > ir.gz
truncate -s 1500M root.img
mke2fs -q -F -t ext4 -d root root.img
chmod 600 id
cp --sparse=always xen.elf vmlinuz ir.gz root.img id "$out"
