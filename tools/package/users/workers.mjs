// Only workers load the addon here, one after the other and side by side, and one is ended with its calls under way.
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

async function work() {
  const { Connection, DomainState, nameOf } = await import('libvirt-napi');
  const connection = await Connection.open('test:///default');
  if (workerData === 'endless') {
    parentPort.postMessage('under way');
    for (;;) await Promise.all(Array.from({ length: 50 }, () => connection.listAllDomains()));
  }
  const [domain] = await connection.listAllDomains();
  parentPort.postMessage(`machine ${domain.name} ${nameOf(DomainState, (await domain.getState()).state)}`);
  await connection.close();
}

async function start(data) {
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  const [text] = await once(worker, 'message');
  if (data === 'endless') await worker.terminate();
  else await once(worker, 'exit');
  return text;
}

if (isMainThread) {
  const texts = [await start(1), ...(await Promise.all([start(2), start('endless'), start(3)])), await start(4)];
  const [first] = texts;
  if (texts.join() !== [first, first, 'under way', first, first].join()) throw new Error(texts.join());
  console.log(first);
} else {
  await work();
}
