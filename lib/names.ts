import type { Limits } from './limits.js';

/** What the remote protocol carries of names in one answer. */
const wireLimit = 16384;

/** What may appear between the two calls without a third. */
const spare = 16;

/** The two calls of the raw layer. */
interface OlderList<T> {
  count: () => Promise<number>;
  list: (maxnames: number) => Promise<T[]>;
}

/**
 * C's older lists want to know beforehand how many names there are. What is made between the two calls would push
 * others out of the list, so it gets more room than needed, and is asked for again when that is full.
 *
 * @internal
 */
export async function allNames<T = string>({ within }: Limits, { count, list }: OlderList<T>): Promise<T[]> {
  for (;;) {
    const expected = await within(count);
    const room = expected < wireLimit ? Math.min(expected + spare, wireLimit) : expected;
    const names = await within(() => list(room));
    if (names.length < room || names.length <= expected) return names;
  }
}
