import { setImmediate } from 'node:timers/promises';

const turn = 2;

/** Maps a long list without keeping the event loop: after a few milliseconds it lets others have a turn. */
export async function mapInTurns<T, U>(items: readonly T[], map: (item: T) => U): Promise<U[]> {
  const mapped: U[] = [];
  let began = performance.now();
  for (const item of items) {
    mapped.push(map(item));
    if (mapped.length % 32 === 0 && performance.now() - began > turn) {
      await setImmediate();
      began = performance.now();
    }
  }
  return mapped;
}
