// clang-tidy over the native code: two files at a time, and none again whose text and includes are as they were.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linkTree, nodeGyp } from './build.mjs';
import { filesOf, fingerprint, output, root } from './util.mjs';

const memory = path.join(root, 'build/lint/tidy.json');

/** @returns {Promise<{ status: number, text: string }>} */
export async function tidy(clangTidy) {
  const commands = compileCommands();
  const { text: version } = await output([clangTidy, '--version']);
  const seen = remembered();
  const good = {};
  const failures = [];

  const waiting = commands.map((command) => command.file);
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const { command } = commands.find((entry) => entry.file === file);
      const key = fingerprint(['.clang-tidy', 'tools/stub.mjs', ...closure(file)].filter(isThere), version, command);
      if (seen[file] === key) {
        good[file] = key;
        continue;
      }
      const { status, text } = await output([clangTidy, '--quiet', '-p', 'build/lint', file]);
      if (status === 0) good[file] = key;
      else failures.push(text);
    }
  };
  await Promise.all([work(), work()]);
  writeFileSync(memory, JSON.stringify(good, undefined, 2));
  return { status: failures.length > 0 ? 1 : 0, text: [...new Set(failures.flatMap(diagnostics))].join('') };
}

/** What was found, one by one: a header's are the same in each file that includes it, but for the way there. */
function diagnostics(text) {
  return text
    .replaceAll(/^\d+ warnings?( and \d+ errors?)? (generated|treated as errors?)\.?\n/gm, '')
    .replaceAll(/\/[\w-]+\/\.\.\//g, '/')
    .split(/^(?=\S+:\d+:\d+: (?:error|warning): )/m);
}

const isThere = (file) => filesOf(file).length > 0;

function remembered() {
  try {
    return JSON.parse(readFileSync(memory, 'utf8'));
  } catch {
    return {};
  }
}

/** A file and all that it includes between quotation marks, as far as that is ours. */
function closure(file, found = new Set()) {
  if (found.has(file) || !isThere(file)) return found;
  found.add(file);
  for (const [, name] of readFileSync(path.join(root, file), 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
    for (const from of [path.dirname(file), 'src']) closure(path.join(from, name), found);
  }
  return found;
}

// gyp knows the flags. It is asked for them in the strict tree, whose links to the sources are then taken away.
function compileCommands() {
  const tree = path.join(root, 'build/strict');
  linkTree('build/strict');
  nodeGyp('build/strict', ['configure', '--', '-Dstrict=1', '-f', 'compile_commands_json']);
  const listed = JSON.parse(readFileSync(path.join(tree, 'build/Release/compile_commands.json'), 'utf8'));
  const commands = listed
    .filter(({ file }) => file.startsWith(`${tree}/src/`) && file.endsWith('.cc'))
    .map(({ command, file }) => ({
      directory: tree,
      file: path.relative(tree, file),
      command: command.replaceAll(`${tree}/src`, path.join(root, 'src')),
    }));
  mkdirSync(path.dirname(memory), { recursive: true });
  const absolute = commands.map((entry) => ({ ...entry, file: path.join(root, entry.file) }));
  writeFileSync(path.join(path.dirname(memory), 'compile_commands.json'), JSON.stringify(absolute, undefined, 2));
  return commands;
}
