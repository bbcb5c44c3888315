import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const script = path.join(__dirname, '../tools/setup.mjs');

interface Machine {
  missing: string[];
  tooOld?: string[];
  platform?: string;
  uid?: number;
  osRelease?: string;
  packageLists?: boolean;
}

interface Plan {
  run: string[][];
  say: string[];
}

interface Outcome {
  exit: number;
  printed: string[];
  ran: string[];
}

/** Calls what tools/setup.mjs exports in a Node of its own, because jest's modules are CommonJS. */
function inNode(body: string, input: unknown): unknown {
  const code = `import * as setup from ${JSON.stringify(pathToFileURL(script).href)};
    const input = JSON.parse(process.argv[1]);
    console.log(JSON.stringify((${body})(input)));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code, JSON.stringify(input)], { encoding: 'utf8' }),
  );
}

function decide(machine: Machine): Plan {
  return inNode('(machine) => setup.decide(machine)', { platform: 'linux', uid: 1000, ...machine }) as Plan;
}

/** Runs setup on a described machine, where a command succeeds unless named in `failing`, and brings what it installs. */
function setup(machine: Machine, { failing = [] as string[], stale = false } = {}): Outcome {
  return inNode(
    `({ machine, failing, stale }) => {
      const printed = [];
      const ran = [];
      let missing = machine.missing;
      const effects = {
        look: () => ({ ...machine, missing }),
        modulesAreStale: () => stale,
        print: (line) => printed.push(line),
        run: (words) => {
          const command = words.join(' ');
          ran.push(command);
          const at = failing.indexOf(command);
          if (at >= 0) return failing.splice(at, 1).length;
          if (command.includes('install')) missing = [];
          return 0;
        },
      };
      try {
        setup.setup({}, effects);
        return { exit: 0, printed, ran };
      } catch (error) {
        return { exit: 1, printed: [...printed, ...error.message.split('\\n')], ran };
      }
    }`,
    { machine: { platform: 'linux', uid: 1000, ...machine }, failing, stale },
  ) as Outcome;
}

const everything = ['compiler', 'make', 'python', 'pkgconfig', 'libvirt'];
const lintTools = ['clang-format', 'clang-tidy'];
const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';

describe('what set-up tells to install', () => {
  const rows: [name: string, osRelease: string, missing: string[], command: string][] = [
    [
      'Debian',
      debian,
      everything,
      'sudo apt-get install -y --no-install-recommends g++ make python3 pkg-config libvirt-dev',
    ],
    ['Debian, one thing', debian, ['libvirt'], 'sudo apt-get install -y --no-install-recommends libvirt-dev'],
    ['Debian, lint', debian, lintTools, 'sudo apt-get install -y --no-install-recommends clang-format clang-tidy'],
    ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\n', ['make'], 'sudo apt-get install -y --no-install-recommends make'],
    [
      'Mint',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
      ['make'],
      'sudo apt-get install -y --no-install-recommends make',
    ],
    ['Fedora', 'ID=fedora\n', everything, 'sudo dnf install gcc-c++ make python3 pkgconf-pkg-config libvirt-devel'],
    ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', ['libvirt'], 'sudo dnf install libvirt-devel'],
    ['Fedora, lint', 'ID=fedora\n', lintTools, 'sudo dnf install clang-tools-extra'],
    ['Alpine', 'ID=alpine\n', everything, 'sudo apk add g++ make python3 pkgconf libvirt-dev'],
    ['Arch', 'ID=arch\n', everything, 'sudo pacman -S --needed gcc make python pkgconf libvirt'],
    [
      'openSUSE',
      'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
      everything,
      'sudo zypper install gcc-c++ make python3 pkg-config libvirt-devel',
    ],
  ];
  it.each(rows)('%s', (_name, osRelease, missing, command) => {
    const { run, say } = decide({ missing, osRelease });
    expect(run).toEqual([]);
    expect(say.slice(1)).toEqual(['Install with:', `  ${command}`]);
  });

  it('names Homebrew and Apple tools on macOS, without sudo', () => {
    const { run, say } = decide({ missing: everything, platform: 'darwin' });
    expect(run).toEqual([]);
    expect(say.slice(2)).toEqual(['  xcode-select --install', '  brew install pkgconf libvirt']);
    expect(decide({ missing: ['libvirt'], platform: 'darwin' }).say.slice(2)).toEqual(['  brew install libvirt']);
  });

  it('names the things in words on an unknown system', () => {
    const { say } = decide({ missing: ['compiler', 'libvirt'], osRelease: 'ID=plan9\n' });
    expect(say).toEqual([
      'Missing: a C++20 compiler, the headers of libvirt 7.0 or later.',
      'Install it with the package manager of this system.',
    ]);
    expect(decide({ missing: ['make'], platform: 'freebsd', osRelease: debian }).say[0]).toBe('Missing: make.');
  });
});

describe('set-up', () => {
  it('prints the command, runs nothing and fails when it is not root', () => {
    const { exit, printed, ran } = setup({ missing: ['libvirt'], osRelease: debian, uid: 1000 });
    expect(exit).toBe(1);
    expect(ran).toEqual([]);
    expect(printed).toContain('  sudo apt-get install -y --no-install-recommends libvirt-dev');
  });

  it.each(['fedora', 'alpine', 'arch', 'opensuse'])('runs nothing on %s even as root', (id) => {
    const { exit, ran, printed } = setup({ missing: everything, osRelease: `ID=${id}\n`, uid: 0 });
    expect(exit).toBe(1);
    expect(ran).toEqual([]);
    expect(printed.join('\n')).not.toContain('sudo');
  });

  it('fails for what is too old, which no package of the system mends', () => {
    const { exit, printed, ran } = setup({ missing: ['make'], tooOld: ['compiler'], osRelease: debian, uid: 0 });
    expect(exit).toBe(1);
    expect(ran).toEqual([]);
    expect(printed[0]).toBe('Found, but too old: a C++20 compiler is needed.');
    expect(setup({ missing: [], tooOld: ['libvirt'], osRelease: debian, uid: 0 }).exit).toBe(1);
  });

  it('fails when a package cannot be installed even with new lists', () => {
    const install = 'apt-get install -y --no-install-recommends make';
    const machine = { missing: ['make'], osRelease: debian, uid: 0, packageLists: true };
    const { exit, ran } = setup(machine, { failing: [install, install] });
    expect(exit).toBe(1);
    expect(ran).toEqual([install, 'apt-get update', install]);
  });

  it('fails when npm does', () => {
    const command = 'npm ci --include=dev --no-audit --no-fund';
    expect(setup({ missing: [] }, { stale: true, failing: [command] }).exit).toBe(1);
  });

  it('shows each command and then runs it, as root on Debian', () => {
    const { exit, printed, ran } = setup({ missing: everything, osRelease: debian, uid: 0, packageLists: false });
    expect(exit).toBe(0);
    expect(ran).toEqual([
      'apt-get update',
      'apt-get install -y --no-install-recommends g++ make python3 pkg-config libvirt-dev',
    ]);
    expect(printed).toEqual(ran.map((command) => `> ${command}`));
  });

  it('installs node_modules when they are stale', () => {
    const { exit, printed, ran } = setup({ missing: [] }, { stale: true });
    expect(exit).toBe(0);
    expect(ran).toEqual(['npm ci --include=dev --no-audit --no-fund']);
    expect(printed).toEqual(['> npm ci --include=dev --no-audit --no-fund']);
  });

  it('is silent when nothing is to do', () => {
    expect(setup({ missing: [], osRelease: debian })).toEqual({ exit: 0, printed: [], ran: [] });
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('refuses an unknown option', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--lnit'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe('unknown option --lnit; known: --lint\n');
  });
});

describe('stale node_modules', () => {
  const lock = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/b': { version: '1.0.0', integrity: 'y', optional: true },
    },
  };
  const a = lock.packages['node_modules/a'];
  const rows: [name: string, installed: unknown, stale: boolean][] = [
    ['none at all', null, true],
    ['a package is missing', { packages: {} }, true],
    ['another version', { packages: { 'node_modules/a': { ...a, version: '1.0.1' } } }, true],
    ['other contents', { packages: { 'node_modules/a': { ...a, integrity: 'z' } } }, true],
    ['an optional one is missing', { packages: { 'node_modules/a': a } }, false],
    ['one more than wanted', { packages: { 'node_modules/a': a, 'node_modules/c': a } }, false],
  ];
  it.each(rows)('%s', (_name, installed, stale) => {
    expect(inNode('({ lock, installed }) => setup.isStale(lock, installed)', { lock, installed })).toBe(stale);
  });
});

describe('what set-up sees', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'setup-test-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function look(commands: Record<string, string>): { missing: string[]; tooOld: string[] } {
    const bin = mkdtempSync(path.join(directory, 'bin-'));
    for (const [name, body] of Object.entries(commands)) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    }
    const code = `import { look } from ${JSON.stringify(pathToFileURL(script).href)};
      console.log(JSON.stringify(look({ lint: true })));`;
    const env = { PATH: bin };
    return JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env }),
    ) as { missing: string[]; tooOld: string[] };
  }

  it('misses everything on a bare machine', () => {
    const { missing, tooOld } = look({});
    expect(missing.sort()).toEqual([...everything, ...lintTools].sort());
    expect(tooOld).toEqual([]);
  });

  it('tells a compiler without C++20 and a libvirt before 7.0 from missing ones', () => {
    const good = { make: '', python3: '', 'clang-format': '', 'clang-tidy': '' };
    const old = look({ ...good, 'g++': 'exit 1', 'pkg-config': 'test "$1" = --exists' });
    expect(old).toMatchObject({ missing: [], tooOld: ['compiler', 'libvirt'] });
    expect(look({ ...good, 'g++': '', 'pkg-config': '' })).toMatchObject({ missing: [], tooOld: [] });
  });
});
