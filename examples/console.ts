// An interactive console of a machine, as `virsh console` is: node console.js [-c URI] [--force] MACHINE [DEVICE]
// Ctrl-] leaves it; another escape character is given by -e, such as -e ^X.
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Connection, type ConsoleStream, DomainConsoleFlags, LibvirtError } from 'libvirt-napi';

/** How much may wait for a guest that takes nothing. */
const mostKeys = 64 * 1024;
const usage = 'usage: console [-c URI] [-e ^CHARACTER] [--force] [--safe] MACHINE [DEVICE]';

interface Wanted {
  uri: string | undefined;
  machine: string;
  device: string | null;
  flags: number;
  escape: number;
}

function readArguments(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      connect: { type: 'string', short: 'c' },
      escape: { type: 'string', short: 'e', default: '^]' },
      force: { type: 'boolean', default: false },
      safe: { type: 'boolean', default: false },
    },
  });
  const [machine, device = null] = positionals;
  // As for virsh: a caret and a character stand for Ctrl and it, anything else for itself.
  const [, held, plain] = /^(?:\^([ -~])|([^^\x80-\uffff]))$/.exec(values.escape) ?? [];
  if (machine === undefined || (held ?? plain) === undefined) throw new TypeError(usage);
  const character = held === undefined ? (plain ?? '').charCodeAt(0) : held.charCodeAt(0) & 0x1f;
  const flags = (values.force ? DomainConsoleFlags.FORCE : 0) | (values.safe ? DomainConsoleFlags.SAFE : 0);
  return { uri: values.connect, machine, device, flags, escape: character };
}

/** Gives the guest what is typed, up to the escape character. */
function typing(terminal: NodeJS.ReadStream, console: ConsoleStream, escape: number): (keys: Buffer) => void {
  return (keys) => {
    const end = keys.indexOf(escape);
    const typed = end < 0 ? keys : keys.subarray(0, end);
    // The guest may take nothing just now. A keyboard is read on, for the escape character, and what is too much is
    // answered by the bell; a file or a pipe waits.
    if (terminal.isTTY && console.writableLength + typed.length > mostKeys) process.stdout.write('\x07');
    else if (typed.length > 0 && !console.write(typed) && !terminal.isTTY) {
      terminal.pause();
      console.once('drain', () => terminal.resume());
    }
    if (end >= 0) console.destroy();
  };
}

/** Joins the terminal and the console, until either ends, the escape character comes, or a signal does. */
async function talk(terminal: NodeJS.ReadStream, console: ConsoleStream, escape: number): Promise<void> {
  const { isRaw } = terminal;
  const closed = new Promise<void>((resolve, reject) => {
    console.once('error', reject);
    console.once('close', resolve);
  });
  const type = typing(terminal, console, escape);
  const leave = (signal: NodeJS.Signals): void => {
    process.exitCode = 128 + constants.signals[signal];
    console.destroy();
  };
  try {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
    if (terminal.isTTY) terminal.setRawMode(true);
    terminal.on('data', type);
    terminal.once('end', () => console.end());
    console.pipe(process.stdout, { end: false });
    await closed;
  } finally {
    terminal.off('data', type);
    if (terminal.isTTY) terminal.setRawMode(isRaw);
    terminal.pause();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, leave);
  }
}

async function main(): Promise<void> {
  const { uri, machine, device, flags, escape } = readArguments();
  const connection = await Connection.open(uri);
  try {
    const domain = await connection.lookupDomainByName(machine);
    const stream = await domain.openConsole(device, flags);
    const key = escape < 0x20 ? `^${String.fromCharCode(escape + 0x40)}` : String.fromCharCode(escape);
    console.error(`Connected to ${domain.name}. Leave with ${key}`);
    await talk(process.stdin, stream, escape);
    console.error('\nDisconnected.');
  } finally {
    await connection.close();
  }
}

main().catch((error: unknown) => {
  const told = error instanceof LibvirtError || error instanceof TypeError;
  console.error(told ? error.message : error);
  process.exitCode = 1;
});
