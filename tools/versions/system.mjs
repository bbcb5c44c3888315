/** Debian systems of several releases: made once, kept in the cache, entered as private copies. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { filesOf, fingerprint, root, run, seconds, Stop } from '../util.mjs';

/** The releases from the oldest to the newest; the oldest compiles the binary for all. */
export const SYSTEMS = ['bullseye', 'bookworm', 'trixie', 'sid'];

export const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'libvirt-napi/versions');

export const script = (name) => path.join(root, 'tools/versions', name);

const TWO_WEEKS = 14 * 24 * 3600e3;

/** Removes what was made for other lists of packages, once nobody has used it for two weeks. */
function prune(out, kept) {
  for (const name of readdirSync(cache)) {
    const place = path.join(cache, name);
    const other = name.startsWith(`${out}-`) && /^[0-9a-f]{12}(\.lock)?$/.test(name.slice(out.length + 1));
    if (!other || place.startsWith(kept) || Date.now() - statSync(place).mtimeMs < TWO_WEEKS) continue;
    rmSync(place, { recursive: true, force: true });
  }
}

/** Has one of the scripts make a thing of a system, unless it is there. Of two runs at once the second waits. */
function made(name, system, out, ...more) {
  const decides = filesOf(`tools/versions/${name}`, 'tools/versions/mirror.sh', 'test/testbed/packages.txt');
  const place = path.join(cache, `${out}-${fingerprint(decides, more).slice(0, 12)}`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(place)) {
    prune(out, place);
    const start = performance.now();
    if (run(['flock', `${place}.lock`, 'bash', script(name), system, place, ...more]) !== 0)
      throw new Stop(`${name} ${system} failed; see above`);
    console.error(`${system}: ${name} took ${seconds(start)}`);
  }
  const now = new Date();
  utimesSync(place, now, now);
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
  // The memory cgroup, since a container of libvirt's wants one.
  return run(['bash', enter, '-m', '-r', tree, ...shared, '--', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Where the dependencies really are; a sandbox sees them there, or does not. */
export const modules = () => realpathSync(path.join(root, 'node_modules'));
