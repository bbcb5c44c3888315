#!/bin/bash
# build.sh NODE OUT   (inside a tree, in a directory with links to the sources) Compiles the addon with the tree's compiler and
# C library, so that it asks for none newer. NODE holds bin/node and include/node.
set -eu
node=$1
out=$2
export PATH=$node/bin:$PATH MAKEFLAGS= HOME=/tmp
gyp=(node node_modules/node-gyp/bin/node-gyp.js --loglevel=error "--nodedir=$node")
"${gyp[@]}" configure >&2
"${gyp[@]}" build -j 2 >&2
cp build/Release/libvirt.node "$out"
