// Some of everything, and then the natural end of the process: for a search for leaks.
'use strict';
const path = require('node:path');
const { once } = require('node:events');
const { setImmediate: turn } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { soak } = require('./mix.cjs');

async function main() {
  await soak(1500);
  const worker = new Worker(path.join(__dirname, 'worker.cjs'), { workerData: { calls: 500 } });
  await once(worker, 'exit');
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await turn();
  }
}

void main();
