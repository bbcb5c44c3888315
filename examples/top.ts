// What the machines of a host are doing: npm run example -- top [--once] [--interval SECONDS] [URI]
//
// A machine's counters only grow. So two looks at them make rates, and two looks at a hundred machines are two calls.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Connection, DomainState } from 'libvirt-napi';
import { stateName } from './steps/list-machines.js';
import { ratesOf, type Rates, sample, type Samples } from './support/rates.js';
import { messageOf } from './support/refusal.js';
import { failure } from './support/terminal.js';

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

const columns = ['STATE', 'READ/s', 'WRITE/s', 'RX/s', 'TX/s', '%CPU', '%MEM', 'TIME', 'NAME'];

interface Host {
  readonly name: string;
  readonly cpus: number;
  /** In KiB. */
  readonly memory: number;
}

function bytes(value: number | undefined): string {
  if (value === undefined) return '-';
  const unit = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), 4);
  return `${(value / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)}${' KMGT'.charAt(unit).trim()}`;
}

const percent = (value: number | undefined): string => value?.toFixed(1) ?? '-';

/** Minutes and seconds of CPU time. */
function cpuTime(ns: bigint | undefined): string {
  if (ns === undefined) return '-';
  const seconds = ns / 1_000_000_000n;
  return `${seconds / 60n}:${String(seconds % 60n).padStart(2, '0')}`;
}

/** The table, the busiest machine first. */
function lines(host: Host, before: Samples, after: Samples, width: number): string[] {
  const machines = [...after.machines].map(([uuid, machine]) => {
    const rates: Rates = ratesOf(uuid, before, after, host.cpus);
    return { ...machine, rates };
  });
  machines.sort((a, b) => (b.rates.cpu ?? -1) - (a.rates.cpu ?? -1) || a.name.localeCompare(b.name));
  const running = machines.filter(({ state }) => state !== DomainState.SHUTOFF);
  const rows = machines.map(({ state, rates, memory, cpu, name }) => [
    stateName(state),
    bytes(rates.read),
    bytes(rates.written),
    bytes(rates.received),
    bytes(rates.sent),
    percent(rates.cpu),
    memory === undefined ? '-' : percent((100 * Number(memory)) / host.memory),
    cpuTime(cpu),
    name,
  ]);
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)));
  const align = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        i === 0 || i === columns.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const cpu = running.reduce((all, { rates }) => all + (rates.cpu ?? 0), 0);
  const summary = `${host.name}: ${host.cpus} CPUs, ${(host.memory / 1024 ** 2).toFixed(1)} GiB; ${running.length} of ${
    machines.length
  } machines run, with ${percent(cpu)} % of the CPUs`;
  return [summary, '', ...[columns, ...rows].map(align)].map((line) => line.slice(0, width));
}

async function watch(connection: Connection, { once, interval }: Options, signal: AbortSignal): Promise<void> {
  const { cpus, memory } = await connection.getNodeInfo();
  const host: Host = { name: await connection.getHostname(), cpus, memory };
  const screen = process.stdout.isTTY && !once;
  let before = await sample(connection);
  do {
    await delay(interval, undefined, { signal });
    const after = await sample(connection.with({ signal }));
    const text = lines(host, before, after, process.stdout.columns || Infinity);
    // From the top of the screen on, each line's rest cleared, then what is below.
    process.stdout.write(
      screen ? `\x1b[H${text.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J` : `${text.join('\n')}\n\n`,
    );
    before = after;
  } while (!once);
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
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      controller.abort();
    });
  }
  process.stdout.on('error', () => {
    controller.abort();
  });
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
  }
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});
