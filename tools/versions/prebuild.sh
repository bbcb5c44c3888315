#!/bin/bash
# prebuild.sh TREE NODE OUT   (inside a system) Compiles the addon with the system's compiler and C library, so that it asks for
# none newer, and leaves it stripped in OUT/prebuilds. TREE has links to the sources, NODE holds bin/node and include/node.
set -eu
tree=$1
node=$2
out=$3
cd "$tree"
export PATH=$node/bin:$PATH HOME=/tmp MAKEFLAGS= JOBS=max npm_config_nodedir=$node npm_config_loglevel=error
exec node node_modules/prebuildify/bin.js --napi --strip --name libvirt --out "$out" \
  --target "node@$(node -p process.versions.node)" > /dev/null
