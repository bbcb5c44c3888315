import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  Connection,
  Domain,
  type EventOptions,
  type LibvirtEventName,
  Network,
  NodeDevice,
  Secret,
  StoragePool,
} from '../lib/index.js';
import { eventNames } from '../lib/events/table.js';
import { type Telling, type WireEvent, wireEvents } from './events-wire-rows.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { type Procedure, xdr } from './remote-protocol.js';
import { itSince } from './versions.js';

// Every event as libvirt's protocol carries it, since no host here makes all of them happen, and none with all values.

const { int, string } = xdr;
const scratch = new Scratch();
const uuid = '11111111-2222-4333-8444-555555555555';
const named = Buffer.concat([string('größe'), xdr.uuid(uuid)]);

let daemon: FakeDaemon;
let connection: Connection;

beforeEach(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  daemon.answer('supportsFeature', int(1));
  connection = await Connection.open(daemon.uri, { keepAlive: false });
});
afterEach(async () => {
  await connection.close();
  await daemon.stop();
});
afterAll(() => {
  scratch.remove();
});

/** What the events of one class of objects have in common. */
interface Family {
  register: Procedure;
  deregister: Procedure;
  /** Where the object is in an event. */
  key: string;
  /** The object on the wire. */
  object: Buffer;
  /** What it has to be for the listener. */
  check: (object: unknown) => Promise<void> | void;
}

/** Checks for an object of a class that has these properties. */
const is = (type: { prototype: object }, properties: object) => (object: unknown) => {
  expect(object).toBeInstanceOf(type);
  expect(object).toMatchObject(properties);
};

const domains: Family = {
  register: 'connectDomainEventCallbackRegisterAny',
  deregister: 'connectDomainEventCallbackDeregisterAny',
  key: 'domain',
  object: Buffer.concat([named, int(7)]),
  check: is(Domain, { name: 'größe', uuid }),
};
const families: Record<string, Family> = {
  domain: domains,
  network: {
    register: 'connectNetworkEventRegisterAny',
    deregister: 'connectNetworkEventDeregisterAny',
    key: 'network',
    object: named,
    check: is(Network, { name: 'größe', uuid }),
  },
  'storage-pool': {
    register: 'connectStoragePoolEventRegisterAny',
    deregister: 'connectStoragePoolEventDeregisterAny',
    key: 'pool',
    object: named,
    check: is(StoragePool, { name: 'größe', uuid }),
  },
  'node-device': {
    register: 'connectNodeDeviceEventRegisterAny',
    deregister: 'connectNodeDeviceEventDeregisterAny',
    key: 'device',
    object: string('mdev_größe'),
    check: is(NodeDevice, { name: 'mdev_größe' }),
  },
  secret: {
    register: 'connectSecretEventRegisterAny',
    deregister: 'connectSecretEventDeregisterAny',
    key: 'secret',
    object: Buffer.concat([xdr.uuid(uuid), int(2), string('größe')]),
    check: async (secret) => {
      is(Secret, { uuid })(secret);
      expect(await (secret as Secret).getUsageType()).toBe(2);
      expect(await (secret as Secret).getUsageID()).toBe('größe');
    },
  },
};
const monitor: Family = { ...domains, register: 'qemuMonitorEventRegister', deregister: 'qemuMonitorEventDeregister' };

/** Listens until the last of so many events has come. */
async function listen(name: LibvirtEventName, count: number, options: EventOptions = {}) {
  const events: Record<string, unknown>[] = [];
  let whole: (() => void) | undefined;
  const all = new Promise<void>((resolve) => (whole = resolve));
  const listener = (event: object) => {
    if (events.push({ ...event }) === count) whole?.();
  };
  const subscription = await connection.subscribe(name, listener, options);
  return { subscription, all: all.then(() => events) };
}

async function check(name: LibvirtEventName, { id, message, tellings }: WireEvent): Promise<void> {
  const family = id === undefined ? monitor : families[name.replace(/:.*/, '')];
  if (family === undefined) throw new Error(`${name} is of no known class`);
  const { register, deregister, key, object } = family;
  const tell = (callbackID: number, { before = Buffer.alloc(0), after }: Telling) => {
    daemon.tell(
      message,
      Buffer.concat([int(callbackID), before, object, ...after]),
      id === undefined ? 'qemu' : 'remote',
    );
  };

  daemon.answer(deregister, Buffer.alloc(0));
  daemon.answer(register, int(41));
  const any = await listen(name, tellings.length);
  const wanted = id === undefined ? [int(0), int(0), int(0)] : [int(id), int(0)];
  expect(daemon.body(register)).toEqual(Buffer.concat(wanted));
  for (const telling of tellings) tell(41, telling);
  const events = await any.all;
  for (const [at, telling] of tellings.entries()) {
    const { [key]: about, ...payload } = events[at] ?? {};
    await family.check(about);
    expect(payload).toStrictEqual(telling.payload);
  }

  // QEMU's events of one machine are chosen here, and not by the daemon.
  if (id !== undefined) {
    daemon.answer(register, int(42));
    const one = await listen(name, 1, { object: events[0]?.[key] } as EventOptions);
    expect(daemon.body(register)).toEqual(Buffer.concat([int(id), int(1), object]));
    tell(42, tellings[0]);
    expect((await one.all)[0]).toMatchObject(tellings[0].payload);
    await one.subscription.unsubscribe();
    expect(daemon.body(deregister)).toEqual(int(42));
  }
  await any.subscription.unsubscribe();
  expect(daemon.body(deregister)).toEqual(int(41));
  expect(events).toHaveLength(tellings.length);
}

for (const [name, event] of Object.entries(wireEvents) as [LibvirtEventName, WireEvent][]) {
  const title = `${name} comes whole`;
  if (event.since === undefined) it(title, () => check(name, event));
  else itSince(event.since, title, () => check(name, event));
}

it('no event is missing here', () => {
  expect(Object.keys(wireEvents).sort()).toEqual(eventNames().sort());
});
