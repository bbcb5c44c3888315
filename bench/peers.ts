// Who is measured, and what each needs. What cannot be had says why; nothing is installed on the machine.
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { lastLine, type Place } from './place.js';

export type PeerId = 'c' | 'c-loop' | 'python' | 'unraid' | 'raw' | 'facade';

export interface Peer {
  readonly id: PeerId;
  readonly title: string;
  readonly command: readonly string[];
  /** Why it is not here. */
  readonly missing?: string;
}

const root = resolve(__dirname, '../../..');
const sources = join(root, 'bench/clients');
const compiled = join(__dirname, 'clients');
const unraid = { name: '@unraid/libvirt', version: '2.2.1' };

/** Those of the peers that can be made without a place to run in: what must be there before a test bed copies the machine. */
export interface Prepared {
  readonly c: string | Error;
  readonly unraid: string | Error;
}

export function prepare(): Prepared {
  return { c: attempt(compileC), unraid: attempt(installUnraid) };
}

export async function peersIn(place: Place, prepared: Prepared): Promise<Peer[]> {
  const node = (file: string, ...args: string[]): string[] => [process.execPath, join(compiled, file), ...args];
  const python = place.noDaemon === undefined ? '/usr/bin/python3' : 'python3';
  const noPython = await place.complaint(python, ['-c', 'import libvirt']);
  return [
    peer('c', 'C', prepared.c, (path) => [path]),
    peer('c-loop', 'C, event loop', prepared.c, (path) => [path, 'loop']),
    peer('python', 'libvirt-python', noPython === undefined ? python : new Error(noPython), (path) => [
      path,
      join(sources, 'client.py'),
    ]),
    peer('unraid', unraid.name, prepared.unraid, (path) => node('unraid.js', path)),
    { id: 'raw', title: 'ours, raw', command: node('raw.js') },
    { id: 'facade', title: 'ours, facade', command: node('facade.js') },
  ];
}

function peer(id: PeerId, title: string, path: string | Error, command: (path: string) => readonly string[]): Peer {
  return path instanceof Error
    ? { id, title, command: [], missing: path.message }
    : { id, title, command: command(path) };
}

function attempt(action: () => string): string | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} failed: ${lastLine(stderr) || lastLine(stdout)}`);
  return stdout;
}

function compileC(): string {
  const output = join(root, 'build/bench/client');
  const flags = run('pkg-config', ['--cflags', '--libs', 'libvirt']).trim().split(/\s+/);
  run(process.env['CC'] ?? 'cc', ['-O2', '-pthread', '-o', output, join(sources, 'client.c'), ...flags]);
  return output;
}

/**
 * Into a cache of its own, not into the project. Without its install script, which looks for a binary on the network; the
 * project's node-gyp compiles the same sources.
 */
function installUnraid(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'libvirt-napi/bench');
  const dir = join(cache, `unraid-${unraid.version}-node${process.versions.modules}`);
  const installed = join(dir, 'node_modules', unraid.name);
  if (existsSync(dir)) return installed;

  const made = `${dir}.${process.pid}`;
  console.error(`bench: installing ${unraid.name} ${unraid.version} into ${cache} (once)`);
  mkdirSync(made, { recursive: true });
  try {
    writeFileSync(join(made, 'package.json'), '{ "private": true }\n');
    const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
    run('npm', ['install', ...options, `${unraid.name}@${unraid.version}`], { cwd: made });
    const headers = resolve(dirname(process.execPath), '..');
    const nodedir = existsSync(join(headers, 'include/node/node_api.h')) ? [`--nodedir=${headers}`] : [];
    const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
    run(process.execPath, [gyp, 'rebuild', ...nodedir], {
      cwd: join(made, 'node_modules', unraid.name),
      env: { ...process.env, MAKEFLAGS: '' },
    });
    renameSync(made, dir);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
  for (const name of readdirSync(cache)) {
    if (join(cache, name) !== dir) rmSync(join(cache, name), { recursive: true, force: true });
  }
  return installed;
}
