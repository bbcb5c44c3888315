import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { native, type virConnect } from '../lib/native.js';
import { runProgram } from './fixtures/faults/run.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(30_000);

const scratch = new Scratch();
let daemon: FakeDaemon;
let conn: virConnect;

// A daemon that says nothing by itself, so that nothing but our own nudges wakes libvirt's client up.
beforeAll(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  daemon.pings = false;
  daemon.hold('getCapabilities');
  daemon.answer('getLibVersion', xdr.hyper(9_000_000n));
  conn = await native.virConnectOpen(daemon.uri);
});

afterAll(async () => {
  await daemon.stop();
  await native.virConnectClose(conn);
  scratch.remove();
});

async function withinOneSecond<T>(pending: Promise<T>): Promise<T | 'late'> {
  const aborter = new AbortController();
  try {
    return await Promise.race([pending, delay(1000, 'late' as const, { signal: aborter.signal })]);
  } finally {
    aborter.abort();
  }
}

describe('calls that overlap with one that hangs', () => {
  // libvirt 9.0 forgets to send in a few of a hundred rounds; 10.4 and later never do. In a process of its own, where
  // the daemon's part does not slow the client down.
  it('are sent', async () => {
    const { stdout, ms: _, ...ending } = await runProgram('overlap', [daemon.uri, 500]);
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
    expect(stdout).toBe('0 late\n');
  });

  // The nudges themselves must not pile up behind a daemon that answers nobody.
  it('are nudged a few times only', async () => {
    daemon.hold('getCapabilities', 'getLibVersion');
    const before = daemon.requestCount('getLibVersion');
    const { threads } = native.runtime.stats();
    const hang = Promise.all(Array.from({ length: 3 }, () => native.virConnectGetCapabilities(conn)));
    await daemon.whenHeld('getCapabilities', 2);
    for (let round = 0; round < 20; round += 1) {
      await native.virConnectGetHostname(conn);
      await delay(10);
    }
    expect(daemon.requestCount('getLibVersion') - before).toBeLessThanOrEqual(2);
    expect(native.runtime.stats().threads).toBeLessThanOrEqual(threads + 6);
    daemon.release();
    expect(await withinOneSecond(hang)).toEqual(Array(3).fill('<capabilities/>'));
  });
});
