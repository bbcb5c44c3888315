#!/bin/bash
# second-host.sh DIR   (inside the sandbox, as root, with libvirtd running) Starts a second libvirt host "hostb" beside
# the first: network namespace, name, /run, /etc/libvirt and state of its own; the same files, as with shared storage.
# The two reach one another at 10.99.0.1 and 10.99.0.2, where hostb's libvirtd listens; its sockets are in DIR,
# a directory in the one that the sandbox shares with the machine.
set -eu
dir=$1
mkdir -p "$dir" /run/netns
chmod 755 "$dir"
ip netns add hostb
ip link add va type veth peer name vb netns hostb
ip addr add 10.99.0.1/24 dev va
ip link set va up
ip -n hostb addr add 10.99.0.2/24 dev vb
ip -n hostb link set vb up
ip -n hostb link set lo up
printf '10.99.0.2 hostb\n10.99.0.1 testbed\n' >> /etc/hosts

inside() {
  hostname hostb
  # The machine's cgroups and /sys show another network than its own.
  umount -R /sys/fs/cgroup
  mount -t sysfs sysfs /sys
  mkdir -p /tmp/hostb/shared
  cp -a /etc/libvirt /tmp/hostb/etc
  mount --bind /tmp/hostb/etc /etc/libvirt
  rm -rf /etc/libvirt/qemu/*.xml /etc/libvirt/qemu/autostart/* /etc/libvirt/qemu/networks/* /etc/libvirt/storage
  local d
  for d in qemu network dnsmasq; do
    mkdir -p /var/lib/libvirt/$d
    mount -t tmpfs tmpfs /var/lib/libvirt/$d
  done
  chown libvirt-qemu:libvirt-qemu /var/lib/libvirt/qemu
  local shared=${1%/*}
  mount --bind "$shared" /tmp/hostb/shared
  mount -t tmpfs tmpfs /run
  mkdir -p /run/dbus /run/lock /run/libvirt "$shared"
  mount --bind /tmp/hostb/shared "$shared"
  mount --bind "$1" /run/libvirt
  # Two hosts with one UUID are taken for one, and nothing migrates.
  cat >> /etc/libvirt/libvirtd.conf <<CONF
host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
CONF
  bash "$2" --listen
}
export -f inside
nsenter --net=/run/netns/hostb unshare -m -u --propagation private \
  bash -euc 'inside "$@"' sh "$dir" "$(dirname "${BASH_SOURCE[0]}")/daemons.sh"
