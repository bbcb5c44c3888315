/** Debian systems of several releases: made once, kept in the cache, entered as private copies. */
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root, run, seconds, Stop } from '../util.mjs';

/** The releases from the oldest to the newest; the oldest compiles the binary for all. */
export const SYSTEMS = ['bullseye', 'bookworm', 'trixie', 'sid'];

export const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'libvirt-napi/versions');

export const script = (name) => path.join(root, 'tools/versions', name);

/** Has one of the scripts make a thing of a system, unless it is there. */
function made(name, system, out, ...more) {
  const place = path.join(cache, out);
  if (existsSync(place)) return place;
  mkdirSync(cache, { recursive: true });
  const start = performance.now();
  if (run(['bash', script(name), system, place, ...more]) !== 0) throw new Stop(`${name} ${system} failed; see above`);
  console.error(`${system}: ${name} took ${seconds(start)}`);
  return place;
}

export const headersOf = (system) => made('headers.sh', system, `headers-${system}`);

/** A whole system: libvirtd, QEMU, compiler. */
export const treeOf = (system) => made('tree.sh', system, system);

/** What a user of the package has at the least: libvirt's library, no compiler, no headers, no Node.js. */
export const bareOf = (system) => made('tree.sh', system, `bare-${system}`, 'libvirt0');

/** This Node with its headers, in a directory that a system without a fit one can be given. */
export function hostNode() {
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
  const shared = [...new Set(places)].flatMap((place) => ['-b', place]);
  const enter = path.join(root, 'test/testbed/sandbox.sh');
  return run(['bash', enter, '-r', tree, ...shared, '--', ...command], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Where the dependencies really are; a sandbox sees them there, or does not. */
export const modules = () => realpathSync(path.join(root, 'node_modules'));
