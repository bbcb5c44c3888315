// check.mjs NPM MODULES [--build] TARBALL...   Installs the tarballs in an empty folder without network, and uses the package as its
// users do. Needs Node.js and libvirt's library; NPM is npm's program, MODULES the folder that has TypeScript, esbuild and node-gyp.
// With --build also what the load error says to do where there is no binary, which needs a compiler. Prints the steps as JSON.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , npm, modules, ...rest] = process.argv;
const build = rest[0] === '--build';
const tarballs = build ? rest.slice(1) : rest;

const folder = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-package-'));
const home = path.join(folder, 'home');
const app = path.join(folder, 'app');
const own = path.join(app, 'node_modules/libvirt-napi');
const LINE = 'machine test RUNNING';

/** Nothing of the developer's: no settings of npm, no addon by name. */
const env = { ...process.env, HOME: home, npm_config_userconfig: path.join(home, 'npmrc'), npm_config_cache: home };
delete env.LIBVIRT_NAPI_BINARY;

function run(args, more = {}) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: app,
    encoding: 'utf8',
    env,
    ...more,
  });
  return { status, text: `${stdout}${stderr}${error?.message ?? ''}`.trim() };
}

function succeed(args, more) {
  const { status, text } = run(args, more);
  if (status !== 0) throw new Error(`it ended with ${status}: ${text}`);
  return text;
}

function expect(found, wanted) {
  if (found !== wanted) throw new Error(`${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

const runs = (file, more) => expect(succeed([file], more), LINE);

function compiles(name, files, options) {
  const config = {
    files,
    compilerOptions: {
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [path.join(modules, '@types')],
      ...options,
    },
  };
  const file = path.join(app, `tsconfig.${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  expect(succeed([path.join(modules, 'typescript/bin/tsc'), '-p', file]), '');
}

function bundle(entry, out, options) {
  const { buildSync } = createRequire(path.join(modules, 'esbuild/package.json'))('esbuild');
  const { warnings } = buildSync({
    entryPoints: [entry],
    outfile: out,
    bundle: true,
    platform: 'node',
    absWorkingDir: app,
    logLevel: 'silent',
    ...options,
  });
  expect(warnings.map(({ text }) => text).join(), '');
}

const steps = {
  'installs without network': () => {
    mkdirSync(home, { recursive: true });
    cpSync(path.join(path.dirname(fileURLToPath(import.meta.url)), 'users'), app, { recursive: true });
    for (const name of ['typed.mts', 'typed.cts']) cpSync(path.join(app, 'typed.ts'), path.join(app, name));
    writeFileSync(path.join(app, 'package.json'), '{ "name": "app", "private": true }');
    succeed([npm, 'install', '--offline', '--no-audit', '--no-fund', ...tarballs]);
  },
  'runs no script and compiles nothing': () => {
    const { packages } = JSON.parse(readFileSync(path.join(app, 'package-lock.json'), 'utf8'));
    const scripted = Object.entries(packages).filter(([, one]) => one.hasInstallScript);
    expect(scripted.map(([name]) => name).join(), '');
    expect(existsSync(path.join(own, 'build')), false);
  },
  CommonJS: () => runs('commonjs.cjs'),
  'ES modules': () => runs('module.mjs'),
  'worker threads': () => runs('workers.mjs'),
  // Once with all declarations checked; how they are found is what differs.
  'TypeScript nodenext': () =>
    compiles('nodenext', ['typed.mts', 'typed.cts'], { module: 'nodenext', skipLibCheck: false }),
  'TypeScript bundler': () => compiles('bundler', ['typed.ts'], { module: 'esnext', moduleResolution: 'bundler' }),
  'TypeScript node10': () =>
    compiles('node10', ['typed.ts'], { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' }),
  'esbuild, the package external': () => {
    bundle('module.mjs', 'external.mjs', { format: 'esm', external: ['libvirt-napi', 'libvirt-napi/*'] });
    runs('external.mjs');
  },
  'esbuild, only the addon external': () => {
    bundle('commonjs.cjs', 'elsewhere/whole.cjs', { format: 'cjs' });
    const binary = path.join(own, `prebuilds/${process.platform}-${process.arch}/libvirt.node`);
    runs('elsewhere/whole.cjs', { env: { ...env, LIBVIRT_NAPI_BINARY: binary } });
  },
  'where there is no binary the error has one command that makes it': () => {
    renameSync(path.join(own, 'prebuilds'), path.join(own, 'none'));
    const { status, text } = run(['commonjs.cjs']);
    expect(status, 1);
    const [, command] = /^Build it with: (.*)$/m.exec(text) ?? [];
    expect(command, `npx node-gyp rebuild --directory "${own}"`);
    if (!build) return undefined;
    // npx takes what is installed here before it asks the network.
    const bin = path.join(app, 'node_modules/.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(path.join(modules, 'node-gyp/bin/node-gyp.js'), path.join(bin, 'node-gyp'));
    const npx = path.join(path.dirname(npm), 'npx-cli.js');
    const start = performance.now();
    succeed([
      '-e',
      `process.exit(require('child_process').spawnSync(${JSON.stringify(command.replace(/^npx/, `"${process.execPath}" "${npx}"`))}, { shell: true, stdio: 'inherit' }).status)`,
    ]);
    runs('commonjs.cjs');
    return `made in ${Math.round((performance.now() - start) / 1000)} s`;
  },
};

const results = [];
for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  try {
    const found = step();
    results.push({ name, ok: true, found, ms: Math.round(performance.now() - start) });
  } catch (error) {
    results.push({ name, ok: false, found: String(error.message ?? error) });
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(results));
