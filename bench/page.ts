// The results as a table of docs/guide/performance.md, between two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Results } from './measure.js';
import type { Measurement } from './measurements.js';
import type { Peer } from './peers.js';
import { type Aim, aims, cells, show } from './report.js';

export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly node: string;
  readonly libvirt: number;
  readonly loadBefore: number;
  readonly loadAfter: number;
}

const marks = { begin: '<!-- made by npm run bench -- --page -->', end: '<!-- end of what it made -->' };

const version = (number: number): string =>
  [Math.floor(number / 1_000_000), Math.floor(number / 1000) % 1000, number % 1000].join('.');

/** Laid out as the formatter would. */
function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = '', ...rest] = all.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

export function section(
  machine: Machine,
  peers: readonly Peer[],
  all: readonly Measurement[],
  results: Results,
): string {
  const rows = cells(peers, all, results);
  const where =
    `Measured on ${machine.cpus} × ${machine.cpu}, Node.js ${machine.node.slice(1)}, libvirt ${version(machine.libvirt)}; ` +
    `load ${machine.loadBefore.toFixed(1)} at the beginning and ${machine.loadAfter.toFixed(1)} at the end.`;
  const busy = Math.min(machine.loadBefore, machine.loadAfter) > machine.cpus;
  const doubt = busy ? ' **More ran on it than it has CPUs: times are far too long, and ratios a hint at most.**' : '';
  const figures = markdownTable([['', 'unit', ...peers.map(({ title }) => title)], ...rows]);
  return [`${where}${doubt}`, figures, ...aimsTable(aims(all, results))].join('\n\n');
}

/** What this library wants to reach, and whether it does. */
function aimsTable(found: readonly Aim[]): string[] {
  const rows = found.flatMap(({ title, value, limit, unit, reached }) =>
    value === undefined ? [] : [[title, `${show(value)} ${unit} ${show(limit)}`, reached === true ? 'yes' : '**no**']],
  );
  return rows.length === 0 ? [] : [markdownTable([['aim', 'measured', 'reached'], ...rows])];
}

/** Puts a section between the marks of a page. */
export function replaceSection(page: string, made: string): string {
  const [begin, end] = [page.indexOf(marks.begin), page.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`the page has no ${marks.begin} before ${marks.end}`);
  return `${page.slice(0, begin + marks.begin.length)}\n\n${made}\n\n${page.slice(end)}`;
}

export function writePage(file: string, made: string): void {
  writeFileSync(file, replaceSection(readFileSync(file, 'utf8'), made));
}
