// What the machines of a host are doing: npm run example -- top [--once] [--interval SECONDS] [URI]     `q` ends it
//
// A machine's counters only grow. So two looks at them make rates, and two looks at a hundred machines are two calls.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Connection } from 'libvirt-napi';
import { sample, type Samples } from './support/rates.js';
import { messageOf } from './support/refusal.js';
import { failure } from './support/terminal.js';
import { type Host, topTable } from './support/top-table.js';

const usage = 'Usage: npm run example -- top [--once] [--interval SECONDS] [URI]';

interface Options {
  readonly uri: string | undefined;
  readonly once: boolean;
  /** In ms. */
  readonly interval: number;
}

function options(): Options {
  const { values, positionals } = parseArgs({
    options: { once: { type: 'boolean', default: false }, interval: { type: 'string', default: '2' } },
    allowPositionals: true,
  });
  const interval = Number(values.interval) * 1000;
  if (!(interval > 0 && interval < 2 ** 31)) throw new Error(`'${values.interval}' is no number of seconds.`);
  if (positionals.length > 1) throw new Error('One URI at a time.');
  return { uri: positionals[0], once: values.once, interval };
}

/** What fits on the screen, from its top on: each line's rest is cleared, and what is below. */
function paint(lines: readonly string[]): void {
  const { columns, rows } = process.stdout;
  const shown = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns)}\x1b[K\n`);
  process.stdout.write(`\x1b[H${shown.join('')}\x1b[J`);
}

/** Has the keys `q` and Ctrl-C end it, at a terminal. @returns what gives the terminal back */
function listenToKeys(quit: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY || !process.stdout.isTTY) return () => undefined;
  stdin.setRawMode(true);
  stdin.on('data', (keys: Buffer) => {
    if (['q', 'Q', '\u0003'].some((key) => keys.includes(key))) quit();
  });
  return () => {
    stdin.setRawMode(false);
    stdin.pause();
  };
}

async function watch(connection: Connection, { once, interval }: Options, signal: AbortSignal): Promise<void> {
  const { cpus, memory } = await connection.getNodeInfo();
  const host: Host = { name: await connection.getHostname(), cpus, memory };
  const limited = connection.with({ signal });
  const screen = process.stdout.isTTY && !once;
  let before: Samples | undefined;
  do {
    const after = await sample(limited);
    // Rates need two looks. Who watches sees at once what there is.
    if (before !== undefined || !once) {
      const lines = topTable(host, before, after);
      if (screen) paint(lines);
      else process.stdout.write(`${lines.join('\n')}\n\n`);
      if (once) return;
    }
    before = after;
    await delay(interval, undefined, { signal });
  } while (!signal.aborted);
}

async function main(): Promise<number> {
  let wanted: Options;
  try {
    wanted = options();
  } catch (error) {
    failure(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 1;
  }
  const controller = new AbortController();
  const quit = (): void => {
    controller.abort();
  };
  process.once('SIGINT', quit).once('SIGTERM', quit);
  process.stdout.on('error', quit);
  const leave = listenToKeys(quit);
  const { signal } = controller;
  try {
    const connection = await Connection.open(wanted.uri, { readOnly: true, signal });
    try {
      await watch(connection, wanted, signal);
    } finally {
      await connection.close({ signal });
    }
  } catch (error) {
    if (!signal.aborted) {
      failure(messageOf(error));
      return 1;
    }
  } finally {
    leave();
  }
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});
