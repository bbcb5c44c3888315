#!/bin/bash
# inside.sh PROJECT NODE GUEST RESULTS SUITE...   (inside a tree) Runs the suites against this system's libvirt. Each test bed that
# they start is a copy of this system, with its libvirtd and its QEMU, and with the guest of the directory GUEST. What came out is
# in RESULTS. NODE is used when the system's own is too old.
set -u
project=$1
node=$2
guest=$3
results=$4
shift 4
cd "$project"
say() { echo "$1=$2" >> "$results/facts"; }
: > "$results/facts"

own=$(node --version 2> /dev/null)
case $own in
  v[2-9][0-9].*) say node "$own" ;;
  *)
    cp "$node/bin/node" /usr/local/bin/ # a test bed has what the system has, and not what is mounted in it
    hash -r
    say node "$(node --version) (the system's is ${own:-missing})"
    ;;
esac
say system "$(. /etc/os-release && echo "$PRETTY_NAME")"
say libvirt "$(libvirtd --version | sed 's/.* //')"
say qemu "$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')"
say libc "$(ldd --version | sed -n '1s/.* //p')"

# libvirtd's knowledge of its QEMUs, which takes it seconds to gather, is in every test bed then.
{
  bash test/testbed/daemons.sh
  virsh -q -c qemu:///system domcapabilities --virttype qemu > /dev/null
  kill "$(cat /run/libvirtd.pid)"
} > "$results/daemon.log" 2>&1

# In CI what cannot run fails.
export CI=true LIBVIRT_NAPI_BINARY=$project/build/Release/libvirt.node LIBVIRT_TESTBED_INSIDE=$guest
node node_modules/jest/bin/jest.js --ci --silent --watchman=false \
  --cacheDirectory="$project/build/results/jest" --json --outputFile="$results/jest.json" "$@" > "$results/jest.log" 2>&1
exit 0
