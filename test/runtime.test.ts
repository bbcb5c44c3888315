import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { native, type virConnect } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures, thrown } from './helpers.js';

type Bound = (...values: unknown[]) => unknown;

interface Submitted {
  call: number;
  pending: Promise<unknown>;
}

const { runtime } = native;
const scratch = new Scratch();

let daemon: FakeDaemon;
let remote: virConnect;

beforeAll(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  remote = await native.virConnectOpen(daemon.uri);
});

afterAll(async () => {
  await native.virConnectClose(remote);
  await daemon.stop();
  scratch.remove();
});

function submit(conn = remote): Submitted {
  const pending = native.virConnectGetCapabilities(conn);
  return { call: runtime.lastCall(), pending };
}

function submitMany(count: number): Submitted[] {
  return Array.from({ length: count }, () => submit());
}

const openDescriptors = () => readdirSync('/proc/self/fd').length;

function at(calls: Submitted[], index: number): Submitted {
  const call = calls[index];
  if (call === undefined) throw new Error(`no call ${index}`);
  return call;
}

describe('misuse of the runtime', () => {
  const { cancel, abandon, setMaxCalls } = runtime as unknown as Record<string, Bound>;
  const refusal = (name: string, ...words: string[]) => ({
    name,
    message: expect.stringMatching(new RegExp(words.join('.*'))),
  });

  it('refuses what is no number of a call', () => {
    for (const value of [undefined, null, '1', 1n, {}, remote]) {
      expect(thrown(() => cancel?.(value))).toMatchObject(refusal('TypeError', 'cancel', 'argument 1', 'call'));
    }
    for (const value of [NaN, 0, -1, Infinity, 2 ** 60, runtime.lastCall() + 1])
      expect(cancel?.(value)).toBe('settled');
  });

  it('refuses what is no connection', async () => {
    const network = await native.virNetworkLookupByName(await native.virConnectOpen('test:///default'), 'default');
    for (const value of [undefined, null, 1, 'conn', {}, Object.create(remote), network]) {
      expect(thrown(() => abandon?.(value))).toMatchObject(refusal('TypeError', 'abandon', 'conn'));
      expect(thrown(() => setMaxCalls?.(value, 4))).toMatchObject(refusal('TypeError', 'setMaxCalls', 'conn'));
    }
  });

  it('refuses numbers of calls that no connection can have', () => {
    for (const value of [undefined, null, '4', 4n]) {
      expect(thrown(() => setMaxCalls?.(remote, value))).toMatchObject(refusal('TypeError', 'maxCalls'));
    }
    for (const value of [0, -1, 1.5, 1025, NaN, Infinity]) {
      expect(thrown(() => setMaxCalls?.(remote, value))).toMatchObject(refusal('RangeError', 'maxCalls'));
    }
  });
});

describe('the queue of a connection', () => {
  it('starts calls in their order', async () => {
    const from = daemon.requests.length;
    runtime.setMaxCalls(remote, 1);
    await Promise.all([
      native.virConnectGetCapabilities(remote),
      native.virConnectGetHostname(remote),
      native.virConnectGetType(remote),
      native.virConnectGetCapabilities(remote),
      native.virConnectGetHostname(remote),
    ]);
    runtime.setMaxCalls(remote, 4);
    expect(daemon.requests.slice(from)).toEqual([7, 59, 3, 7, 59]);
  });

  it('runs three calls that wait at once, and one that is quick', async () => {
    daemon.hold('getCapabilities', 'getHostname');
    const waiting = submitMany(6);
    const quick = [native.virConnectGetHostname(remote), native.virConnectGetHostname(remote)];
    await daemon.whenHeld('getCapabilities', 3);
    await daemon.whenHeld('getHostname');
    expect([daemon.heldCount('getCapabilities'), daemon.heldCount('getHostname')]).toEqual([3, 1]);
    daemon.release();
    expect(await Promise.all(quick)).toEqual(['fake-host', 'fake-host']);
    await Promise.all(waiting.map(({ pending }) => pending));
  });

  it('runs as many calls as it was told', async () => {
    runtime.setMaxCalls(remote, 1);
    daemon.hold('getCapabilities');
    const calls = submitMany(6);
    await daemon.whenHeld('getCapabilities', 1);
    expect(daemon.heldCount('getCapabilities')).toBe(1);
    runtime.setMaxCalls(remote, 3);
    await daemon.whenHeld('getCapabilities', 2);
    // Answered only if the third place is free, and sent after whatever else would have been.
    expect(await native.virConnectGetHostname(remote)).toBe('fake-host');
    expect(daemon.heldCount('getCapabilities')).toBe(2);
    runtime.setMaxCalls(remote, 6);
    await daemon.whenHeld('getCapabilities', 5);
    expect(await native.virConnectGetHostname(remote)).toBe('fake-host');
    expect(daemon.heldCount('getCapabilities')).toBe(5);
    runtime.setMaxCalls(remote, 4);
    daemon.release();
    await Promise.all(calls.map(({ pending }) => pending));
  });

  it('is of the connection alone', async () => {
    const other = await native.virConnectOpen('test:///default');
    daemon.hold('getCapabilities');
    const calls = submitMany(8);
    await daemon.whenHeld('getCapabilities', 3);
    expect(await submit(other).pending).toContain('<capabilities>');
    expect(await native.virConnectClose(other)).toBe(0);
    daemon.release();
    await Promise.all(calls.map(({ pending }) => pending));
  });
});

describe('releasing callers', () => {
  it('takes a queued call away, lets one that runs go on, and lets be what is over', async () => {
    const { pending } = runtime.stats();
    const sent = daemon.requestCount('getCapabilities');
    daemon.hold('getCapabilities');
    const calls = submitMany(5);
    await daemon.whenHeld('getCapabilities', 3);
    expect(runtime.stats().pending).toBe(pending + 5);
    const [running, queued] = [at(calls, 0), at(calls, 3)];
    expect(runtime.cancel(queued.call)).toBe('removed');
    expect(runtime.cancel(running.call)).toBe('released');
    expect(await failure(queued.pending)).toMatchObject({ code: 'ERR_LIBVIRT_CANCELLED' });
    expect(await failure(running.pending)).toMatchObject({
      code: 'ERR_LIBVIRT_ABANDONED',
      operation: 'virConnectGetCapabilities',
    });
    expect(runtime.cancel(queued.call)).toBe('settled');
    expect(runtime.cancel(running.call)).toBe('settled');
    expect(runtime.stats().pending).toBe(pending + 3);
    // It keeps its place until libvirt returns.
    expect(await native.virConnectGetHostname(remote)).toBe('fake-host');
    expect(daemon.heldCount('getCapabilities')).toBe(3);
    daemon.release();
    const rest = calls.filter((call) => call !== running && call !== queued);
    expect(await Promise.all(rest.map((call) => call.pending))).toEqual(Array(3).fill('<capabilities/>'));
    expect(daemon.requestCount('getCapabilities')).toBe(sent + 4);
    expect(runtime.stats().pending).toBe(pending);
  });

  it('gives back what a queued call owns, although its turn does not come', async () => {
    daemon.hold('getCapabilities');
    const running = submitMany(3);
    await daemon.whenHeld('getCapabilities', 3);
    const before = openDescriptors();
    const queued = Array.from({ length: 5 }, () => {
      const pending = native.virDomainCreateXMLWithFiles(remote, '<domain/>', [0, 1], 0);
      return { call: runtime.lastCall(), pending };
    });
    expect(openDescriptors()).toBe(before + 10);
    // From the middle, the end and the front of the queue.
    for (const index of [2, 4, 0, 3, 1]) expect(runtime.cancel(at(queued, index).call)).toBe('removed');
    expect(openDescriptors()).toBe(before);
    for (const error of await failures(queued.map(({ pending }) => pending)))
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CANCELLED' });
    daemon.release();
    await Promise.all(running.map(({ pending }) => pending));
  });

  it('closes a connection whose link is lost meanwhile', async () => {
    const other = await native.virConnectOpen(daemon.uri);
    daemon.hold('getCapabilities');
    const running = failure(submit(other).pending);
    await daemon.whenHeld('getCapabilities');
    const closing = failure(native.virConnectClose(other));
    runtime.lose(other, 'gone');
    expect(await running).toMatchObject({ message: 'gone', disconnected: true });
    // Not the reason for which the calls fail: closed it is.
    expect(await closing).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    daemon.release();
  });

  it('rejects all calls of one connection when it is abandoned, and no other', async () => {
    const other = await native.virConnectOpen(daemon.uri);
    daemon.hold('getCapabilities');
    const given = [submit(other), submit(other)];
    const kept = submit();
    await daemon.whenHeld('getCapabilities', 3);
    runtime.abandon(other);
    for (const error of await failures(given.map(({ pending }) => pending)))
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    daemon.release();
    expect(await kept.pending).toBe('<capabilities/>');
    expect(await native.virConnectClose(other)).toBe(0);
  });

  it('counts threads and handles', async () => {
    const other = await native.virConnectOpen('test:///default');
    const found = await native.virConnectListAllDomains(other, 0);
    expect(runtime.stats().handles).toBeGreaterThan(found.length);
    expect(runtime.stats().threads).toBeGreaterThan(0);
    expect(found).toHaveLength(1);
    await native.virConnectClose(other);
  });
});
