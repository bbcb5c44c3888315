import { existsSync } from 'node:fs';
import { join } from 'node:path';
import bindings from 'bindings';
import type { Native } from './native-types.js';

/** The addon could not be loaded; the message says what is missing and what to do. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly code = 'ERR_LIBVIRT_LOAD';
}

const root = join(__dirname, '..');
const platform = `${process.platform}-${process.arch}`;

/** Where the addon may be, in this order. `bindings` would otherwise guess, from the stack, whose addon is meant. */
const places = [
  ['module_root', 'build', 'Release', 'bindings'],
  ['module_root', 'build', 'Debug', 'bindings'],
  ['module_root', 'prebuilds', platform, 'bindings'],
];

/**
 * Loads the addon. `LIBVIRT_NAPI_BINARY` names one to load in place of the package's own.
 *
 * @throws LoadError
 */
export function load(): Native {
  const given = process.env['LIBVIRT_NAPI_BINARY'];
  try {
    // `require` and not `import`: an addon is no module of the language.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    if (given !== undefined && given !== '') return require(given) as Native;
    return bindings({ bindings: 'libvirt', module_root: root, try: places }) as Native;
  } catch (error) {
    throw new LoadError(explainLoadFailure(error, platform), { cause: error });
  }
}

/** What to tell somebody whose addon does not load. */
export function explainLoadFailure(error: unknown, target: string): string {
  const text = error instanceof Error || hasMessage(error) ? error.message : String(error);
  if (
    /\blibvirt(-qemu|-lxc|-admin)?\.(so\.0|0\.dylib)\b/.test(text) &&
    /cannot open|not found|Error loading/i.test(text)
  ) {
    return `libvirt-napi: libvirt is not installed (${firstLine(text)}).\n${installHelp}`;
  }
  if (isNotFound(error)) {
    return (
      `libvirt-napi: there is no binary of the addon for ${target} with Node.js ${process.versions.node}.\n` +
      `${buildHelp}; looked in ${places.map((place) => place.slice(1, -1).join('/')).join(', ')})`
    );
  }
  if (isOfOlderLibvirt(text)) {
    return (
      'libvirt-napi: the libvirt of this machine is older than 7.0, the oldest that the library works with; ' +
      `the loader says: ${text}`
    );
  }
  if (isOfAnotherSystem(text)) {
    return (
      `libvirt-napi: the binary of the addon was made for another C library than this system's; the loader says: ${text}\n` +
      `${buildHelp})`
    );
  }
  return `libvirt-napi: the addon could not be loaded; the loader says: ${text}`;
}

const buildHelp =
  `Build it with: npx node-gyp rebuild --directory "${root}"\n` +
  '(needs a C++20 compiler, pkg-config and the headers of libvirt';

const installHelp = `Install its client library:
  Debian, Ubuntu   apt-get install libvirt0
  Fedora, RHEL     dnf install libvirt-libs
  Alpine           apk add libvirt-libs
  Arch             pacman -S libvirt
  openSUSE         zypper install libvirt-libs
  macOS            brew install libvirt`;

function hasMessage(error: unknown): error is { message: string } {
  return typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string';
}

function isNotFound(error: unknown): boolean {
  const given = process.env['LIBVIRT_NAPI_BINARY'];
  if (given !== undefined && given !== '') return !existsSync(given);
  return hasMessage(error) && error.message.startsWith('Could not locate the bindings file');
}

/** What glibc, musl and macOS say of a function that the libvirt here does not have. Newer ones than 7.0 has are weak. */
function isOfOlderLibvirt(text: string): boolean {
  return /undefined symbol: vir[A-Z]\w+|Error relocating .*: vir[A-Z]\w+: symbol not found|Symbol not found: _vir[A-Z]/.test(
    text,
  );
}

/** What glibc says of a binary for a newer one, and musl of a binary for glibc. */
function isOfAnotherSystem(text: string): boolean {
  return (
    /version [`']?(GLIBC|GLIBCXX|CXXABI)_[\d.]+'? not found/.test(text) ||
    /ld-linux[\w.-]*\.so|Error relocating .*: symbol not found/.test(text)
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
