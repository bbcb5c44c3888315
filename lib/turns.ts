import { setImmediate } from 'node:timers/promises';

// In ms. What led to the list, and a garbage collection that making it brings about, take their part of the same turn.
const turn = 1;

/** Maps a long list without keeping the event loop: after a millisecond it lets others have a turn. */
export async function mapInTurns<T, U>(items: readonly T[], map: (item: T) => U): Promise<U[]> {
  const mapped: U[] = [];
  let began = performance.now();
  for (const item of items) {
    mapped.push(map(item));
    if (mapped.length % 16 === 0 && performance.now() - began > turn) {
      await setImmediate();
      began = performance.now();
    }
  }
  return mapped;
}
