import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ratesOf, type Sample, type Samples } from '../examples/support/rates.js';
import { machineXML, Scratch } from './helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

const root = path.join(__dirname, '..');
const top = path.join(root, 'build/examples/top.js');

async function run(...args: string[]): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...printed, code };
}

/** The table's rows by the machine's name, each cell by its column. */
function machines(stdout: string): Map<string, Record<string, string>> {
  const lines = stdout.split('\n');
  const start = lines.findIndex((line) => /^ *ID {2}STATE/.test(line));
  const columns = lines[start]?.trim().split(/ +/) ?? [];
  const rows = lines.slice(start + 1, lines.indexOf('', start)).map((line) => line.trim().split(/ {2,}/));
  return new Map(
    rows.map((cells) => {
      const byColumn = cells.map((cell, i): [string, string] => [columns[i] ?? '', cell]);
      return [cells.at(-1) ?? '', Object.fromEntries(byColumn)];
    }),
  );
}

beforeAll(async () => {
  // The command that people use; it also compiles what the other tests run.
  const { code, stderr } = await run('tools/example.mjs', 'top', '--once', '--interval', '0.01', 'test:///default');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(existsSync(top)).toBe(true);
}, 300_000);

describe('npm run example', () => {
  it.each([[[]], [['no-such']], [['../top']]])('%j: says which examples there are', async (args) => {
    const { stderr, code } = await run('tools/example.mjs', ...args);
    expect(stderr).toMatch(/usage: npm run example -- NAME .*: .*top.*walkthrough/);
    expect(code).toBe(1);
  });
});

describe('an example', () => {
  const files = readdirSync(path.join(root, 'examples')).filter((file) => file.endsWith('.ts'));

  it.each(files)('%s has under 150 lines', (file) => {
    expect(readFileSync(path.join(root, 'examples', file), 'utf8').split('\n').length).toBeLessThan(150);
  });
});

describe('what top refuses', () => {
  it.each([
    [['--nonsense'], /nonsense/],
    [['--interval', 'soon'], /'soon' is no number of seconds/],
    [['--interval', '0'], /'0' is no number/],
    [['test:///default', 'test:///default'], /One URI at a time/],
  ])('%j', async (args, message) => {
    const { stdout, stderr, code } = await run(top, ...args);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('Usage: ');
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  });

  it('a host that is not there: says what to look at, without a stack', async () => {
    const { stderr, code } = await run(top, '--once', 'qemu+unix:///system?socket=/no/such/socket');
    expect(stderr).toContain('look at: ');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });
});

describe('rates', () => {
  const machine = (counts: Partial<Sample>): Sample => ({
    ...{ name: 'a', id: 1, state: 1, memory: 1n, cpu: undefined, read: undefined, written: undefined },
    ...{ received: undefined, sent: undefined, ...counts },
  });
  const samples = (time: number, counts: Partial<Sample>): Samples => ({
    time,
    machines: new Map([['u', machine(counts)]]),
  });

  it('are differences by time, of CPUs by their number as well', () => {
    const before = samples(1000, { cpu: 1_000_000_000n, read: 5n, sent: 0n });
    const after = samples(3000, { cpu: 2_000_000_000n, read: 1029n, sent: 0n });
    // One second of CPU time in two seconds is half of one CPU, an eighth of four.
    expect(ratesOf('u', before, after, 4)).toEqual({
      cpu: 12.5,
      read: 512,
      written: undefined,
      received: undefined,
      sent: 0,
    });
  });

  it('are unknown for a machine that was not there before, or was started anew', () => {
    const unknown = { cpu: undefined, read: undefined, written: undefined, received: undefined, sent: undefined };
    const after = samples(2000, { cpu: 1n, read: 1n });
    expect(ratesOf('u', { time: 1000, machines: new Map() }, after, 1)).toEqual(unknown);
    expect(ratesOf('u', samples(1000, { cpu: 2n, read: 2n }), after, 1)).toEqual(unknown);
  });
});

describe('top on test:///default', () => {
  it('has the machine, and what this driver tells of it', async () => {
    // Long enough that a pause of this machine between clock and counter does not show.
    const { stdout, stderr, code } = await run(top, '--once', '--interval', '2', 'test:///default');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/: 16 CPUs, 3\.0 GiB; 1 of 1 machines run, with \d+\.\d % of the CPUs\n/);
    const row = machines(stdout).get('test');
    // Its CPU time is the clock's, so it has one of 16 CPUs; the machine has two of the host's three GiB.
    expect(row).toMatchObject({ ID: '1', STATE: 'running', 'READ/s': '-', 'RX/s': '-', '%MEM': '66.7' });
    expect(Number(row?.['%CPU'])).toBeGreaterThan(3);
    expect(Number(row?.['%CPU'])).toBeLessThan(10);
  });

  it('goes on until it is told to stop, and then ends well', async () => {
    const child = spawn(process.execPath, [top, '--interval', '0.05', 'test:///default'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tables = 0;
    for await (const text of child.stdout.setEncoding('utf8')) {
      tables += String(text).split('STATE').length - 1;
      if (tables >= 3 && !child.killed) child.kill('SIGINT');
    }
    expect(tables).toBeGreaterThanOrEqual(3);
    if (child.exitCode === null) await once(child, 'close');
    expect({ code: child.exitCode, signal: child.signalCode }).toEqual({ code: 0, signal: null });
  });
});

describe('top at a terminal', () => {
  /** Runs it in a terminal of its own with so many lines and columns, and types a key when it has shown a table. */
  async function atTerminal(
    key: string,
    rows: number,
    columns: number,
  ): Promise<{ shown: string; code: number | null }> {
    const command = `stty rows ${rows} cols ${columns}; exec ${process.execPath} ${top} --interval 0.05 ${host}`;
    const terminal = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    for await (const text of terminal.stdout.setEncoding('utf8')) {
      shown += String(text);
      // Two screens: the second one begins at the top again, behind a whole first one.
      if (shown.split('\x1b[H').length === 3) terminal.stdin.write(key);
    }
    if (terminal.exitCode === null) await once(terminal, 'close');
    return { shown, code: terminal.exitCode };
  }
  const scratch = new Scratch();
  const host = scratch.host(Array.from({ length: 30 }, (_, i) => machineXML({ name: `machine-${i}` })).join(''));
  afterAll(() => {
    scratch.remove();
  });

  it.each([
    ['q', 'q'],
    ['Ctrl-C', '\x03'],
  ])('ends with %s, and shows no more than fits', async (_, key) => {
    const { shown, code } = await atTerminal(key, 10, 60);
    expect(code).toBe(0);
    const [, first = ''] = shown.split('\x1b[H');
    const lines = first.replaceAll('\x1b[K', '').replaceAll('\x1b[J', '').trimEnd().split('\r\n');
    expect(lines).toHaveLength(9);
    expect(lines[2]).toMatch(/^ *ID {2}STATE/);
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
    // What is known is there before two looks have made rates.
    expect(lines[3]).toMatch(/^ *\d+ {2}running {2}/);
  });
});

describeWithTestbed('top on qemu:///system', (bed) => {
  it('has rates of a machine that is busy, and none of one that is off', async () => {
    await bed().virsh('net-start', 'default');
    const busy = guestXML({ name: 'busy', guest: await bed().guest(), network: 'default' });
    await bed().virsh('create', bed().file('busy.xml', busy));
    await bed().virsh('define', bed().file('off.xml', guestXML({ name: 'off', memoryMiB: 32 })));
    const { stdout, stderr, code } = await bed().exec('node', [top, '--once', '--interval', '2', 'qemu:///system'], {
      cwd: root,
    });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const rows = machines(stdout);
    expect([...rows.keys()]).toEqual(['busy', 'off']);
    expect(rows.get('off')).toMatchObject({ ID: '-', STATE: 'shut off', '%CPU': '-', 'RX/s': '-', '%MEM': '-' });
    // It boots, in emulation: that keeps a CPU busy.
    expect(Number(rows.get('busy')?.['%CPU'])).toBeGreaterThan(1);
    expect(rows.get('busy')).toMatchObject({ STATE: 'running' });
    expect(rows.get('busy')?.['RX/s']).toMatch(/^[\d.]+[KM]?$/);
  });
});
