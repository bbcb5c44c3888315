/** What the remote protocol carries of names in one answer. */
const wireLimit = 16384;

/** What may appear between the two calls without a third. */
const spare = 16;

/**
 * C's older lists want to know beforehand how many names there are. What is made between the two calls would push
 * others out of the list, so it gets more room than needed, and is asked for again when that is full.
 *
 * @internal
 */
export async function allNames<T = string>(
  count: () => Promise<number>,
  list: (maxnames: number) => Promise<T[]>,
): Promise<T[]> {
  for (;;) {
    const expected = await count();
    const room = expected < wireLimit ? Math.min(expected + spare, wireLimit) : expected;
    const names = await list(room);
    if (names.length < room || names.length <= expected) return names;
  }
}
