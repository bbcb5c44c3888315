// Whether what a soak measured is flat.
'use strict';

const mebibyte = 1024 * 1024;
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/**
 * By how much a figure grew from the third quarter to the last, each taken as a mean. In the first half the allocator's
 * arenas fill up.
 */
function growth(samples, name) {
  const quarter = Math.floor(samples.length / 4);
  const numbers = samples.map((sample) => sample[name]);
  return mean(numbers.slice(-quarter)) - mean(numbers.slice(-2 * quarter, -quarter));
}

/** Bytes a call, from the quarters' centres. */
function perCall(samples, name) {
  return growth(samples, name) / growth(samples, 'calls');
}

/**
 * What is wrong; nothing when all is well. The smallest leak that malloc knows, 16 bytes and as many of its own a call,
 * makes 8 MiB over a quarter of a million calls; what the allocator does by itself stays below a quarter of that.
 */
function complaints(samples, before, after) {
  const found = [];
  for (const [name, bound] of [
    ['rss', 2 * mebibyte],
    ['heap', 0.5 * mebibyte],
  ]) {
    const grown = growth(samples, name);
    if (grown > bound) {
      found.push(
        `${name} grew by ${(grown / mebibyte).toFixed(1)} MiB, which is ${perCall(samples, name).toFixed(1)} bytes a call`,
      );
    }
  }
  return [...found, ...leftovers(before, after)];
}

/** What there is more of than before. One idle thread stays. */
function leftovers(before, after) {
  return Object.entries({ handles: 0, pending: 0, threads: 1 })
    .filter(([name, least]) => after[name] > Math.max(before[name], least))
    .map(([name]) => `${name}: ${before[name]} before, ${after[name]} after`);
}

module.exports = { complaints, growth, leftovers, mebibyte, perCall };
