// An interactive console of a machine, as `virsh console` is: node console.js [-c URI] [--force] MACHINE [DEVICE]
// Ctrl-] leaves it; another escape character is given by -e, such as -e ^X.
import { parseArgs } from 'node:util';
import { Connection, type ConsoleStream, DomainConsoleFlags, LibvirtError } from 'libvirt-napi';

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
  const character = values.escape.startsWith('^') ? values.escape.charCodeAt(1) & 0x1f : values.escape.charCodeAt(0);
  if (machine === undefined || Number.isNaN(character)) throw new TypeError(usage);
  const flags = (values.force ? DomainConsoleFlags.FORCE : 0) | (values.safe ? DomainConsoleFlags.SAFE : 0);
  return { uri: values.connect, machine, device, flags, escape: character };
}

/** Joins the terminal and the console, until either ends or the escape character comes. */
async function talk(terminal: NodeJS.ReadStream, console: ConsoleStream, escape: number): Promise<void> {
  const { isRaw } = terminal;
  const closed = new Promise<void>((resolve, reject) => {
    console.once('error', reject);
    console.once('close', resolve);
  });
  const type = (keys: Buffer): void => {
    const end = keys.indexOf(escape);
    const typed = end < 0 ? keys : keys.subarray(0, end);
    // The guest does not take more just now: nor do we from the keyboard.
    if (typed.length > 0 && !console.write(typed)) {
      terminal.pause();
      console.once('drain', () => terminal.resume());
    }
    if (end >= 0) console.destroy();
  };
  try {
    if (terminal.isTTY) terminal.setRawMode(true);
    terminal.on('data', type);
    terminal.once('end', () => console.end());
    console.pipe(process.stdout, { end: false });
    await closed;
  } finally {
    terminal.off('data', type);
    if (terminal.isTTY) terminal.setRawMode(isRaw);
    terminal.pause();
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
