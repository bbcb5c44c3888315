// Stub libraries to link the addon with: libvirt's sonames and public functions, no code, no symbol versions.
// A link with the real libraries would record their symbol versions, and the loader would then refuse every older libvirt.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const list = fileURLToPath(new URL('../src/generated/functions.tsv', import.meta.url));

/** @returns {Map<string, string[]>} each library's functions */
function functionsByLibrary() {
  const [, ...rows] = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const libraries = new Map();
  for (const row of rows) {
    const [name, library] = row.split('\t');
    libraries.set(library, [...(libraries.get(library) ?? []), name]);
  }
  return libraries;
}

/** $CC may carry a launcher and options: `ccache gcc`, `gcc -m32`. */
function compile(source, soname, output) {
  const [compiler, ...options] = (process.env.CC || 'cc').split(/\s+/).filter((word) => word !== '');
  const args = [
    ...options,
    '-shared',
    '-fPIC',
    '-nostdlib',
    '-w',
    `-Wl,-soname,${soname}`,
    '-x',
    'c',
    source,
    '-o',
    output,
  ];
  const { status, error } = spawnSync(compiler, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new Error(`cannot run the C compiler ${compiler}: ${error.message}`);
  if (status !== 0) throw new Error(`the C compiler ${compiler} could not make ${soname}`);
}

const [directory, ...others] = process.argv.slice(2);
if (directory === undefined || others.length > 0) {
  console.error('usage: node tools/stub.mjs OUTDIR');
  process.exit(2);
}
try {
  mkdirSync(directory, { recursive: true });
  for (const [library, functions] of functionsByLibrary()) {
    const soname = `${library}.so.0`;
    const source = join(directory, `${library}.c`);
    writeFileSync(source, functions.map((name) => `void ${name}(void) {}\n`).join(''));
    compile(source, soname, join(directory, soname));
    rmSync(source);
  }
} catch (error) {
  console.error(`stub libraries: ${error.message}`);
  process.exitCode = 1;
}
