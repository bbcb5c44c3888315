#!/bin/bash
# sandbox.sh [-n] [-m] [-t] [-u] [-l LAYER] [-r ROOT] [-s SIZE] [-b DIR[:INSIDE]]... -- COMMAND...
# sandbox.sh check
#
# Runs COMMAND as root in a private copy of this machine. Every directory of / is an overlay whose upper layer is a
# tmpfs, and the mount, PID, network, UTS, IPC and cgroup namespaces are its own: COMMAND may start daemons, make
# bridges and edit /etc. When it ends, all of that is gone. The exit status is COMMAND's.
#
#   -l LAYER   directories (etc, usr, var ...) that lie over the machine's own, read-only
#   -r ROOT    copy the tree at ROOT in place of /
#   -b DIR     a directory that stays shared with the machine, read and write, at the same place or at INSIDE
#   -t         talk: the sandbox's /run/libvirt is /run/testbed.N/libvirt here, and "sandbox PID DIR" is printed: its PID 1
#              as the machine counts it, and /run/testbed.N, which is shared at that path and goes with the sandbox
#   -s SIZE    limit of what can be written (8g; memory is taken only as it is used)
#   -n         keep the machine's network (to download; start no daemon then)
#   -m         own memory cgroup as well (containers need it)
#   -u         what is written shows at /.upper
#
# `check` tells whether the machine can do this: prints the reason and exits with 1 if not.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

check() {
  [ "$(uname -s)" = Linux ] || { echo 'not Linux'; exit 1; }
  [ "$(id -u)" = 0 ] || { echo 'not root'; exit 1; }
  local tool
  for tool in unshare nsenter setpriv mount pivot_root flock apt-get; do
    command -v $tool >/dev/null || { echo "$tool is not installed"; exit 1; }
  done
  [ "$(uname -m)" = x86_64 ] || { echo 'not x86-64, which the guests of the suites are for'; exit 1; }
  unshare -m -n -p -u -i -C -f --propagation private bash -ec '
    mount -t tmpfs check /boot && mkdir /boot/{a,b,c,d} &&
    mount -t overlay -o lowerdir=/boot/a,upperdir=/boot/b,workdir=/boot/c overlay /boot/d' 2>/dev/null ||
    { echo 'the kernel or the container does not allow namespaces and overlay mounts'; exit 1; }
}
if [ "${1-}" = check ]; then check; exit 0; fi

net=-n memory= talk= binds=()
export SB_ROOT= SB_LAYER= SB_SIZE=8g SB_UPPER= SB_NET= SB_DIR=
while [ $# -gt 0 ]; do
  case $1 in
    -n) net=; SB_NET=1; shift ;;
    -m) memory=memory; shift ;;
    -t) talk=1; shift ;;
    -u) SB_UPPER=1; shift ;;
    -l) SB_LAYER=$2; shift 2 ;;
    -r) SB_ROOT=$2; shift 2 ;;
    -s) SB_SIZE=$2; shift 2 ;;
    -b) case $2 in *:*) binds+=("$2") ;; *) binds+=("$(realpath "$2")") ;; esac; shift 2 ;;
    --) shift; break ;;
    *) break ;;
  esac
done
alive() { [ -e "/proc/${1##*.}/exe" ]; } # a zombie has none
for stale in /run/testbed.*; do # of a sandbox that was killed with its supervisor
  alive "$stale" || rm -rf "$stale"
done
if [ -n "$talk" ]; then
  SB_DIR=/run/testbed.$$
  mkdir -p "$SB_DIR/libvirt"
  chmod 755 "$SB_DIR" "$SB_DIR/libvirt"
  binds+=("$SB_DIR" "$SB_DIR/libvirt:/run/libvirt")
fi
SB_BINDS=$(printf '%s\n' "${binds[@]-}")
export SB_BINDS

# Own cgroups: two libvirtds would meet in one /machine otherwise, and what a sandbox leaves could not be told apart.
groups=()
own_group() { sed -n "s/^[0-9]*:$1:\(.*\)/\1/p" /proc/self/cgroup | sed 's#^/$##'; }
if [ -e /sys/fs/cgroup/cgroup.procs ]; then # v2: one tree
  SB_CONTROLLERS=v2
  groups+=("/sys/fs/cgroup$(own_group '')/testbed.$$")
else
  SB_CONTROLLERS="cpu cpuacct cpuset devices freezer blkio pids $memory"
  for c in $SB_CONTROLLERS; do
    [ -e /sys/fs/cgroup/$c/cgroup.procs ] && groups+=("/sys/fs/cgroup/$c$(own_group $c)/testbed.$$")
  done
fi
remove_group() { find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true; [ ! -d "$1" ]; }
for g in "${groups[@]}"; do
  for stale in "${g%.*}".*; do
    [ -d "$stale" ] && ! alive "$stale" && remove_group "$stale"
  done
  mkdir "$g"
  case $g in */cpuset/*) for f in cpus mems; do cat "$g/../cpuset.$f" > "$g/cpuset.$f"; done ;; esac
done
export SB_CONTROLLERS SB_GROUPS="${groups[*]}"

# A shared lock tells layer.sh that the layer is in use.
[ -z "$SB_LAYER" ] || { exec 8>>"$SB_LAYER.lock"; flock -s 8; touch "$SB_LAYER.lock"; }

cleanup() {
  local g i
  for g in "${groups[@]}"; do
    for i in {1..100}; do remove_group "$g" && break; sleep 0.02; done
  done
  [ -z "$SB_DIR" ] || rm -rf "$SB_DIR"
}
trap cleanup EXIT
# setpriv: the sandbox dies with this script, however that dies. unshare ignores SIGTERM; --kill-child ends all the rest.
bash -ec 'for g in $SB_GROUPS; do echo $$ > "$g/cgroup.procs"; done; exec "$@"' sh \
  setpriv --pdeathsig KILL unshare -m $net -p -u -i -C -f --kill-child --propagation private bash "$here/init.sh" "$@" <&0 &
child=$!
trap 'kill -9 $child 2>/dev/null' TERM INT HUP
rc=0
wait $child || rc=$?
exit $rc
