// One build at a time.
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { root } from './util.mjs';

/**
 * Runs `action` while no other process that does the same for this directory runs its own: say two `npm test` at once,
 * or suites that start the examples.
 *
 * The lock is a socket, which its process lets go of however it ends. Numbers of processes would not do: inside a test
 * bed, which shares this directory, they are others.
 */
export async function alone(action, lock = path.join(root, 'build/.lock')) {
  mkdirSync(path.dirname(lock), { recursive: true });
  // A socket's path must be short, and this one is as a rule.
  const place = path.relative('', lock);
  let release = await take(place);
  if (release === undefined) console.error('waiting for another build to end');
  while (release === undefined) {
    await waitFor(place);
    release = await take(place);
  }
  try {
    return action();
  } finally {
    release();
  }
}

/** Gives what lets go of the lock, or undefined when it is there already. */
async function take(place) {
  const waiting = new Set();
  const server = createServer((client) => {
    waiting.add(client);
    client.on('error', () => undefined);
  });
  try {
    await once(server.listen(place), 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return () => {
    server.close();
    for (const client of waiting) client.destroy();
  };
}

/** Waits until the holder lets go of the lock; takes away that of one which was killed. */
async function waitFor(place) {
  const made = () => statSync(place, { bigint: true, throwIfNoEntry: false })?.ctimeNs;
  const before = made();
  const client = connect(place);
  try {
    await once(client, 'connect');
  } catch (error) {
    // Of several that find it dead one may have made its own by now.
    if (error.code === 'ECONNREFUSED' && made() === before) rmSync(place, { force: true });
    return;
  }
  // A client that nobody came to accept is reset, which is an error and then the end.
  client.on('error', () => undefined).resume();
  await new Promise((resolve) => client.once('close', resolve));
}
