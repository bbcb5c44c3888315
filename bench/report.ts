import type { Outcome, Results } from './measure.js';
import type { Measurement, Row } from './measurements.js';
import type { Peer, PeerId } from './peers.js';

export interface Aim {
  readonly title: string;
  /** What was measured; undefined where a peer or the libvirtd for it is not here. */
  readonly value: number | undefined;
  readonly limit: number;
  readonly unit: string;
  readonly reached: boolean | undefined;
}

const scale = { µs: 1000, ms: 1, MiB: 1 };

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** One number of each round, in the unit of the row. */
function column(outcome: Outcome | undefined, { part, unit }: Row): number[] {
  if (!Array.isArray(outcome)) return [];
  return outcome.flatMap((numbers) => numbers[part] ?? []).map((value) => value * scale[unit]);
}

/** A row for each thing that was measured: its title, its unit, and what each peer took. */
export function cells(peers: readonly Peer[], all: readonly Measurement[], results: Results): string[][] {
  return all.flatMap(({ id, rows }) => {
    const outcomes = results.get(id);
    return rows.map((row) => {
      const floor = column(outcomes?.get('c'), row);
      const values = peers.map((peer) => {
        const found = column(outcomes?.get(peer.id), row);
        const ratio = peer.id === 'c' ? undefined : median(found.map((value, i) => value / (floor[i] ?? NaN)));
        return `${show(median(found))}${ratio === undefined || Number.isNaN(ratio) ? '' : ` ×${ratio.toFixed(2)}`}`;
      });
      return [row.title, row.unit, ...values];
    });
  });
}

/** Why numbers are missing. */
function notesOf(peers: readonly Peer[], all: readonly Measurement[], results: Results): Set<string> {
  const notes = all.flatMap(({ id }) =>
    peers.flatMap((peer) => {
      const outcome = results.get(id)?.get(peer.id);
      if (typeof outcome !== 'string') return [];
      return [peer.missing === undefined ? `${peer.title}, ${id}: ${outcome}` : `${peer.title}: ${outcome}`];
    }),
  );
  return new Set(notes);
}

export function table(peers: readonly Peer[], all: readonly Measurement[], results: Results): string {
  const lines = [['', '', ...peers.map(({ title }) => title)], ...cells(peers, all, results)];
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length))) ?? [];
  const text = lines.map((line) =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  return [...text, ...[...notesOf(peers, all, results)].map((note) => `– ${note}`)].join('\n');
}

export function show(value: number | undefined): string {
  if (value === undefined) return '–';
  return value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0);
}

export function aims(all: readonly Measurement[], results: Results): Aim[] {
  const values = (id: string, peer: PeerId, part = 0): number[] =>
    column(results.get(id)?.get(peer), { title: '', unit: 'ms', part });
  const paired = (
    id: string,
    ours: PeerId,
    other: PeerId,
    ratio: (ours: number, other: number, c: number) => number,
  ) => {
    const others = values(id, other);
    const floor = values(id, 'c');
    const found = values(id, ours).map((value, i) => ratio(value, others[i] ?? NaN, floor[i] ?? NaN));
    return median(found.filter((value) => !Number.isNaN(value)));
  };
  const most = (title: string, value: number | undefined, limit: number, unit: string): Aim => ({
    title,
    value,
    limit,
    unit: `${unit}, at most`,
    reached: value === undefined ? undefined : value <= limit,
  });
  const least = (title: string, value: number | undefined, limit: number, unit: string): Aim => ({
    ...most(title, value, limit, unit),
    unit: `${unit}, at least`,
    reached: value === undefined ? undefined : value >= limit,
  });

  const found: Aim[] = [];
  for (const ours of ['raw', 'facade'] as const) {
    const over = paired('sequential-socket', ours, 'c', (a, c) => a / c);
    found.push(most(`${ours}: getInfo over the socket`, over, 1.1, "× C's time"));
    // No call in JavaScript may block its thread: what that costs any program, and what is this library's own.
    for (const [id, what] of [
      ['sequential-socket', 'getInfo over the socket'],
      ['sequential-test-driver', 'getInfo on the test driver'],
      ['at-once-socket', '1000 at once'],
    ] as const) {
      const overLoop = paired(id, ours, 'c-loop', (a, loop) => a / loop);
      found.push(most(`${ours}: ${what}, against C with an event loop`, overLoop, 1.1, '× its time'));
    }
    const bulk = paired('at-once-socket', ours, 'c', (a, c) => c / a);
    found.push(least(`${ours}: 1000 at once`, bulk, 2, "× as fast as C's loop"));
    const share = paired('sequential-test-driver', ours, 'unraid', (a, unraid, c) => (a - c) / (unraid - c));
    found.push(most(`${ours}: overhead on the test driver`, share, 1 / 3, "× @unraid/libvirt's"));
    for (const { id, rows } of all) {
      if (!rows.some(({ part }) => part === 2) || id === 'idle' || id === 'memory') continue;
      found.push(most(`${ours}: longest loop delay, ${id}`, median(values(id, ours, 2)), 5, 'ms'));
    }
  }
  return found;
}

export function aimLines(found: readonly Aim[]): string {
  const width = Math.max(...found.map(({ title }) => title.length));
  return found
    .map(({ title, value, limit, unit, reached }) => {
      const verdict = reached === undefined ? 'not measured' : reached ? 'reached' : 'NOT reached';
      return `${title.padEnd(width)}  ${show(value).padStart(6)} ${unit} ${limit.toFixed(2)}: ${verdict}`;
    })
    .join('\n');
}
