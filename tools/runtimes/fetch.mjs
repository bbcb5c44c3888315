/** Node.js in several releases, Bun and Deno, from the npm registry into the cache. Nothing of this is a dependency. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Stop, run } from '../util.mjs';
import { cache } from '../versions/system.mjs';

const arm = process.arch === 'arm64';
const nodePackage = `node-linux-${process.arch}`;

const node = (version) => ({
  name: `Node.js ${version}`,
  key: `node-${version}`,
  from: nodePackage,
  version,
  file: 'bin/node',
});

/** @typedef {{ name: string, key: string, from: string, version: string, file: string, args?: string[] }} Runtime */
/** @type {Runtime[]} what each is started with comes before the program; Deno asks for every right otherwise */
export const RUNTIMES = [
  node('20'),
  node('22'),
  node('24'),
  { ...node('latest'), name: 'Node.js, the newest' },
  { name: 'Bun', key: 'bun', from: `@oven/bun-linux-${arm ? 'aarch64' : 'x64'}`, version: 'latest', file: 'bin/bun' },
  {
    name: 'Deno',
    key: 'deno',
    from: `@deno/linux-${process.arch}-glibc`,
    version: 'latest',
    file: 'deno',
    args: ['run', '--allow-all'],
  },
];

/** Brings the newest that the version means; without network the one of an earlier run does. @returns {string} its path */
export function fetchRuntime({ name, key, from, version, file }) {
  const folder = path.join(path.dirname(cache), 'runtimes', key);
  const binary = path.join(folder, 'node_modules', from, file);
  mkdirSync(folder, { recursive: true });
  // npm would otherwise look for a package further up.
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  if (run([...install, `${from}@${version}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }) !== 0) {
    if (!existsSync(binary)) throw new Stop(`npm gave no ${from}@${version}`);
    console.error(`${name}: npm failed; going on with the one of an earlier run`);
  }
  return binary;
}
