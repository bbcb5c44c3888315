// Makes a fresh clone ready: the system packages that building needs, then node_modules. Silent when nothing is to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Stop, flags, main, root, run, which } from './util.mjs';

/** What is needed, how it is called in words, and what packages have it. */
const needs = {
  compiler: {
    words: 'a C++20 compiler',
    debian: 'g++',
    fedora: 'gcc-c++',
    alpine: 'g++',
    arch: 'gcc',
    suse: 'gcc-c++',
  },
  make: { words: 'make', debian: 'make', fedora: 'make', alpine: 'make', arch: 'make', suse: 'make' },
  pkgconfig: {
    words: 'pkg-config',
    debian: 'pkg-config',
    fedora: 'pkgconf-pkg-config',
    alpine: 'pkgconf',
    arch: 'pkgconf',
    suse: 'pkg-config',
    macos: 'pkgconf',
  },
  python: {
    words: 'Python 3',
    debian: 'python3',
    fedora: 'python3',
    alpine: 'python3',
    arch: 'python',
    suse: 'python3',
  },
  libvirt: {
    words: 'the headers of libvirt 7.0 or later',
    debian: 'libvirt-dev',
    fedora: 'libvirt-devel',
    alpine: 'libvirt-dev',
    arch: 'libvirt',
    suse: 'libvirt-devel',
    macos: 'libvirt',
  },
  'clang-format': {
    words: 'clang-format',
    debian: 'clang-format',
    fedora: 'clang-tools-extra',
    alpine: 'clang-extra-tools',
    arch: 'clang',
    suse: 'clang-tools',
    macos: 'llvm',
  },
  'clang-tidy': {
    words: 'clang-tidy',
    debian: 'clang-tidy',
    fedora: 'clang-tools-extra',
    alpine: 'clang-extra-tools',
    arch: 'clang',
    suse: 'clang-tools',
    macos: 'llvm',
  },
};

const systems = [
  { name: 'debian', ids: ['debian', 'ubuntu'], install: 'apt-get install -y --no-install-recommends' },
  { name: 'fedora', ids: ['fedora', 'rhel', 'centos'], install: 'dnf install' },
  { name: 'alpine', ids: ['alpine'], install: 'apk add' },
  { name: 'arch', ids: ['arch'], install: 'pacman -S --needed' },
  { name: 'suse', ids: ['suse', 'opensuse'], install: 'zypper install' },
];

/**
 * What to do about what is missing. A function of its argument alone.
 *
 * @param {{ missing: string[], tooOld?: string[], platform: string, uid?: number, osRelease?: string, packageLists?: boolean }} machine
 * @returns {{ run: string[][], say: string[] }} commands to run here, and lines to print before giving up
 */
export function decide({ missing, tooOld = [], platform, uid, osRelease = '', packageLists = true }) {
  const say = tooOld.map((need) => `Found, but too old: ${needs[need].words} is needed.`);
  if (missing.length === 0) return { run: [], say };
  const missed = `Missing: ${missing.map((need) => needs[need].words).join(', ')}.`;

  if (platform === 'darwin') return { run: [], say: [...say, missed, 'Install with:', ...macosCommands(missing)] };
  const system = platform === 'linux' ? systemOf(osRelease) : undefined;
  if (!system) return { run: [], say: [...say, missed, 'Install it with the package manager of this system.'] };

  const install = [...system.install.split(' '), ...packagesOf(missing, system.name)];
  if (system.name === 'debian' && uid === 0 && say.length === 0) {
    return { run: packageLists ? [install] : [['apt-get', 'update'], install], say };
  }
  const commands = system.name === 'debian' && !packageLists ? [['apt-get', 'update'], install] : [install];
  const prefix = uid === 0 ? '  ' : '  sudo ';
  return { run: [], say: [...say, missed, 'Install with:', ...commands.map((words) => prefix + words.join(' '))] };
}

function packagesOf(missing, system) {
  return [...new Set(missing.flatMap((need) => needs[need][system] ?? []))];
}

// Apple's tools bring the compiler, make and Python; the rest is Homebrew's.
function macosCommands(missing) {
  const packages = packagesOf(missing, 'macos');
  return [
    ...(missing.some((need) => !needs[need].macos) ? ['  xcode-select --install'] : []),
    ...(packages.length > 0 ? [`  brew install ${packages.join(' ')}`] : []),
  ];
}

function systemOf(osRelease) {
  const ids = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap(([, value]) => value.split(/\s+/));
  return systems.find((system) => ids.some((id) => system.ids.includes(id) || system.ids.includes(id.split('-')[0])));
}

/** Looks at this machine, for `decide`. */
export function look({ lint = false } = {}) {
  const missing = [];
  const tooOld = [];
  const compiler = compilerState();
  if (compiler === 'missing') missing.push('compiler');
  if (compiler === 'too old') tooOld.push('compiler');
  if (!which(process.env.MAKE ?? 'make')) missing.push('make');
  if (!which(process.env.PYTHON ?? 'python3')) missing.push('python');
  if (!which('pkg-config')) missing.push('pkgconfig');
  if (!pkgConfig('--exists', 'libvirt')) missing.push('libvirt');
  else if (!pkgConfig('--atleast-version=7.0.0', 'libvirt')) tooOld.push('libvirt');
  if (lint) missing.push(...['clang-format', 'clang-tidy'].filter((tool) => !which(tool)));
  return {
    missing,
    tooOld,
    platform: process.platform,
    uid: process.getuid?.(),
    osRelease: existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
    packageLists: hasPackageLists('/var/lib/apt/lists'),
  };
}

function compilerState() {
  // The same choice as gyp's Makefile.
  const [command, ...args] = (process.env.CXX ?? 'g++').trim().split(/\s+/);
  if (!which(command)) return 'missing';
  const options = { input: '#include <concepts>\n', stdio: ['pipe', 'ignore', 'ignore'] };
  const { status } = spawnSync(command, [...args, '-std=c++20', '-fsyntax-only', '-x', 'c++', '-'], options);
  if (status === 0) return 'good';
  // macOS has a g++ that only says how to get one.
  return process.platform === 'darwin' && spawnSync('xcode-select', ['-p']).status !== 0 ? 'missing' : 'too old';
}

function pkgConfig(...args) {
  return spawnSync('pkg-config', args, { stdio: 'ignore' }).status === 0;
}

function hasPackageLists(directory) {
  return existsSync(directory) && readdirSync(directory).some((name) => /_Packages(\.|$)/.test(name));
}

/**
 * Whether node_modules lacks something that package-lock.json names. Contents are compared, not times, because a
 * checkout touches the files. What npm may leave out on this platform and what is there besides is no reason.
 */
export function isStale(lock, installed) {
  if (!installed) return true;
  return Object.entries(lock.packages).some(([place, wanted]) => {
    if (place === '') return false;
    const found = installed.packages[place];
    if (!found) return !wanted.optional && !wanted.peer;
    return found.version !== wanted.version || found.integrity !== wanted.integrity;
  });
}

function readJSON(file) {
  const full = path.join(root, file);
  return existsSync(full) ? JSON.parse(readFileSync(full, 'utf8')) : undefined;
}

function modulesAreStale() {
  const lock = readJSON('package-lock.json');
  return lock !== undefined && isStale(lock, readJSON('node_modules/.package-lock.json'));
}

/** What `setup` sees and does, in one place, so that tests can put their own there. */
const here = {
  look,
  modulesAreStale,
  run: (command) => run(command, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }),
  print: (line) => console.error(line),
};

export function setup({ lint = false } = {}, effects = here) {
  const { look, modulesAreStale, print } = effects;
  const act = (command) => {
    print(`> ${command.join(' ')}`);
    return effects.run(command) === 0;
  };

  const machine = look({ lint });
  const plan = decide(machine);
  if (plan.say.length > 0) throw new Stop(plan.say.join('\n'));
  const installed = plan.run.every(act);
  // Lists of packages that are there may still be too old to be true.
  if (!installed && !(machine.packageLists && act(['apt-get', 'update']) && plan.run.every(act))) {
    throw new Stop('The packages could not be installed.');
  }
  if (plan.run.length > 0) {
    const { say } = decide({ ...look({ lint }), uid: undefined });
    if (say.length > 0) throw new Stop(say.join('\n'));
  }

  // A production environment would leave out what building needs.
  if (modulesAreStale() && !act(['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'])) {
    throw new Stop('npm could not install node_modules.');
  }
}

await main(import.meta.url, (args) => setup({ lint: flags(args, ['--lint']).has('--lint') }));
