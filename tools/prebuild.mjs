// The binary that ships: compiled on the oldest system that is supported, since a binary asks for the C library that it was linked
// with or a newer one. Needs Linux and root, as the test bed does; the system is made once (90 s).
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linkTree } from './build.mjs';
import { setup } from './setup.mjs';
import { Stop, filesOf, fingerprint, flags, main, root, seconds } from './util.mjs';
import { compareVersions, inspect } from './versions/elf.mjs';
import { SYSTEMS, hostNode, modules, sandbox, script, treeOf } from './versions/system.mjs';

const TREE = 'build/prebuild';

/** Where the package has the binary of this platform: what lib/load.ts looks for. */
export const prebuilt = path.join(root, `prebuilds/${process.platform}-${process.arch}/libvirt.node`);

/** What the binary may ask for at the most: what Debian 11 has. */
const MOST = { glibc: '2.31', glibcxx: '3.4.28' };

/** @returns {string[]} why a binary, as `inspect` finds it, does not run everywhere */
export function complaints({ libvirt, stripped, ...asked }) {
  const tooNew = Object.keys(MOST).filter(
    (name) => asked[name] !== 'none' && compareVersions(asked[name], MOST[name]) > 0,
  );
  return [
    ...tooNew.map((name) => `it asks for ${name} ${asked[name]}, and Debian 11 has ${MOST[name]}`),
    ...(libvirt.length > 0 ? [`it asks for symbol versions of libvirt: ${libvirt.join(', ')}`] : []),
    ...(stripped ? [] : ['it is not stripped']),
  ];
}

/** Makes the binary, unless it is there and of these sources. @returns {string} its path */
export function prebuild() {
  const sources = filesOf('src', 'binding.gyp', 'tools/stub.mjs', 'tools/versions/prebuild.sh');
  const print = fingerprint(sources, process.version, process.arch);
  const stamp = path.join(root, 'build/stamps/prebuild');
  // The binary is in the print too: it may have been replaced by one that somebody tried.
  const whole = () => fingerprint([path.relative(root, prebuilt)], print);
  if (existsSync(prebuilt) && existsSync(stamp) && readFileSync(stamp, 'utf8') === whole()) return prebuilt;

  setup();
  const tree = treeOf(SYSTEMS[0]);
  const start = performance.now();
  rmSync(path.join(root, TREE), { recursive: true, force: true });
  linkTree(TREE);
  const node = hostNode();
  const command = ['bash', script('prebuild.sh'), path.join(root, TREE), node, root];
  if (sandbox(tree, [root, modules(), node], command) !== 0)
    throw new Stop('The oldest system cannot compile the addon.');
  const wrong = complaints(inspect(prebuilt));
  if (wrong.length > 0) throw new Stop(`${prebuilt}: ${wrong.join('; ')}`);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, whole());
  console.error(`built ${path.relative(root, prebuilt)} in ${seconds(start)}`);
  return prebuilt;
}

await main(import.meta.url, (args) => {
  flags(args, []);
  const file = prebuild();
  const { glibc, glibcxx } = inspect(file);
  console.log(`${path.relative(root, file)}: glibc ${glibc} and later, GLIBCXX ${glibcxx} and later`);
});
