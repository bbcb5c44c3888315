// A hundred thousand events, heard by the facade and by a loop: EVENTS, with --expose-gc. None may be lost or out of order,
// and the memory has to be flat.
'use strict';
const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises');
const { Connection } = require('../../dist/index.js');
const { native } = require('../../dist/native.js');
const { complaints, growth, leftovers, mebibyte } = require('./verdict.cjs');

const wanted = Number(process.argv[2]);
const sampleCount = 24;
const suspended = 3;
const mostOnTheirWay = 5000;

async function sample(calls) {
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await turn();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { calls, rss, heap: heapUsed, external, ...native.runtime.stats() };
}

async function listen() {
  const connection = await Connection.open('test:///default', { maxCalls: 1 });
  const domain = await connection.lookupDomainByName('test');
  const heard = { listener: 0, loop: 0, wrong: 0 };
  connection.on('domain:lifecycle', ({ event }) => {
    if (event !== suspended + (heard.listener % 2)) heard.wrong += 1;
    heard.listener += 1;
  });
  const events = connection.events('domain:lifecycle', { object: domain });
  const loop = (async () => {
    for await (const { event } of events) {
      if (event !== suspended + (heard.loop % 2)) heard.wrong += 1;
      heard.loop += 1;
    }
  })();
  const samples = [];
  for (let made = 0; made < wanted; made += 2) {
    const calls = [domain.suspend(), domain.resume()];
    if (made % 64 === 0) await Promise.all(calls);
    // On a busy machine libvirt's thread may come late, and then with more at once than a queue takes.
    while (made - Math.min(heard.listener, heard.loop) > mostOnTheirWay) await turn();
    if (made >= (samples.length * wanted) / sampleCount) {
      await Promise.all(calls);
      // Those who come and go in between leave nothing behind.
      const passing = await connection.subscribe('domain:lifecycle', () => undefined, { object: domain });
      await passing.unsubscribe();
      samples.push(await sample(made));
    }
  }
  const end = performance.now() + 60_000;
  while ((heard.listener < wanted || heard.loop < wanted) && performance.now() < end) await turn();
  await connection.close();
  await loop;
  return { heard, lost: events.lost, samples };
}

async function main() {
  const before = native.runtime.stats();
  const began = performance.now();
  const { heard, lost, samples } = await listen();
  const seconds = (performance.now() - began) / 1000;
  let after = await sample(0);
  for (const end = performance.now() + 20_000; performance.now() < end && leftovers(before, after).length > 0;) {
    await delay(200);
    after = await sample(0);
  }
  console.log(`${wanted} events in ${seconds.toFixed(1)} s: ${JSON.stringify({ ...heard, lost })}`);
  for (const name of ['rss', 'heap']) {
    console.log(`${name}: ${(growth(samples, name) / mebibyte).toFixed(2)} MiB from the third quarter to the last`);
  }
  const wrong = complaints(samples, before, after);
  if (heard.listener !== wanted || heard.loop !== wanted) wrong.push('events were lost');
  if (heard.wrong > 0) wrong.push('events were out of order');
  for (const complaint of wrong) console.error(`not as it should be: ${complaint}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

void main();
