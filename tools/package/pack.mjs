/** The tarball that users install, and those of what it depends on, so that installing needs no network. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Stop, packageBinary, root, which } from '../util.mjs';

const readPackage = (folder) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

/** npm's own program, to be run by any Node.js. */
export function npmProgram() {
  const npm = which('npm');
  if (npm === undefined) throw new Stop('npm is not in PATH');
  return realpathSync(npm);
}

/** What npm packs whatever `files` says. */
const ALWAYS = ['package.json', 'README.md', 'LICENSE'];

/**
 * Packs the tree with this binary as the prebuilt one.
 * @returns {{ tarball: string, others: string[], size: number, files: string[] }} of the package; the others are its dependencies'
 */
export function pack(binary, to) {
  const stage = path.join(to, 'stage');
  for (const name of [...ALWAYS, ...readPackage(root).files]) {
    if (name !== 'prebuilds' && existsSync(path.join(root, name))) {
      cpSync(path.join(root, name), path.join(stage, name), { recursive: true, dereference: true });
    }
  }
  const place = path.join(stage, `prebuilds/${process.platform}-${process.arch}/libvirt.node`);
  mkdirSync(path.dirname(place), { recursive: true });
  cpSync(binary, place);

  const folders = [stage, ...dependencies(root).map((name) => packageBinary(name, ''))];
  const args = [
    npmProgram(),
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    '--pack-destination',
    to,
    ...folders,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: to, maxBuffer: 64e6 });
  if (status !== 0) throw new Stop(`npm pack failed:\n${stderr}`);
  const packed = JSON.parse(stdout);
  const [own, ...others] = Array.isArray(packed) ? packed : Object.values(packed);
  return {
    tarball: path.join(to, own.filename),
    others: others.map(({ filename }) => path.join(to, filename)),
    size: own.size,
    files: own.files.map((file) => file.path),
  };
}

/** The names of all that a package needs at run time, directly or not. */
function dependencies(folder, found = new Set()) {
  for (const name of Object.keys(readPackage(folder).dependencies ?? {})) {
    if (!found.has(name)) dependencies(packageBinary(name, ''), found.add(name));
  }
  return [...found];
}
