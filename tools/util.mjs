// What the scripts in tools/ share. They run in a fresh clone, so nothing here needs node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A failure that needs no stack: what to print has been printed, or is the message. */
export class Stop extends Error {}

/** Runs a script's main function when the script was started as a command, not when it was imported. */
export async function main(url, run) {
  const [, started] = process.argv;
  if (!started || !existsSync(started) || realpathSync(started) !== fileURLToPath(url)) return;
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.message) console.error(error.message);
    process.exitCode = 1;
  }
}

/** The flags among `args`, each of which must be one of `known`. */
export function flags(args, known) {
  for (const arg of args) {
    if (!known.includes(arg)) throw new Stop(`unknown option ${arg}; known: ${known.join(' ')}`);
  }
  return new Set(args);
}

/** Where a command is, or undefined. Looking through PATH is faster than starting the command. */
export function which(name) {
  const directories = name.includes('/') ? [''] : (process.env.PATH ?? '').split(path.delimiter);
  return directories.map((directory) => path.join(directory, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A binary of a development dependency, to be run by this Node. */
export function packageBinary(name, file) {
  return path.join(root, 'node_modules', name, file);
}

/** Runs a command to its end and gives its exit code; its output goes where `stdio` says. */
export function run([command, ...args], options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options });
  if (error) throw new Stop(`${command}: ${error.message}`);
  if (signal) throw new Stop(`${command} was ended by ${signal}`);
  return status;
}

/** Runs a command and gives its exit code and all that it printed. */
export function output([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    }
    child.on('error', reject).on('close', (status, signal) => {
      resolve({ status: status ?? 1, text: signal ? `${text}\n${command} was ended by ${signal}` : text });
    });
  });
}

/** Every file below the given files and directories, relative to the root, sorted. Those that do not exist are left out. */
export function filesOf(...places) {
  const found = [];
  for (const place of places) {
    const full = path.join(root, place);
    if (!existsSync(full)) continue;
    if (!statSync(full).isDirectory()) {
      found.push(place);
      continue;
    }
    for (const entry of readdirSync(full, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) found.push(path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return found.sort();
}

/** A hash over the names and contents of files and over whatever else decides a result. */
export function fingerprint(files, ...others) {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
