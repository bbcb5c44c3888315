#!/bin/bash
# inside.sh NODE OUT KIND ARGUMENT...   (inside a system) Runs check.mjs with the arguments, and leaves its steps in OUT. KIND is bare
# for a system that must have libvirt's library and neither compiler nor headers, whole for one that has all.
set -eu
node=$1
out=$2
kind=$3
shift 3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "$kind" = bare ]; then
  for name in cc c++ gcc g++ clang make; do
    if command -v $name; then echo "the system has $name" >&2; exit 1; fi
  done
  if [ -e /usr/include/libvirt ]; then echo "the system has libvirt's headers" >&2; exit 1; fi
fi
ldconfig -p | grep -q 'libvirt\.so\.0' || { echo "the system has no libvirt" >&2; exit 1; }
export PATH=$node/bin:$PATH npm_config_nodedir=$node JOBS=max
node "$here/check.mjs" "$@" > "$out"
