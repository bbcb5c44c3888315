// What every client of the benchmark does: it reads commands, a line each, and answers each with numbers.
//
//   open|info|hostname|many|stats|list URI TIMES   ms for one of TIMES
//   idle - TIMES                                   waits TIMES ms
//   import                                         ms that loading the library took
//   memory                                         resident MiB
//
// A client in JavaScript adds the delay of its event loop meanwhile, in ms: the 99th percentile and the longest.
// A client that cannot go on says why on stderr and ends; another one is then started.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface Opened {
  /** One small call. */
  info(): Promise<unknown>;
  /** Another, on the connection. */
  hostname(): Promise<unknown>;
  /** The small call on every domain at once. */
  many(): Promise<unknown>;
  /** The statistics of all domains in one call. */
  stats?(): Promise<unknown>;
  /** All domains, with their names where the library has names. */
  list(): Promise<unknown>;
}

export type Open = (uri: string) => Promise<Opened>;

const resolution = 1;
const page = 4096;

/** Serves until the end of the input. `load` is what is timed as the import. */
export async function serve(load: () => Promise<Open>): Promise<void> {
  const before = performance.now();
  const open = await load();
  const loaded = performance.now() - before;
  const opened = new Map<string, Opened>();

  const at = async (uri: string): Promise<Opened> => {
    const found = opened.get(uri) ?? (await open(uri));
    opened.set(uri, found);
    return found;
  };
  const answer = async (command: string, uri: string, times: number): Promise<number[]> => {
    if (command === 'import') return [loaded];
    if (command === 'memory') return [residentMiB()];
    if (command === 'idle') return watched(() => delay(times), 1);
    const target = await at(uri);
    if (command === 'open') return [0];
    const action = target[command as keyof Opened]?.bind(target);
    if (action === undefined) throw new Error(`has no ${command}`);
    // The histogram's timer would be work of its own among the small calls.
    return command === 'info' || command === 'hostname' ? [await timed(action, times)] : watched(action, times);
  };

  console.log('ready');
  for await (const line of createInterface(process.stdin)) {
    const [command = '', uri = '', times = '1'] = line.split(' ');
    console.log((await answer(command, uri, Number(times))).join(' '));
  }
}

async function timed(action: () => Promise<unknown>, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) await action();
  return (performance.now() - start) / times;
}

async function watched(action: () => Promise<unknown>, times: number): Promise<number[]> {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const time = await timed(action, times);
  await delay(3 * resolution); // the last turn counts when the timer comes after it
  histogram.disable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  return [time, late(histogram.percentile(99)), late(histogram.max)];
}

function residentMiB(): number {
  return (Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * page) / 2 ** 20;
}
