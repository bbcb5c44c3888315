// Set-up, then the addon and the TypeScript, each only when something that decides it has changed.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alone } from './alone.mjs';
import { setup } from './setup.mjs';
import { Stop, filesOf, fingerprint, flags, main, packageBinary, root, run, seconds } from './util.mjs';

/**
 * A kind of build is a tree of its own where it changes how every file is compiled: otherwise going from one kind to
 * the other and back compiles everything each time. node-gyp knows one build directory, `build` beside binding.gyp, so
 * such a tree has links to the sources.
 */
const kinds = {
  release: { tree: '.', output: 'build/Release/libvirt.node', options: [], defines: [] },
  debug: { tree: '.', output: 'build/Debug/libvirt.node', options: ['--debug'], defines: [] },
  strict: {
    tree: 'build/strict',
    output: 'build/strict/build/Release/libvirt.node',
    options: [],
    defines: ['-Dstrict=1'],
  },
  asan: {
    tree: 'build/asan',
    output: 'build/asan/build/Release/libvirt.node',
    options: [],
    defines: ['-Daddress_sanitizer=1'],
  },
};

/** The addon that a kind of build makes: what LIBVIRT_NAPI_BINARY may name. */
export function binaryOf(kind) {
  return path.join(root, kinds[kind].output);
}

const nativeSources = () => filesOf('src', 'binding.gyp', 'tools/stub.mjs', 'node_modules/node-addon-api/package.json');
const scriptSources = () => filesOf('lib', 'tsconfig.json', 'node_modules/typescript/package.json');

const isCI = () => Boolean(process.env.CI) && process.env.CI !== 'false';

/**
 * An addon that LIBVIRT_NAPI_BINARY names takes the place of the one that would be built.
 *
 * @param {{ debug?: boolean, asan?: boolean, strict?: boolean }} options CI is strict by itself
 */
export async function build({ debug = false, asan = false, strict = isCI() } = {}) {
  setup();
  await alone(() => {
    if (asan) buildNative('asan');
    else if (debug) buildNative('debug');
    else if (!process.env.LIBVIRT_NAPI_BINARY) {
      if (strict) buildStrict();
      else buildNative('release');
    }
    buildScripts();
  });
}

function buildNative(kind) {
  const { tree, output, options, defines } = kinds[kind];
  const { CXX, CPPFLAGS, CXXFLAGS, LDFLAGS } = process.env;
  const sources = nativeSources();
  const print = fingerprint(sources, process.version, process.arch, { CXX, CPPFLAGS, CXXFLAGS, LDFLAGS });
  if (isCurrent(kind, print, [output])) return print;

  const start = performance.now();
  if (tree !== '.') linkTree(tree);
  nodeGyp(tree, ['configure', ...options, '--', ...defines]);
  nodeGyp(tree, ['build', ...options, '-j', '2']);
  if (!existsSync(path.join(root, output))) throw new Stop(`node-gyp made no ${output}`);
  stamp(kind, print);
  console.error(`built ${output} in ${seconds(start)}`);
  return print;
}

// What strict flags let pass is what other flags would have made, so the plain build need not be made again.
function buildStrict() {
  const print = buildNative('strict');
  const { output } = kinds.release;
  if (isCurrent('release', print, [output])) return;
  mkdirSync(path.dirname(binaryOf('release')), { recursive: true });
  // A process may have the old file mapped: it keeps it, and the new one is another file.
  rmSync(binaryOf('release'), { force: true });
  copyFileSync(binaryOf('strict'), binaryOf('release'));
  stamp('release', print);
}

/** Makes a tree with links to the sources. */
export function linkTree(tree) {
  mkdirSync(path.join(root, tree), { recursive: true });
  for (const name of ['binding.gyp', 'package.json', 'src', 'tools', 'node_modules']) {
    const link = path.join(root, tree, name);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, name)), link);
  }
}

/** Runs node-gyp in a tree: quiet, but for what compiler and linker have to say. */
export function nodeGyp(tree, args) {
  const headers = path.resolve(process.execPath, '../..');
  // Headers that came with this Node save a download.
  const local = existsSync(path.join(headers, 'include/node/node_api.h')) ? [`--nodedir=${headers}`] : [];
  const command = [
    process.execPath,
    packageBinary('node-gyp', 'bin/node-gyp.js'),
    '--loglevel=error',
    ...local,
    ...args,
  ];
  // Make's own flags would come through from a make that called us, and its job server with them.
  const env = { ...process.env, MAKEFLAGS: '' };
  const status = run(command, { cwd: path.join(root, tree), env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Stop('The native code could not be compiled.');
}

function buildScripts() {
  const sources = scriptSources();
  const print = fingerprint(sources);
  const outputs = sources.filter((file) => file.startsWith('lib/')).flatMap(outputsOf);
  if (isCurrent('dist', print, outputs)) return;

  const start = performance.now();
  compile('tsconfig.json');
  for (const file of filesOf('dist')) {
    if (!outputs.includes(file)) rmSync(path.join(root, file));
  }
  stamp('dist', print);
  console.error(`built dist in ${seconds(start)}`);
}

/** Runs the TypeScript compiler over a project. Inside `alone()`: several write the same files. */
export function compile(project) {
  const status = run([process.execPath, packageBinary('typescript', 'bin/tsc'), '-p', project]);
  if (status !== 0) throw new Stop(`The TypeScript of ${project} could not be compiled.`);
}

function outputsOf(source) {
  if (!source.endsWith('.ts') || source.endsWith('.d.ts')) return [];
  const stem = source.replace(/^lib/, 'dist').replace(/\.ts$/, '');
  return [`${stem}.js`, `${stem}.d.ts`];
}

const stampFile = (name) => path.join(root, 'build/stamps', name);

function isCurrent(name, print, outputs) {
  if (!existsSync(stampFile(name)) || readFileSync(stampFile(name), 'utf8') !== print) return false;
  return outputs.every((file) => existsSync(path.join(root, file)));
}

function stamp(name, print) {
  mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), print);
}

await main(import.meta.url, async (args) => {
  const given = flags(args, ['--debug', '--asan', '--strict']);
  const strict = given.has('--strict') ? { strict: true } : {};
  await build({ debug: given.has('--debug'), asan: given.has('--asan'), ...strict });
});
