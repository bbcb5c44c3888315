import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LoadError, explainLoadFailure } from '../lib/load.js';
import { native } from '../lib/native.js';
import { Scratch } from './helpers.js';

const root = path.join(__dirname, '..');
const addon = path.join(root, 'build/Release/libvirt.node');
const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

/** What the package says to a program of its own that loads it with this binary; none: with what it finds itself. */
function load(
  binary: string,
  home = root,
): { status: number | null; name: string; code: string; message: string; cause: string } {
  const program = `try { require(${JSON.stringify(path.join(home, 'dist/index.js'))}); console.log('{}'); }
    catch (error) {
      const { name, code, message, cause } = error;
      console.log(JSON.stringify({ name, code, message, cause: String(cause?.message) }));
      process.exitCode = 7;
    }`;
  const run = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...process.env, LIBVIRT_NAPI_BINARY: binary },
  });
  expect(run.stderr).toBe('');
  return { status: run.status, ...(JSON.parse(run.stdout) as Omit<ReturnType<typeof load>, 'status'>) };
}

describe('loading', () => {
  it('takes the binary that LIBVIRT_NAPI_BINARY names', () => {
    const copy = scratch.file('copy.node');
    writeFileSync(copy, readFileSync(addon));
    expect(load(copy)).toEqual({ status: 0 });
    expect(load('')).toEqual({ status: 0 });
  });

  it('says that there is no binary, for what, and how to build one', () => {
    const bare = scratch.file('bare');
    cpSync(path.join(root, 'dist'), path.join(bare, 'dist'), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(bare, 'node_modules'));
    const failed = load('', bare);
    expect(failed).toMatchObject({ status: 7, name: 'LoadError', code: 'ERR_LIBVIRT_LOAD' });
    const platform = `${process.platform}-${process.arch}`;
    expect(failed.message).toContain(`no binary of the addon for ${platform} with Node.js ${process.versions.node}.`);
    expect(failed.message).toContain(`npx node-gyp rebuild --directory "${bare}"`);
    expect(failed.message).toContain(`looked in build/Release, build/Debug, prebuilds/${platform}`);
    expect(failed.cause).toMatch(/^Could not locate the bindings file/);
    // There it is looked for, too.
    for (const place of [`prebuilds/${platform}`, 'build/Release']) {
      mkdirSync(path.join(bare, place), { recursive: true });
      copyFileSync(addon, path.join(bare, place, 'libvirt.node'));
      expect(load('', bare)).toEqual({ status: 0 });
      rmSync(path.join(bare, place), { recursive: true });
    }
  });

  it('says so of a binary that is named and not there', () => {
    const failed = load(scratch.file('nowhere.node'));
    expect(failed).toMatchObject({ status: 7, name: 'LoadError', code: 'ERR_LIBVIRT_LOAD' });
    expect(failed.message).toMatch(/no binary/);
  });

  it('quotes the loader when the binary is none', () => {
    const garbage = scratch.file('garbage.node');
    writeFileSync(garbage, 'no ELF at all, however long it is '.repeat(100));
    const failed = load(garbage);
    expect(failed).toMatchObject({ status: 7, name: 'LoadError' });
    expect(failed.message).toContain(failed.cause);
    expect(failed.cause).toMatch(/invalid ELF header|file too short/);
    expect(failed.message).not.toMatch(/not installed|no binary/);
  });

  it('says that libvirt is missing, and how to install it', () => {
    // The addon wants this library at a place where none is: to the loader, a machine without libvirt.
    const bytes = readFileSync(addon);
    const at = bytes.indexOf('libvirt-qemu.so.0\0');
    expect(at).toBeGreaterThan(0);
    bytes.write('./no/libvirt.so.0', at);
    const patched = scratch.file('patched.node');
    writeFileSync(patched, bytes);
    const failed = load(patched);
    expect(failed).toMatchObject({ status: 7, name: 'LoadError', code: 'ERR_LIBVIRT_LOAD' });
    expect(failed.cause).toMatch(/libvirt\.so\.0: cannot open shared object file/);
    expect(failed.message).toContain(`libvirt is not installed (${failed.cause})`);
    for (const [system, install] of [
      ['Debian, Ubuntu', 'apt-get install libvirt0'],
      ['Fedora', 'dnf install libvirt-libs'],
      ['Alpine', 'apk add libvirt-libs'],
      ['Arch', 'pacman -S libvirt'],
      ['openSUSE', 'zypper install libvirt-libs'],
      ['macOS', 'brew install libvirt'],
    ]) {
      expect(failed.message).toMatch(new RegExp(`${system ?? ''}.* ${install ?? ''}`));
    }
  });

  it('says that libvirt is too old', () => {
    // The addon wants a function under a name that no libvirt has.
    const bytes = readFileSync(addon);
    const at = bytes.indexOf('\0virDomainGetInfo\0');
    expect(at).toBeGreaterThan(0);
    bytes.write('virDomainGetOmen', at + 1);
    const patched = scratch.file('newer.node');
    writeFileSync(patched, bytes);
    const failed = load(patched);
    expect(failed).toMatchObject({ status: 7, name: 'LoadError', code: 'ERR_LIBVIRT_LOAD' });
    expect(failed.cause).toMatch(/undefined symbol: virDomainGetOmen/);
    expect(failed.message).toMatch(/the libvirt of this machine is older than 7\.0/);
  });
});

function asLinked(): void {
  const readelf = (...options: string[]): string => {
    const { stdout, stderr, status } = spawnSync('readelf', ['-W', ...options, addon], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout;
  };

  it('asks for libvirt by its sonames, and for no version of its symbols', () => {
    const dynamic = readelf('-d');
    for (const library of ['libvirt.so.0', 'libvirt-qemu.so.0', 'libvirt-lxc.so.0', 'libvirt-admin.so.0'])
      expect(dynamic).toContain(`Shared library: [${library}]`);
    const versions = readelf('-V');
    expect(versions).toContain('GLIBC_2.');
    expect(versions).not.toMatch(/LIBVIRT_/);
    const symbols = readelf('--dyn-syms');
    expect(symbols).toMatch(/ UND virDomainCreate$/m);
    expect(symbols).not.toMatch(/ UND vir\w+@/);
  });

  it('stays loaded when the worker that loaded it has ended', () => {
    expect(readelf('-d')).toMatch(/FLAGS_1\).*\bNODELETE\b/);
  });
}

// What the linker is told for Linux alone.
if (process.platform === 'linux') describe('the binary', asLinked);
else describe.skip(`the binary [skipped: it is of Linux, and this is ${process.platform}]`, asLinked);

describe('explainLoadFailure', () => {
  // The suites may run on an addon that was named; what is explained here is a package that looks for its own.
  const named = process.env['LIBVIRT_NAPI_BINARY'];
  beforeAll(() => {
    delete process.env['LIBVIRT_NAPI_BINARY'];
  });
  afterAll(() => {
    if (named !== undefined) process.env['LIBVIRT_NAPI_BINARY'] = named;
  });

  it.each([
    'libvirt.so.0: cannot open shared object file: No such file or directory',
    'libvirt-qemu.so.0: cannot open shared object file: No such file or directory',
    'Error loading shared library libvirt.so.0: No such file or directory (needed by /x/libvirt.node)',
    "dlopen(/x/libvirt.node): Library not loaded: libvirt.0.dylib\n  Reason: tried: '/x' (image not found)",
  ])('knows that libvirt is missing: %s', (text) => {
    expect(explainLoadFailure(new Error(text), 'any')).toMatch(/libvirt is not installed/);
  });

  it.each([
    '/x/libvirt.node: undefined symbol: virDomainGetMessages',
    '/x/libvirt.node: undefined symbol: virDomainGetMessages, version LIBVIRT_7.1.0',
    'Error relocating /x/libvirt.node: virDomainGetMessages: symbol not found',
    'dlopen(/x/libvirt.node, 0x0001): Symbol not found: _virDomainGetMessages',
  ])('knows that libvirt is too old: %s', (text) => {
    const message = explainLoadFailure(new Error(text), 'any');
    expect(message).toMatch(/the libvirt of this machine is older than 7\.0/);
    expect(message).toContain(text);
    expect(message).not.toMatch(/another C library|no binary|not installed/);
  });

  it.each([
    'libxml2.so.2: cannot open shared object file: No such file or directory',
    '/x/libvirt.node: undefined symbol: virtualMemory',
    'Module did not self-register',
  ])('quotes what is anything else: %s', (text) => {
    const message = explainLoadFailure(new Error(text), 'any');
    expect(message).toContain(text);
    expect(message).not.toMatch(/libvirt is not installed|no binary/);
  });

  it.each([
    "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /x/libvirt.node)",
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.31' not found (required by /x/libvirt.node)",
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /x/libvirt.node)',
    'Error relocating /x/libvirt.node: __sprintf_chk: symbol not found',
  ])('says how to build one that fits the system: %s', (text) => {
    const message = explainLoadFailure(new Error(text), 'any');
    expect(message).toContain(text);
    expect(message).toContain(`Build it with: npx node-gyp rebuild --directory "${root}"`);
    expect(message).not.toMatch(/libvirt is not installed|no binary/);
  });

  it.each([undefined, null, 'text', 5, {}])('says something of %p too', (error) => {
    expect(explainLoadFailure(error, 'any')).toMatch(/^libvirt-napi: /);
  });

  it('takes what bindings found nowhere for a missing binary', () => {
    const error = new Error('Could not locate the bindings file. Tried:\n → /x');
    expect(explainLoadFailure(error, 'plan9-mips')).toMatch(/no binary of the addon for plan9-mips/);
    expect(new LoadError('text')).toMatchObject({ name: 'LoadError', code: 'ERR_LIBVIRT_LOAD' });
    expect(native.runtime.functions().length).toBeGreaterThan(0);
  });
});
