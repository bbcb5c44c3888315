#!/bin/bash
# inside.sh PROJECT NODE RESULTS SUITE...   (inside a tree) Runs the suites against this system's libvirt, with its libvirtd where
# they take one by URI, and the steps of daemon.mjs. What came out is in RESULTS. NODE is used when the system's own is too old.
set -u
project=$1
node=$2
results=$3
shift 3
cd "$project"
say() { echo "$1=$2" >> "$results/facts"; }
: > "$results/facts"

own=$(node --version 2> /dev/null)
case $own in
  v[2-9][0-9].*) say node "$own" ;;
  *)
    PATH=$node/bin:$PATH
    say node "$(node --version) (the system's is ${own:-missing})"
    ;;
esac
say system "$(. /etc/os-release && echo "$PRETTY_NAME")"
say libvirt "$(libvirtd --version | sed 's/.* //')"
say qemu "$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')"
say libc "$(ldd --version | sed -n '1s/.* //p')"

export XDG_CACHE_HOME=/tmp/cache
uri=
if bash test/testbed/daemons.sh > "$results/daemon.log" 2>&1; then
  uri=qemu:///system
  node tools/versions/daemon.mjs "$uri" > "$results/daemon.json" 2>> "$results/daemon.log"
fi
say daemon "${uri:-does not start}"

# Without CI a suite that needs a test bed of its own is left out by name, and counted.
env -u CI LIBVIRT_TEST_URI="${uri:-none:///}" node node_modules/jest/bin/jest.js --ci --silent --watchman=false \
  --json --outputFile="$results/jest.json" "$@" > "$results/jest.log" 2>&1
exit 0
