import { DomainState } from 'libvirt-napi';
import { stateName } from '../steps/list-machines.js';
import { type Rates, ratesOf, type Samples } from './rates.js';

export interface Host {
  readonly name: string;
  readonly cpus: number;
  /** In KiB. */
  readonly memory: number;
}

const columns = ['ID', 'STATE', 'READ/s', 'WRITE/s', 'RX/s', 'TX/s', '%CPU', '%MEM', 'TIME', 'NAME'];
const leftAligned = new Set(['STATE', 'NAME']);

const unknown: Rates = {
  cpu: undefined,
  read: undefined,
  written: undefined,
  received: undefined,
  sent: undefined,
};

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

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return leftAligned.has(columns[i] ?? '') ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A summary and the table, the busiest machine first. Without an earlier sample there are no rates yet. */
export function topTable(host: Host, before: Samples | undefined, after: Samples): string[] {
  const machines = [...after.machines].map(([uuid, machine]) => ({
    ...machine,
    rates: before === undefined ? unknown : ratesOf(uuid, before, after, host.cpus),
  }));
  machines.sort((a, b) => (b.rates.cpu ?? -1) - (a.rates.cpu ?? -1) || a.name.localeCompare(b.name));
  const running = machines.filter(({ state }) => state !== DomainState.SHUTOFF);
  const rows = machines.map(({ id, state, rates, memory, cpu, name }) => [
    String(id ?? '-'),
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
  const used = before === undefined ? undefined : running.reduce((sum, { rates }) => sum + (rates.cpu ?? 0), 0);
  const gib = (host.memory / 1024 ** 2).toFixed(1);
  const summary =
    `${host.name}: ${host.cpus} CPUs, ${gib} GiB; ` +
    `${running.length} of ${machines.length} machines run, with ${percent(used)} % of the CPUs`;
  return [summary, '', ...aligned([columns, ...rows])];
}
