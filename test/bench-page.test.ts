import { describe, expect, it } from '@jest/globals';
import { replaceSection, section } from '../bench/page.js';
import type { Outcome } from '../bench/measure.js';
import type { Measurement } from '../bench/measurements.js';
import type { Peer, PeerId } from '../bench/peers.js';

const machine = { cpu: 'CPU', cpus: 2, node: 'v20.1.2', libvirt: 9_000_001, loadBefore: 0.25, loadAfter: 1 };
const peers: Peer[] = [
  { id: 'c', title: 'C', command: [] },
  { id: 'raw', title: 'ours, raw', command: [] },
  { id: 'python', title: 'Python', command: [], missing: 'not here' },
];
const all: Measurement[] = [{ id: 'x', commands: ['x'], rounds: 2, rows: [{ title: 'getInfo', unit: 'µs', part: 0 }] }];
const outcomes = new Map<PeerId, Outcome>([
  ['c', [[0.01], [0.02]]],
  ['raw', [[0.02], [0.04]]],
  ['python', 'not here'],
]);
const results = new Map([['x', outcomes]]);

const marks = ['<!-- made by npm run bench -- --page -->', '<!-- end of what it made -->'] as const;

describe('the table of docs/guide/performance.md', () => {
  it('has a column for each peer, its times and their ratio to those of C', () => {
    const [where, , ...table] = section(machine, peers, all, results).split('\n');
    expect(where).toBe(
      'Measured on 2 × CPU, Node.js 20.1.2, libvirt 9.0.1; load 0.3 at the beginning and 1.0 at the end.',
    );
    expect(table).toEqual([
      '|         | unit | C    | ours, raw  | Python |',
      '| ------- | ---- | ---- | ---------- | ------ |',
      '| getInfo | µs   | 15.0 | 30.0 ×2.00 | –      |',
    ]);
  });

  it('has what is aimed at, and whether it is reached', () => {
    const id = 'sequential-socket';
    const socket: Measurement = { id, commands: ['x'], rounds: 1, rows: [{ title: 'getInfo', unit: 'µs', part: 0 }] };
    const times = (ms: number) =>
      new Map<PeerId, Outcome>([
        ['c', [[0.1]]],
        ['raw', [[ms]]],
      ]);
    const taken = (ms: number) => section(machine, peers, [socket], new Map([[id, times(ms)]]));
    expect(taken(0.105)).toMatch(/raw: getInfo over the socket +\| 1\.05 × C's time, at most 1\.10 +\| yes/);
    expect(taken(0.2)).toMatch(/raw: getInfo over the socket +\| 2\.00 × C's time, at most 1\.10 +\| \*\*no\*\*/);
  });

  it('says so when the machine was too busy to measure anything', () => {
    const idle = { ...machine, loadBefore: 0.1, loadAfter: 30 };
    expect(section(idle, peers, all, results)).not.toContain('More ran on it');
    expect(section({ ...idle, loadBefore: 3 }, peers, all, results)).toContain('More ran on it than it has CPUs');
  });

  it('stands between two marks, and the page around it stays', () => {
    const page = `before\n${marks[0]}\nold\n${marks[1]}\nafter\n`;
    const changed = replaceSection(page, 'new');
    expect(changed).toBe(`before\n${marks[0]}\n\nnew\n\n${marks[1]}\nafter\n`);
    expect(replaceSection(changed, 'new')).toBe(changed);
    expect(() => replaceSection(`${marks[1]} ${marks[0]}`, 'new')).toThrow('no <!-- made by');
  });
});
