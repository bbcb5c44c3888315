import { setImmediate } from 'node:timers/promises';

// In ms. A garbage collection, which making a long list brings about, takes its part of the same turn.
const turn = 0.5;
/** A list that is longer took its time in this turn already. */
const short = 100;

/** Maps a long list without keeping the event loop: again and again it lets others have a turn. */
export async function mapInTurns<T, U>(items: readonly T[], map: (item: T) => U): Promise<U[]> {
  const mapped: U[] = [];
  if (items.length > short) await setImmediate();
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
