import { EventEmitter, getEventListeners, getMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection, Domain, Job, LibvirtError, Network, type CallOptions } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, machineXML, networkXML } from './helpers.js';
import { xdr } from './remote-protocol.js';

type Method = (this: unknown, ...values: unknown[]) => unknown;

const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
let daemon: FakeDaemon;
let remote: Connection;
let local: Connection;
let domain: Domain;
let network: Network;

beforeAll(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  remote = await Connection.open(daemon.uri);
  local = await Connection.open(scratch.host(machineXML({ name: 'on', uuid }) + networkXML('net', 'virbr7')));
  domain = await local.lookupDomainByName('on');
  network = await local.lookupNetworkByName('net');
});

afterEach(() => {
  daemon.release();
});

afterAll(async () => {
  await Promise.all([remote.close(), local.close()]);
  await daemon.stop();
  scratch.remove();
});

/** Three calls that run and keep all others that may wait in the queue. */
async function fill(): Promise<Promise<string>[]> {
  daemon.hold('getCapabilities');
  const calls = Array.from({ length: 3 }, () => remote.getCapabilities());
  await daemon.whenHeld('getCapabilities', 3);
  return calls;
}

describe('misuse of the facade', () => {
  // What the classes need for themselves, and what takes no argument of libvirt's.
  const own = [
    'constructor',
    'with',
    'call',
    'calls',
    'itself',
    'handle',
    'find',
    'summary',
    'close',
    'renew',
    'currentHandle',
    'domainOf',
    'job',
    'blockJob',
    'peek',
    'events',
    'checkEvent',
    // As those of any emitter, they throw at once.
    ...Object.getOwnPropertyNames(EventEmitter.prototype),
  ];

  const methods = (prototype: object): [string, Method][] => {
    const found: [string, Method][] = [];
    for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
      for (const name of Object.getOwnPropertyNames(at)) {
        const value: unknown = Object.getOwnPropertyDescriptor(at, name)?.value;
        if (typeof value === 'function' && !own.includes(name) && !/^to[A-Z]/.test(name))
          found.push([name, value as Method]);
      }
    }
    return found;
  };

  it.each([
    ['Connection', Connection.prototype, () => local],
    ['Domain', Domain.prototype, () => domain],
    ['Network', Network.prototype, () => network],
  ])('of %s never throws, but rejects with errors of this realm', async (_, prototype, object) => {
    const all = methods(prototype);
    expect(all.length).toBeGreaterThanOrEqual(10);
    for (const [name, method] of all) {
      // Where the first argument is libvirt's, a symbol fits nothing; what takes none ignores it.
      const takes = /^\w+\s*\(\s*\w/.test(String(method));
      if (!takes) continue;
      const pending = method.call(object(), Symbol(name));
      expect([name, pending instanceof Promise || pending instanceof Job]).toEqual([name, true]);
      const error = (await failure(pending as Promise<unknown>)) as Error;
      expect([name, error instanceof TypeError || error instanceof RangeError, error.message]).toEqual([
        name,
        true,
        expect.stringMatching(/must be|symbol/i),
      ]);
    }
  });

  it('shows in RangeErrors and TypeErrors alike', async () => {
    expect(await failure(local.lookupDomainByID(2 ** 31))).toBeInstanceOf(RangeError);
    expect(await failure(local.lookupDomainByName('a\0b'))).toBeInstanceOf(TypeError);
    expect(await failure(domain.getXMLDesc(1.5))).toBeInstanceOf(RangeError);
  });

  it.each([{ timeout: -1 }, { timeout: NaN }, { timeout: 2 ** 31 }, { timeout: '5' }, { signal: 5 }, { signal: {} }])(
    'of with(%p) rejects the call, before it is made',
    async (options) => {
      const before = native.runtime.lastCall();
      const error = await failure(domain.with(options as CallOptions).getInfo());
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
      expect(error).toHaveProperty('message', expect.stringContaining(Object.keys(options).join()));
      expect(native.runtime.lastCall()).toBe(before);
    },
  );
});

describe('a view', () => {
  it('is the same object with limits', async () => {
    const view = domain.with({ timeout: 1000 });
    expect(view).toBeInstanceOf(Domain);
    expect([view.name, view.uuid, view.connection]).toEqual(['on', uuid, local]);
    expect(view.connection).toBe(local);
    expect(await view.getXMLDesc()).toBe(await domain.getXMLDesc());
    expect(await view.with({ signal: new AbortController().signal }).getID()).toBe(await domain.getID());
    expect(inspect(view)).toBe(inspect(domain));
  });

  it('of a connection finds objects of the connection itself', async () => {
    const view = local.with({ timeout: 1000 });
    expect(view.uri).toBe(local.uri);
    const [found] = await view.listAllDomains();
    expect(found?.connection).toBe(local);
    expect((await view.lookupNetworkByName('net')).connection).toBe(local);
    expect(await view.isAlive()).toBe(true);
  });

  it('gives the limits of the view that it was made of', async () => {
    const reason = new Error('both');
    const view = domain.with({ signal: AbortSignal.abort(reason) }).with({ timeout: 1000 });
    expect(await failure(view.getInfo())).toBe(reason);
  });
});

describe('a signal', () => {
  it('that was aborted before makes no call', async () => {
    const before = native.runtime.lastCall();
    const reason = new Error('before');
    expect(await failure(domain.with({ signal: AbortSignal.abort(reason) }).destroy())).toBe(reason);
    expect(await failure(domain.with({ signal: AbortSignal.abort() }).destroy())).toHaveProperty('name', 'AbortError');
    expect(native.runtime.lastCall()).toBe(before);
    expect(await domain.isActive()).toBe(true);
  });

  it('takes a call out of the queue', async () => {
    const sent = daemon.requestCount('getCapabilities');
    const running = await fill();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const queued = failure(remote.with({ signal: controller.signal }).getCapabilities());
    controller.abort(reason);
    expect(await queued).toBe(reason);
    daemon.release();
    await Promise.all(running);
    expect(await remote.getCapabilities()).toBe('<capabilities/>');
    expect(daemon.requestCount('getCapabilities')).toBe(sent + 4);
  });

  it('releases the caller of a call that runs', async () => {
    daemon.hold('getCapabilities');
    const controller = new AbortController();
    const running = failure(remote.with({ signal: controller.signal }).getCapabilities());
    await daemon.whenHeld('getCapabilities');
    const reason = new Error('enough');
    controller.abort(reason);
    const error = await running;
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({
      code: 'ERR_LIBVIRT_ABANDONED',
      operation: 'virConnectGetCapabilities',
      cause: reason,
      message: expect.stringContaining('may still happen'),
    });
    expect(daemon.heldCount('getCapabilities')).toBe(1);
    daemon.release();
  });

  it('that comes after the answer changes nothing, and is not listened to any more', async () => {
    const controller = new AbortController();
    const view = remote.with({ signal: controller.signal, timeout: 1000 });
    expect(await view.getHostname()).toBe('fake-host');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const later = remote.getHostname();
    controller.abort();
    expect(await later).toBe('fake-host');
  });

  it('ends a call on several machines, and not another one that was made before', async () => {
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(3)]));
    const machine = await remote.lookupDomainByName('pc1');
    daemon.hold('getCapabilities', 'getAllDomainStats');
    const kept = remote.getCapabilities();
    const controller = new AbortController();
    const ended = failure(remote.with({ signal: controller.signal }).getDomainListStats([machine]));
    await daemon.whenHeld('getAllDomainStats');
    controller.abort();
    expect(await ended).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virDomainListGetStats' });
    daemon.release();
    expect(await kept).toBe('<capabilities/>');
  });

  it('ends all calls that it was given to, and no other', async () => {
    const controller = new AbortController();
    daemon.hold('getCapabilities');
    const view = remote.with({ signal: controller.signal });
    const ended = Promise.allSettled(Array.from({ length: 50 }, () => view.getCapabilities()));
    const kept = remote.getCapabilities();
    await daemon.whenHeld('getCapabilities', 3);
    const listening = getEventListeners(controller.signal, 'abort').length;
    controller.abort(new Error('all'));
    const results = await ended;
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(50);
    daemon.release();
    expect(await kept).toBe('<capabilities/>');
    // Beyond its limit Node warns the user of a leak that is none.
    expect(listening).toBeLessThanOrEqual(getMaxListeners(controller.signal) || Infinity);
  });
});

describe('a timeout', () => {
  it('ends the wait for a call that runs, and says that it may still happen', async () => {
    daemon.hold('getCapabilities');
    const error = await failure(remote.with({ timeout: 15 }).getCapabilities());
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virConnectGetCapabilities',
      message: expect.stringMatching(/15 ms.*may still happen/),
    });
    daemon.release();
  });

  it('ends the wait for a queued call, and says that it did not start', async () => {
    const sent = daemon.requestCount('getCapabilities');
    const running = await fill();
    const error = await failure(remote.with({ timeout: 15 }).getCapabilities());
    expect(error).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', message: expect.stringContaining('did not start') });
    daemon.release();
    await Promise.all(running);
    expect(daemon.requestCount('getCapabilities')).toBe(sent + 3);
  });

  it('bounds the look-up that getID makes', async () => {
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(3)]));
    const machine = await remote.lookupDomainByName('pc1');
    daemon.hold('lookupDomainByUUID');
    expect(await failure(machine.with({ timeout: 15 }).getID())).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      operation: 'virDomainLookupByUUIDString',
    });
    daemon.release();
  });
});

describe('util.inspect', () => {
  it('shows what an object is, and none of its workings', () => {
    expect(inspect(domain)).toBe(`Domain { name: 'on', uuid: '${uuid}' }`);
    expect(inspect(network)).toBe(`Network { name: 'net', uuid: '${network.uuid}' }`);
    expect(inspect(local)).toBe(`Connection { uri: '${local.uri}' }`);
    expect(inspect({ a: { b: { c: domain } } })).toContain('[Domain]');
  });
});
