// The soak itself: CALLS, with --expose-gc. Prints a table, and fails when something is not flat.
'use strict';
const { once } = require('node:events');
const path = require('node:path');
const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { native } = require('../../dist/native.js');
const { soak } = require('./mix.cjs');
const { complaints, growth, leftovers, mebibyte, perCall } = require('./verdict.cjs');

const wanted = Number(process.argv[2]);
const sampleCount = 24;
const columns = ['calls', 'seconds', 'rss MiB', 'heap MiB', 'external MiB', 'handles', 'threads', 'pending'];
const began = performance.now();

async function collectGarbage() {
  // A handle's finalizer runs in a later turn, and what it holds goes after that.
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await turn();
  }
}

async function sample(calls) {
  await collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    calls,
    seconds: (performance.now() - began) / 1000,
    rss,
    heap: heapUsed,
    external,
    ...native.runtime.stats(),
  };
}

function print(row) {
  console.log(row.map((cell, i) => String(cell).padStart(columns[i].length + 2)).join(''));
}

const show = ({ calls, seconds, rss, heap, external, handles, threads, pending }) => {
  const sizes = [rss, heap, external].map((bytes) => (bytes / mebibyte).toFixed(1));
  print([calls, seconds.toFixed(1), ...sizes, handles, threads, pending]);
};

const startWorker = (calls) => new Worker(path.join(__dirname, 'worker.cjs'), { workerData: { calls } });

async function workers() {
  const [one, other] = [startWorker(2000), startWorker(Infinity)];
  let calls = 0;
  one.on('message', (message) => {
    if (message !== 'round') calls = message;
  });
  await Promise.all([once(one, 'exit'), once(other, 'message').then(() => other.terminate())]);
  return calls + 1000;
}

/** Idle threads end after some seconds, and forgotten connections when garbage is collected. */
async function rest(before) {
  let after = await sample(0);
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    if (leftovers(before, after).length === 0) break;
    await delay(200);
    after = await sample(0);
  }
  return after;
}

async function main() {
  const before = native.runtime.stats();
  const samples = [];
  let extra = 0;
  print(columns);
  const total = await soak(wanted, async (calls) => {
    if (calls < (samples.length * wanted) / sampleCount) return;
    extra += await workers();
    samples.push(await sample(calls));
    show(samples.at(-1));
  });
  const after = await rest(before);
  console.log(`after it: ${after.handles} handles, ${after.threads} threads, ${after.pending} pending`);
  for (const name of ['rss', 'heap', 'external']) {
    const grown = (growth(samples, name) / mebibyte).toFixed(2);
    console.log(
      `${name}: ${grown} MiB from the third quarter to the last, ${perCall(samples, name).toFixed(2)} bytes a call`,
    );
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`${total + extra} calls, ${extra} of them in ${samples.length * 2} workers, in ${seconds.toFixed(1)} s`);
  const wrong = complaints(samples, before, after);
  for (const complaint of wrong) console.error(`not flat: ${complaint}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

void main();
