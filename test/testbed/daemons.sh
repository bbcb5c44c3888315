#!/bin/bash
# daemons.sh [libvirtd options]   (inside the sandbox, as root) Starts dbus, virtlogd and libvirtd, each unless it runs,
# and returns when libvirtd answers.
set -eu
mkdir -p /run/dbus /run/lock /run/libvirt
[ -S /run/dbus/system_bus_socket ] || dbus-daemon --system --fork
[ -S /run/libvirt/virtlogd-sock ] || virtlogd -d
rm -f /run/libvirtd.pid # of one that was killed
libvirtd -d "$@"
# Until its drivers are ready libvirtd accepts no client, so one open waits for all of it.
for _ in {1..50}; do
  error=$(virsh -q -r -c qemu:///system uri 2>&1 >/dev/null) && exit 0
  sleep 0.1
done
echo "libvirtd does not answer: $error" >&2
exit 1
