// One build at a time.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, rmSync, rmdirSync, statSync } from 'node:fs';
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
  // Under a name of its own first: a socket has its name before it listens, and would be taken for a dead one.
  const own = `${place}.${randomUUID()}`;
  await once(server.listen(own), 'listening');
  const close = () => {
    server.close();
    for (const client of waiting) client.destroy();
  };
  try {
    linkSync(own, place);
  } catch (error) {
    close();
    if (error.code === 'EEXIST') return undefined;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    rmSync(place, { force: true });
    close();
  };
}

/** Waits until the holder lets go of the lock; takes away that of one which was killed. */
async function waitFor(place) {
  const seen = changed(place);
  const client = connect(place);
  try {
    await once(client, 'connect');
  } catch (error) {
    if (error.code === 'ECONNREFUSED') discard(place, seen);
    return;
  }
  // A client that nobody came to accept is reset, which is an error and then the end.
  client.on('error', () => undefined).resume();
  await new Promise((resolve) => client.once('close', resolve));
}

const changed = (file) => statSync(file, { bigint: true, throwIfNoEntry: false })?.ctimeNs;

/** Takes a dead lock away, unless another did so. One at a time, else it could be the new lock of who was quicker. */
function discard(place, seen) {
  const guard = `${place}.discard`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // It is there for less than a moment, unless that one was killed in it.
    const since = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (since < Date.now() - 5000) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (changed(place) === seen) rmSync(place, { force: true });
  } finally {
    rmdirSync(guard);
  }
}
