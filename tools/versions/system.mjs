/** Running things in the trees of other systems, and the binary that the oldest of them compiles. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { filesOf, fingerprint, root, run, Stop } from '../util.mjs';

/** This Node with its headers, in a directory that a system without a fit one can be given. */
export function hostNode(cache) {
  const place = path.join(cache, `node-${process.version}`);
  if (existsSync(place)) return place;
  // Whole or not there, also when two run at once.
  const making = `${place}.${process.pid}`;
  mkdirSync(path.join(making, 'bin'), { recursive: true });
  copyFileSync(realpathSync(process.execPath), path.join(making, 'bin/node'));
  const headers = path.resolve(process.execPath, '../../include/node');
  if (existsSync(headers)) cpSync(headers, path.join(making, 'include/node'), { recursive: true });
  if (existsSync(place)) rmSync(making, { recursive: true });
  else renameSync(making, place);
  return place;
}

/** Runs a command in a private copy of a tree; `places` are shared with the machine. */
export function sandbox(tree, places, command) {
  const modules = realpathSync(path.join(root, 'node_modules'));
  const shared = [...new Set([...places, modules])].flatMap((place) => ['-b', place]);
  const script = path.join(root, 'test/testbed/sandbox.sh');
  return run(['bash', script, '-r', tree, ...shared, '--', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/**
 * A binary asks for the C library that it was linked with, or a newer one, so the one for all systems is compiled in the oldest.
 * @returns {string} its path
 */
export function oldestBinary(cache, makeTree) {
  const place = path.join(cache, 'oldest');
  const binary = path.join(place, 'release/libvirt.node');
  const sources = filesOf('src', 'binding.gyp', 'tools/stub.mjs');
  const print = fingerprint(sources, process.version);
  const stamp = path.join(place, 'stamp');
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return binary;
  const tree = makeTree();
  mkdirSync(path.dirname(binary), { recursive: true });
  rmSync(path.join(place, 'src'), { recursive: true, force: true });
  for (const file of [...sources, 'package.json']) {
    mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(place, file));
  }
  const node = hostNode(cache);
  const modules = realpathSync(path.join(root, 'node_modules'));
  const steps = 'cd "$1"; ln -sfn "$2" node_modules; exec bash "$3" "$4" "$5"';
  const build = path.join(root, 'tools/versions/build.sh');
  const status = sandbox(tree, [place, root, node], ['bash', '-ec', steps, 'sh', place, modules, build, node, binary]);
  if (status !== 0)
    throw new Stop('The oldest system cannot compile the addon; see above. --binary FILE tests another one.');
  writeFileSync(stamp, print);
  return binary;
}
