import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scratch } from './helpers.js';

// The quick part of `npm run test:package`: packed from the tree, with the addon that was built here in the place of the one that
// ships, and used in an empty folder of this machine.

const root = path.join(__dirname, '..');
const addon = path.join(root, 'build/Release/libvirt.node');
const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

interface Packed {
  tarball: string;
  others: string[];
  size: number;
  files: string[];
}

interface Step {
  name: string;
  ok: boolean;
  found?: string;
}

/** Runs a program of modules, which jest's CommonJS cannot import, and gives what it printed as JSON. */
function run(...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: scratch.path });
  if (status !== 0) throw new Error(`it ended with ${String(status)}: ${stderr}`);
  return JSON.parse(stdout);
}

function call(module: string, name: string, ...args: unknown[]): unknown {
  const code = `import { ${name} } from ${JSON.stringify(pathToFileURL(path.join(root, 'tools', module)).href)};
    console.log(JSON.stringify((await ${name}(...JSON.parse(process.argv[1]))) ?? null));`;
  return run('--input-type=module', '-e', code, JSON.stringify(args));
}

describe('the scripts', () => {
  it('make the binary that ships for `npm run prebuild` and not for every `npm run build`', () => {
    // npm runs `prebuild` before `build`, so what works is in the hook of the hook, and `prebuild` itself does nothing.
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts).toMatchObject({ preprebuild: 'node tools/prebuild.mjs', prebuild: 'node -e 0' });
  });

  it('run nothing when the package is installed', () => {
    const text = readFileSync(path.join(root, 'package.json'), 'utf8');
    const { scripts, gypfile } = JSON.parse(text) as { scripts: Record<string, string>; gypfile: boolean };
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toHaveProperty(name);
    // With a binding.gyp and no install script npm compiles by itself.
    expect(gypfile).toBe(false);
  });
});

describe('the binary that ships', () => {
  const fit = { glibc: '2.31', glibcxx: '3.4.28', libvirt: [], stripped: true };

  it.each([
    [{}, []],
    [{ glibc: '2.4', glibcxx: '3.4.9' }, []],
    [{ glibc: 'none', glibcxx: 'none' }, []],
    [{ glibc: '2.32' }, ['it asks for glibc 2.32, and Debian 11 has 2.31']],
    [{ glibc: '2.100' }, ['it asks for glibc 2.100, and Debian 11 has 2.31']],
    [{ glibcxx: '3.4.30' }, ['it asks for glibcxx 3.4.30, and Debian 11 has 3.4.28']],
    [{ libvirt: ['7.2.0'] }, ['it asks for symbol versions of libvirt: 7.2.0']],
    [{ stripped: false }, ['it is not stripped']],
  ])('asks for no more than the oldest system has: %j', (found, wrong) => {
    expect(call('prebuild.mjs', 'complaints', { ...fit, ...found })).toEqual(wrong);
  });
});

describe('the packed tarball', () => {
  let packed: Packed;
  let stripped: string;
  beforeAll(() => {
    stripped = scratch.file('libvirt.node');
    expect(spawnSync('strip', ['--strip-all', addon, '-o', stripped]).status).toBe(0);
    packed = call('package/pack.mjs', 'pack', stripped, scratch.path) as Packed;
  }, 120_000);

  it('has what users need and nothing else', () => {
    const { files } = packed;
    const platform = `${process.platform}-${process.arch}`;
    for (const file of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/native.js',
      'dist/native.d.ts',
      `prebuilds/${platform}/libvirt.node`,
      'binding.gyp',
      'tools/stub.mjs',
      'src/addon.cc',
      'src/generated/functions.tsv',
    ]) {
      expect(files).toContain(file);
    }
    const strange = /^(dist\/.*\.(js|d\.ts)|src\/.*\.(cc|h|tsv)|prebuilds\/[\w-]+\/libvirt\.node)$/;
    const others = files.filter((file) => !strange.test(file));
    expect(others.sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'binding.gyp', 'package.json', 'tools/stub.mjs'].sort(),
    );
  });

  it('is under 2 MB', () => {
    expect(packed.size).toBeLessThan(2e6);
  });

  it('brings what runs or compiles it, and none of what makes it', () => {
    const names = packed.others.map((file) => path.basename(file).replace(/-\d.*/, ''));
    expect(names.sort()).toEqual(['bindings', 'file-uri-to-path', 'node-addon-api']);
  });

  it('has a binary for any libvirt', () => {
    expect(call('versions/elf.mjs', 'inspect', stripped)).toMatchObject({ libvirt: [], stripped: true });
    expect(call('versions/elf.mjs', 'inspect', addon)).toMatchObject({ libvirt: [], stripped: false });
    // A program that is linked as usual does ask for versions.
    expect(call('versions/elf.mjs', 'inspect', process.execPath)).toMatchObject({
      glibc: expect.stringMatching(/^2\.\d+$/),
      glibcxx: expect.stringMatching(/^3\.4/),
    });
  });

  it('resolves for every tool, and its types fit what it has', () => {
    const found = call('package/lint.mjs', 'lintPackage', packed.tarball) as Step[];
    expect(found.filter(({ ok }) => !ok)).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(['publint', 'attw']);
  }, 120_000);

  it('is installed and used in an empty folder without network', () => {
    const npm = call('package/pack.mjs', 'npmProgram') as string;
    const check = path.join(root, 'tools/package/check.mjs');
    const steps = run(check, npm, path.join(root, 'node_modules'), packed.tarball, ...packed.others) as Step[];
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.length).toBeGreaterThanOrEqual(11);
  }, 300_000);
});
