import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainEventID,
  DomainEventType,
  type DomainLifecycleEvent,
  LibvirtError,
  type LibvirtEventName,
  NetworkEventID,
  NodeDeviceEventID,
  SecretEventID,
  StoragePoolEventID,
} from '../lib/index.js';
import { eventNames } from '../lib/events/table.js';
import { native } from '../lib/native.js';
import { failure, machineXML, networkXML, Scratch, thrown } from './helpers.js';

const scratch = new Scratch();
const pool = '<pool type="dir"><name>pool</name><target><path>/pool</path></target></pool>';
const { STARTED, STOPPED, SUSPENDED, RESUMED, DEFINED, UNDEFINED } = DomainEventType;

let connection: Connection;
let domain: Domain;

beforeEach(async () => {
  const off = 5;
  const xml =
    machineXML({ name: 'one', state: off }) +
    machineXML({ name: 'two', state: off }) +
    networkXML('net', 'virbr7') +
    pool;
  connection = await Connection.open(scratch.host(xml));
  domain = await connection.lookupDomainByName('one');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

/** Everything that was posted before is delivered by now. */
const settled = () => connection.getHostname().then(() => new Promise((resolve) => setTimeout(resolve, 50)));

/** What a listener of machines' lives hears. */
function heard(on: Connection | Domain = connection): [string, number][] {
  const list: [string, number][] = [];
  const listener = ({ domain, event }: DomainLifecycleEvent) => void list.push([domain.name, event]);
  if (on instanceof Connection) on.on('domain:lifecycle', listener);
  else on.on('lifecycle', listener);
  return list;
}

/** Waits for as many, without knowing what they are. */
async function until(list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}

describe('the names', () => {
  const documented = (file: string) => readFileSync(path.join(__dirname, '../lib/events', file), 'utf8');

  it('are those of libvirt, each with the version that brought it', () => {
    const ids = {
      domain: DomainEventID,
      network: NetworkEventID,
      'storage-pool': StoragePoolEventID,
      'node-device': NodeDeviceEventID,
      secret: SecretEventID,
    };
    const names = Object.entries(ids).flatMap(([prefix, constants]) =>
      Object.keys(constants).map((name) => `${prefix}:${name.toLowerCase().replaceAll('_', '-')}`),
    );
    expect(eventNames().sort()).toEqual([...names, 'domain:qemu-monitor'].sort());
    expect(names).toHaveLength(38);
    const rows = readFileSync(path.join(__dirname, '../tools/api/enums.tsv'), 'utf8').split('\n');
    const sources = { domain: documented('domain-events.ts'), others: documented('event-map.ts') };
    for (const [enumName, constant, , since] of rows.map((row) => row.split('\t'))) {
      const prefix = /^vir(Domain|Network|StoragePool|NodeDevice|Secret)EventID$/.exec(enumName ?? '')?.[1];
      if (prefix === undefined || constant?.endsWith('_LAST') === true) continue;
      const name = (constant ?? '')
        .replace(/^.*_EVENT_ID_/, '')
        .toLowerCase()
        .replaceAll('_', '-');
      const key = name.includes('-') ? `'${name}'` : name;
      const source = prefix === 'Domain' ? sources.domain : sources.others;
      const block = prefix === 'Domain' ? source : source.slice(source.indexOf(`export interface ${prefix}Events {`));
      const member = new RegExp(`\\* @since libvirt ([\\d.]+)\\n?\\s*\\*/\\n  ${key}: \\[event`).exec(block);
      expect({ constant, since: member?.[1] }).toEqual({ constant, since });
    }
  });

  it('are checked', () => {
    const unknown = 'domain:lifecylce' as LibvirtEventName;
    expect(thrown(() => connection.on(unknown, () => undefined))).toMatchObject({
      name: 'TypeError',
      message: 'there is no event "domain:lifecylce"',
    });
    expect(() => domain.on('close' as 'lifecycle', () => undefined)).toThrow(TypeError);
    expect(() => connection.on('close', 'text' as never)).toThrow('a listener must be a function but is string');
    expect(() => connection.events(unknown)).toThrow(TypeError);
  });

  it('of every event that the loaded libvirt lacks are refused with the version that it needs', async () => {
    const loaded = native.virGetVersion().libVer;
    const rows = readFileSync(path.join(__dirname, '../src/generated/events.h'), 'utf8');
    for (const [, constant, since] of rows.matchAll(/\{"(VIR_\w+)", (\d+)\}/g)) {
      const [, kind, name] = /^VIR_(.*)_EVENT_ID_(.*)$/.exec(constant ?? '') ?? [];
      const event = `${kind ?? ''}:${name ?? ''}`.toLowerCase().replaceAll('_', '-') as LibvirtEventName;
      const tried = connection
        .subscribe(event, () => undefined)
        .then(
          () => 'taken',
          (error: unknown) => error,
        );
      if (Number(since) > loaded) {
        const version = `${Math.floor(Number(since) / 1e6)}.${Math.floor(Number(since) / 1000) % 1000}.`;
        expect(await tried).toMatchObject({
          code: 'VIR_ERR_NO_SUPPORT',
          message: expect.stringContaining(`${constant ?? ''} needs libvirt ${version}`),
        });
      } else if (kind === 'SECRET') expect(await tried).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
      else expect({ event, answer: await tried }).toEqual({ event, answer: 'taken' });
    }
  });
});

describe('on, once, off', () => {
  it('tells of what later calls do, from the first on, and in order', async () => {
    const list = heard();
    await domain.create();
    await domain.suspend();
    await domain.resume();
    await domain.destroy();
    await until(list, 4);
    expect(list).toEqual([STARTED, SUSPENDED, RESUMED, STOPPED].map((event) => ['one', event]));
  });

  it('tells of every object that the test driver has', async () => {
    const names: string[] = [];
    const listen = (name: LibvirtEventName) =>
      connection.on(name, (event) => {
        const [subject] = Object.values(event) as { name: string }[];
        const more = 'event' in event ? String(event.event) : '';
        names.push(`${name} ${subject?.name ?? ''} ${more}`.trim());
      });
    listen('network:lifecycle');
    listen('storage-pool:lifecycle');
    listen('storage-pool:refresh');
    listen('node-device:lifecycle');
    const network = await connection.lookupNetworkByName('net');
    const store = await connection.lookupStoragePoolByName('pool');
    await network.destroy();
    await network.create();
    await store.refresh();
    await store.destroy();
    await store.undefine();
    await until(names, 5);
    expect(names).toEqual([
      'network:lifecycle net 3',
      'network:lifecycle net 2',
      'storage-pool:refresh pool',
      'storage-pool:lifecycle pool 3',
      'storage-pool:lifecycle pool 1',
    ]);
  });

  it('gives the object that a look-up gives', async () => {
    const told = once(connection as never, 'domain:lifecycle') as Promise<[DomainLifecycleEvent]>;
    await domain.create();
    const [{ domain: other }] = await told;
    expect(other).not.toBe(domain);
    expect([other.name, other.uuid, other.connection]).toEqual([domain.name, domain.uuid, connection]);
    expect(await other.isActive()).toBe(true);
  });

  it('listens to one object alone', async () => {
    const two = await connection.lookupDomainByName('two');
    const own = heard(domain);
    const all = heard();
    await two.create();
    await domain.create();
    await until(all, 2);
    expect(own).toEqual([['one', STARTED]]);
  });

  it('has the same listeners on a view of the object', async () => {
    const list: number[] = [];
    const listener = ({ event }: DomainLifecycleEvent) => void list.push(event);
    domain.with({ timeout: 1000 }).on('lifecycle', listener);
    expect(domain.listenerCount('lifecycle')).toBe(1);
    domain.off('lifecycle', listener);
    await domain.create();
    await settled();
    expect(list).toEqual([]);
  });

  it('is once only once, and off is off at once', async () => {
    const list: string[] = [];
    const never = () => void list.push('never');
    connection.once('domain:lifecycle', () => void list.push('once'));
    connection.on('domain:lifecycle', never).off('domain:lifecycle', never);
    connection.once('domain:lifecycle', never).off('domain:lifecycle', never);
    connection.prependListener('domain:lifecycle', () => void list.push('first'));
    connection.addListener('domain:lifecycle', () => void list.push('last'));
    expect(connection.listenerCount('domain:lifecycle')).toBe(3);
    expect(connection.eventNames()).toEqual(['domain:lifecycle']);
    await domain.create();
    await domain.destroy();
    await until(list, 5);
    expect(list).toEqual(['first', 'once', 'last', 'first', 'last']);
    connection.removeAllListeners();
    expect(connection.eventNames()).toEqual([]);
  });

  it('takes listeners away and brings them while an event is told', async () => {
    const list: string[] = [];
    const second = () => void list.push('second');
    const late = () => void list.push('late');
    connection.on('domain:lifecycle', () => {
      list.push('first');
      connection.off('domain:lifecycle', second);
      if (connection.listenerCount('domain:lifecycle') < 2) connection.on('domain:lifecycle', late);
    });
    connection.on('domain:lifecycle', second);
    await domain.create();
    await domain.destroy();
    await until(list, 4);
    expect(list).toEqual(['first', 'second', 'first', 'late']);
  });

  it('emits error where libvirt cannot, and removes the listener', async () => {
    const told = once(connection as never, 'error');
    connection.on('secret:lifecycle', () => undefined);
    expect((await told)[0]).toMatchObject({
      name: 'LibvirtError',
      code: 'VIR_ERR_NO_SUPPORT',
      operation: 'virConnectSecretEventRegisterAny',
    });
    expect(connection.listenerCount('secret:lifecycle')).toBe(0);
    const ofObject = once(domain as never, 'error');
    domain.on('qemu-monitor', () => undefined);
    expect((await ofObject)[0]).toBeInstanceOf(LibvirtError);
    expect(domain.listenerCount('qemu-monitor')).toBe(0);
  });

  it('tells libvirt when the last listener goes', async () => {
    const { handle } = connection.link;
    const listener = () => undefined;
    const other = () => undefined;
    connection.on('domain:lifecycle', listener).on('domain:lifecycle', other);
    await connection.getHostname();
    // Registrations hold the native connection: what closes it is told how many references are left.
    connection.off('domain:lifecycle', listener);
    connection.off('domain:lifecycle', other);
    await connection.getHostname();
    const id = await native.virConnectDomainEventRegisterAny(handle, null, 0, () => undefined);
    await native.virConnectDomainEventDeregisterAny(handle, id);
    expect(id).toBe(2);
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('is told of on a closed connection', async () => {
    await connection.close();
    const told = once(connection as never, 'error');
    connection.on('domain:lifecycle', () => undefined);
    expect((await told)[0]).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });

  it('ends silently when the connection is closed in the same moment', async () => {
    connection.on('error', (error) => {
      throw error;
    });
    connection.on('domain:lifecycle', () => undefined);
    domain.on('reboot', () => undefined);
    await connection.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(connection.hub.registrations.size).toBe(0);
  });
});

describe('subscribe', () => {
  it('refuses misuse', async () => {
    const listener = () => undefined;
    const subscribe = connection.subscribe.bind(connection) as (...args: unknown[]) => Promise<unknown>;
    expect(await failure(subscribe('nothing', listener))).toMatchObject({ name: 'TypeError' });
    expect(await failure(subscribe('domain:reboot'))).toMatchObject({ name: 'TypeError' });
    expect(await failure(subscribe('domain:reboot', listener, { limit: 0 }))).toMatchObject({ name: 'RangeError' });
    expect(await failure(subscribe('domain:reboot', listener, { overflow: 1 }))).toMatchObject({ name: 'TypeError' });
    expect(await failure(subscribe('domain:reboot', listener, { pattern: 'x' }))).toMatchObject({ name: 'TypeError' });
    expect(await failure(subscribe('network:lifecycle', listener, { object: domain }))).toMatchObject({
      name: 'TypeError',
      message: 'subscribe: object must be what network:lifecycle is about',
    });
    expect(await failure(subscribe('domain:reboot', listener, { signal: AbortSignal.abort('no') }))).toBe('no');
    expect(await failure(subscribe('secret:lifecycle', listener))).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('refuses an object of another connection', async () => {
    const other = await Connection.open('test:///default');
    const stranger = await other.lookupDomainByName('test');
    expect(await failure(connection.subscribe('domain:reboot', () => undefined, { object: stranger }))).toMatchObject({
      code: 'VIR_ERR_INVALID_ARG',
    });
    await other.close();
  });

  it('tells until it is ended, by whatever means', async () => {
    const list: string[] = [];
    const controller = new AbortController();
    const by = (name: string) => () => void list.push(name);
    const plain = await connection.subscribe('domain:lifecycle', by('plain'), { object: domain });
    const signalled = await connection.subscribe('domain:lifecycle', by('signal'), { signal: controller.signal });
    const disposed = await connection.subscribe('domain:lifecycle', by('dispose'));
    expect(plain.name).toBe('domain:lifecycle');
    await domain.create();
    await until(list, 3);
    expect([...list].sort()).toEqual(['dispose', 'plain', 'signal']);
    await plain.unsubscribe();
    controller.abort();
    await disposed[Symbol.asyncDispose]();
    await Promise.all([plain.ended, signalled.ended, disposed.ended]);
    await domain.destroy();
    await settled();
    expect(list).toHaveLength(3);
    await plain.unsubscribe();
  });

  it('ends with the connection', async () => {
    const subscription = await connection.subscribe('domain:lifecycle', () => undefined);
    await connection.close();
    await expect(subscription.ended).resolves.toBeUndefined();
    await subscription.unsubscribe();
  });
});

describe('events', () => {
  it('gives what happens from the call on, in order, until it is left', async () => {
    const events = connection.events('domain:lifecycle');
    await domain.create();
    await domain.destroy();
    await domain.undefine();
    const list: number[] = [];
    for await (const { event } of events) {
      list.push(event);
      if (list.length === 3) break;
    }
    expect(list).toEqual([STARTED, STOPPED, UNDEFINED]);
    expect(await events.next()).toEqual({ value: undefined, done: true });
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('ends with close(), after what had come', async () => {
    const events = connection.events('domain:lifecycle');
    const list: number[] = [];
    await connection.defineDomainXML(machineXML({ name: 'three' }));
    const loop = (async () => {
      for await (const { event } of events) list.push(event);
    })();
    await until(list, 1);
    await connection.close();
    await loop;
    expect(list).toEqual([DEFINED]);
  });

  it('rejects with the signal’s reason, and where libvirt cannot', async () => {
    const controller = new AbortController();
    const events = connection.events('domain:lifecycle', { signal: controller.signal });
    const waiting = [events.next(), events.next()];
    controller.abort('enough');
    expect(await failure(waiting[0] as Promise<unknown>)).toBe('enough');
    expect(await waiting[1]).toEqual({ value: undefined, done: true });
    const refused = connection.events('secret:lifecycle');
    expect(await failure(refused.next())).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
    expect(await refused.next()).toEqual({ value: undefined, done: true });
    const late = connection.events('domain:lifecycle', { signal: AbortSignal.abort('late') });
    expect(await failure(late.next())).toBe('late');
  });

  it('ends with the reason of a connection that is lost', async () => {
    const events = connection.events('domain:lifecycle');
    const next = events.next();
    const subscription = await connection.subscribe('domain:lifecycle', () => undefined);
    const reason = new Error('lost');
    connection.hub.end(reason);
    expect(await failure(next)).toBe(reason);
    expect(await failure(subscription.ended)).toBe(reason);
  });

  it('drops the newest beyond its limit, and says how many', async () => {
    const gaps: number[] = [];
    const events = connection.events('domain:lifecycle', { limit: 2, overflow: (count) => void gaps.push(count) });
    for (let i = 0; i < 3; i += 1) {
      await domain.create();
      await domain.destroy();
    }
    await settled();
    expect((await events.next()).value?.event).toBe(STARTED);
    expect((await events.next()).value?.event).toBe(STOPPED);
    // In parts when the JavaScript thread was busy: then some are dropped before they get here.
    expect(gaps.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(events.lost).toBe(4);
    await domain.undefine();
    expect((await events.next()).value?.event).toBe(UNDEFINED);
    await events.return();
  });
});

describe('a JavaScript thread that is busy', () => {
  /** Keeps it until the other threads have done so much. */
  const busy = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };

  it('gets what fits into the queue, and then exactly how many did not', async () => {
    const order: (number | string)[] = [];
    const subscription = await connection.subscribe('domain:lifecycle', ({ event }) => void order.push(event), {
      limit: 5,
      overflow: (count) => void order.push(`lost ${count}`),
    });
    const overflows: unknown[] = [];
    connection.on('overflow', (overflow) => void overflows.push(overflow));
    await connection.getHostname();
    const { handle } = connection.link;
    const one = await native.virDomainLookupByName(handle, 'one');
    const calls: Promise<unknown>[] = [];
    native.runtime.setMaxCalls(handle, 1);
    for (let i = 0; i < 10; i += 1) calls.push(native.virDomainCreate(one), native.virDomainDestroy(one));
    busy(500);
    await Promise.all(calls);
    await until(order, 6);
    expect(order).toEqual([STARTED, STOPPED, STARTED, STOPPED, STARTED, 'lost 15']);
    expect(subscription.lost).toBe(15);
    expect(overflows).toEqual([]);
    await domain.undefine();
    await until(order, 7);
    expect(order.at(-1)).toBe(UNDEFINED);
    await subscription.unsubscribe();
  });

  it('hears of the loss by the connection’s overflow where nothing else was said', async () => {
    await connection.subscribe('domain:lifecycle', () => undefined, { limit: 1, object: domain });
    const told = once(connection as never, 'overflow');
    const { handle } = connection.link;
    const one = await native.virDomainLookupByName(handle, 'one');
    const calls = [native.virDomainCreate(one), native.virDomainDestroy(one)];
    busy(200);
    await Promise.all(calls);
    expect((await told)[0]).toEqual({ name: 'domain:lifecycle', count: 1 });
  });
});

describe('the raw layer', () => {
  it('shares one C registration between as many as want', async () => {
    const { handle } = connection.link;
    const lists: [unknown[], unknown[]] = [[], []];
    const dom = await native.virDomainLookupByName(handle, 'one');
    const first = await native.virConnectDomainEventRegisterAny(handle, null, 0, (...args: unknown[]) => {
      lists[0].push(args);
    });
    const second = await native.virConnectDomainEventRegisterAny(handle, null, 0, (...args: unknown[]) => {
      lists[1].push(args);
    });
    expect([first, second]).toEqual([1, 2]);
    await native.virDomainCreate(dom);
    await until(lists[1], 1);
    for (const [first] of lists as [typeof handle, typeof dom, number, number][][]) {
      const [conn, object, event, detail] = first ?? [];
      expect(conn && native.virConnectGetURI(conn)).toMatch(/^test:/);
      expect(object && native.virDomainGetName(object)).toBe('one');
      expect([event, detail]).toEqual([STARTED, 0]);
    }
    await native.virConnectDomainEventDeregisterAny(handle, first);
    await native.virDomainDestroy(dom);
    await until(lists[1], 2);
    await settled();
    expect(lists[0]).toHaveLength(1);
    await native.virConnectDomainEventDeregisterAny(handle, second);
  });

  it('refuses numbers that are no registration, or one of another kind', async () => {
    const { handle } = connection.link;
    const id = await native.virConnectNetworkEventRegisterAny(handle, null, 0, () => undefined);
    const wrong = { code: 8, message: expect.stringContaining('there is no registration') };
    expect(await failure(native.virConnectDomainEventDeregisterAny(handle, id))).toMatchObject(wrong);
    expect(await failure(native.virConnectNetworkEventDeregisterAny(handle, id + 1))).toMatchObject(wrong);
    await native.virConnectNetworkEventDeregisterAny(handle, id);
    expect(await failure(native.virConnectNetworkEventDeregisterAny(handle, id))).toMatchObject(wrong);
    expect(await failure(native.virConnectDomainEventRegisterAny(handle, null, 30, () => undefined))).toMatchObject({
      code: 8,
      message: 'no event 30 of a domain is known',
    });
    expect(await failure(native.virConnectSecretEventRegisterAny(handle, null, -1, () => undefined))).toMatchObject({
      code: 8,
    });
  });

  it('knows the oldest registrations by their function', async () => {
    const { handle } = connection.link;
    const list: number[] = [];
    const one = (_: unknown, __: unknown, event: number) => void list.push(event);
    const other = (_: unknown, __: unknown, event: number) => void list.push(-event);
    await native.virConnectDomainEventRegister(handle, one);
    await native.virConnectDomainEventRegister(handle, other);
    expect(await failure(native.virConnectDomainEventRegister(handle, one))).toMatchObject({ code: 8 });
    await domain.create();
    await until(list, 2);
    expect(list).toEqual([STARTED, -STARTED]);
    await native.virConnectDomainEventDeregister(handle, one);
    expect(await failure(native.virConnectDomainEventDeregister(handle, one))).toMatchObject({ code: 8 });
    await domain.destroy();
    await until(list, 3);
    expect(list.at(-1)).toBe(-STOPPED);
    await native.virConnectDomainEventDeregister(handle, other);
  });

  it('sends no call before a registration that was made earlier stands', async () => {
    const { handle } = connection.link;
    const dom = await native.virDomainLookupByName(handle, 'one');
    for (let i = 0; i < 50; i += 1) {
      const list: number[] = [];
      const registering = native.virConnectDomainEventRegisterAny(
        handle,
        dom,
        0,
        (_: unknown, __: unknown, event: number) => void list.push(event),
      );
      const calls = [
        native.virDomainCreate(dom),
        native.virDomainGetState(dom, 0),
        native.virConnectGetHostname(handle),
      ];
      const id = await registering;
      await Promise.all(calls);
      await native.virDomainDestroy(dom);
      await until(list, 2);
      expect(list).toEqual([STARTED, STOPPED]);
      await native.virConnectDomainEventDeregisterAny(handle, id);
    }
  });

  it('lets several calls run again after a registration', async () => {
    const { handle } = connection.link;
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i += 1) {
      calls.push(native.virConnectDomainEventRegisterAny(handle, null, i % 20, () => undefined));
      for (let j = 0; j < 5; j += 1)
        calls.push(native.virConnectGetHostname(handle), native.virConnectGetCapabilities(handle));
    }
    expect(await Promise.all(calls)).toHaveLength(220);
  });
});
