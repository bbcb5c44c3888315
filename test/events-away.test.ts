import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConnectCloseReason, type Connection, type Domain, DomainEventType, LibvirtError } from '../lib/index.js';
import { native } from '../lib/native.js';
import { fakeDaemons, lifecycle, lifecycleMessage, machine, next, noDomain, quickly } from './fake-daemons.js';
import { type FakeDaemon } from './fake-daemon.js';
import { failure } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(60_000);

const fakes = fakeDaemons();
const { STARTED, STOPPED } = DomainEventType;
const lost = { code: 'ERR_LIBVIRT_DISCONNECTED' };
const nothing = () => undefined;

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await start();
});

async function start(path?: string): Promise<FakeDaemon> {
  const fake = await fakes.start(path);
  fake.answer('lookupDomainByName', machine());
  fake.answer('lookupDomainByUUID', machine());
  return fake;
}

/** Stops the daemon, and resolves when the connections know. */
async function stop(...connections: Connection[]): Promise<void> {
  const away = Promise.all(connections.map((connection) => next(connection, 'disconnect')));
  await fakes.stop(daemon);
  await away;
}

/** The daemon that comes after it; `prepare` is done before a client can know it. */
async function comeBack(connection: Connection, prepare: (daemon: FakeDaemon) => void = nothing): Promise<void> {
  const back = next(connection, 'resync');
  daemon = await start(daemon.socketPath);
  prepare(daemon);
  await back;
}

/** Resolves when as many are there. */
async function until(list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}

const listen = (on: Connection | Domain): number[] => {
  const list: number[] = [];
  const listener = ({ event }: { event: number }) => void list.push(event);
  if ('hub' in on) on.on('domain:lifecycle', listener);
  else on.on('lifecycle', listener);
  return list;
};

describe('a link that is lost', () => {
  it('takes with it the events that come late', async () => {
    const connection = await fakes.open(daemon, { reconnect: quickly });
    const domain = await connection.lookupDomainByName('far');
    const lists = [listen(connection), listen(domain)];
    const iterator = connection.events('domain:lifecycle');
    await connection.getHostname();
    // The daemon hangs, and so does a call, without whose end the old link cannot be closed.
    daemon.silence();
    const call = failure(connection.getHostname());
    await daemon.whenHeld('getHostname');
    const back = next(connection, 'resync');
    const offered = native.runtime.stats().events;
    connection.session.hear(connection.link.generation, ConnectCloseReason.KEEPALIVE);
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    while (native.runtime.stats().events === offered) await new Promise((resolve) => setImmediate(resolve));
    daemon.release();
    await back;
    expect(await call).toMatchObject(lost);
    daemon.tell(lifecycleMessage, lifecycle(STOPPED));
    expect((await iterator.next()).value?.event).toBe(STOPPED);
    for (const list of lists) await until(list, 1);
    expect(lists).toEqual([[STOPPED], [STOPPED]]);
  });

  // The addon drops those whose objects went with the link. Should one come through, nobody is told of it all the same.
  it('is told of by no event and no gap that its registration still brings', async () => {
    const register = jest.spyOn(native, 'virConnectDomainEventRegisterAny');
    const connection = await fakes.open(daemon, { reconnect: quickly });
    const list = listen(connection);
    let gaps = 0;
    connection.on('overflow', () => (gaps += 1));
    await connection.getHostname();
    const [conn, , , callback, queue] = register.mock.lastCall as Parameters<
      typeof native.virConnectDomainEventRegisterAny
    >;
    register.mockRestore();
    const other = await native.virConnectOpen('test:///default');
    const subject = await native.virDomainLookupByName(other, 'test');
    const bring = () => {
      (callback as (...told: unknown[]) => void)(conn, subject, STARTED, 0);
      queue?.overflow?.(5);
    };
    bring();
    expect([list, gaps]).toEqual([[STARTED], 1]);
    await stop(connection);
    bring();
    await comeBack(connection);
    bring();
    daemon.tell(lifecycleMessage, lifecycle(STOPPED));
    await until(list, 2);
    expect([list, gaps]).toEqual([[STARTED, STOPPED], 1]);
    await native.virConnectClose(other);
  });

  it('is waited for by listeners, iterators, and subscriptions where calls wait', async () => {
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    await stop(connection);
    const list = listen(connection);
    const iterator = connection.events('domain:lifecycle');
    const told: number[] = [];
    const subscribing = connection.subscribe('domain:lifecycle', ({ event }) => void told.push(event));
    await comeBack(connection);
    await subscribing;
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    expect((await iterator.next()).value?.event).toBe(STARTED);
    expect([list, told]).toEqual([[STARTED], [STARTED]]);
  });

  it('refuses subscriptions where calls are rejected, while listeners and iterators wait', async () => {
    const connection = await fakes.open(daemon, { reconnect: quickly });
    await stop(connection);
    expect(await failure(connection.subscribe('domain:lifecycle', nothing))).toMatchObject(lost);
    const list = listen(connection);
    const iterator = connection.events('domain:lifecycle');
    await comeBack(connection);
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    expect((await iterator.next()).value?.event).toBe(STARTED);
    expect(list).toEqual([STARTED]);
  });

  it('refuses a subscription that is under way where calls are rejected, and keeps one that stands', async () => {
    const connection = await fakes.open(daemon, { reconnect: quickly });
    const told: number[] = [];
    const standing = await connection.subscribe('domain:lifecycle', ({ event }) => void told.push(event));
    const object = await connection.lookupDomainByName('far');
    daemon.hold('connectDomainEventCallbackRegisterAny');
    const refused = failure(connection.subscribe('domain:lifecycle', nothing, { object }));
    await daemon.whenHeld('connectDomainEventCallbackRegisterAny');
    await stop(connection);
    expect(await refused).toMatchObject(lost);
    await comeBack(connection);
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    await until(told, 1);
    await standing.unsubscribe();
  });

  it('may be lost again while all is registered on it', async () => {
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const other = await fakes.open(daemon, { reconnect: quickly });
    const before = listen(other);
    await other.getHostname();
    await stop(connection, other);
    const list = listen(connection);
    const iterator = connection.events('domain:lifecycle');
    const subscribing = connection.subscribe('domain:lifecycle', nothing);
    daemon = await start(daemon.socketPath);
    daemon.hold('connectDomainEventCallbackRegisterAny');
    await daemon.whenHeld('connectDomainEventCallbackRegisterAny', 2);
    await fakes.stop(daemon);
    await Promise.all([comeBack(connection), next(other, 'resync')]);
    await subscribing;
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    expect((await iterator.next()).value?.event).toBe(STARTED);
    await until(before, 1);
    expect([before, list]).toEqual([[STARTED], [STARTED]]);
  });
});

describe('a subscription that nobody waits for any more', () => {
  it('settles while the link is away, by its signal, that of the call, its time and close()', async () => {
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    await stop(connection);
    const aborter = new AbortController();
    const { signal } = aborter;
    const subscribe = (on: Connection, options = {}) => failure(on.subscribe('domain:lifecycle', nothing, options));
    const aborted = [subscribe(connection, { signal }), subscribe(connection.with({ signal }))];
    const late = subscribe(connection.with({ timeout: 20 }));
    const closed = subscribe(connection);
    aborter.abort('enough');
    expect(await Promise.all(aborted)).toEqual(['enough', 'enough']);
    expect(await late).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'Connection.subscribe' });
    await connection.close();
    expect(await closed).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('is taken back when libvirt takes it up in the end', async () => {
    const connection = await fakes.open(daemon);
    daemon.hold('connectDomainEventCallbackRegisterAny');
    const late = failure(connection.with({ timeout: 20 }).subscribe('domain:lifecycle', nothing));
    expect(await late).toMatchObject({
      code: 'ERR_LIBVIRT_TIMEOUT',
      message: 'Connection.subscribe: domain:lifecycle was not taken up within 20 ms',
    });
    expect(connection.hub.registrations.size).toBe(0);
    daemon.release();
    await daemon.whenRequested('connectDomainEventCallbackDeregisterAny');
  });

  it('does not end the call of somebody else', async () => {
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const other = await fakes.start();
    const standing = await fakes.open(other);
    await stop(connection);
    other.hold('getHostname');
    const call = standing.getHostname();
    const late = failure(connection.with({ timeout: 20 }).subscribe('domain:lifecycle', nothing));
    expect(await late).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
    await other.whenHeld('getHostname');
    other.release();
    expect(await call).toBe('fake-host');
  });
});

describe('an object that is gone after a reconnection', () => {
  it('ends what listens to it', async () => {
    const connection = await fakes.open(daemon, { reconnect: { ...quickly, calls: 'wait' } });
    const domain = await connection.lookupDomainByName('far');
    listen(domain);
    const all = listen(connection);
    const subscription = await connection.subscribe('domain:lifecycle', nothing, { object: domain });
    const iterator = connection.events('domain:lifecycle', { object: domain });
    await stop(connection);
    await comeBack(connection, (fake) => {
      fake.refuse('lookupDomainByUUID', noDomain);
    });
    const gone = { code: 'VIR_ERR_NO_DOMAIN' };
    expect(await failure(subscription.ended)).toMatchObject(gone);
    expect(await failure(iterator.next())).toMatchObject(gone);
    expect(domain.listenerCount('lifecycle')).toBe(0);
    daemon.tell(lifecycleMessage, lifecycle(STARTED));
    await until(all, 1);
  });

  it.each(['connection', 'object'])('is told by error to whoever listens to that of the %s', async (where) => {
    const connection = await fakes.open(daemon, { reconnect: quickly });
    const domain = await connection.lookupDomainByName('far');
    listen(domain);
    const errors: unknown[] = [];
    const note = (error: LibvirtError) => void errors.push(error);
    if (where === 'object') domain.on('error', note);
    else connection.on('error', note);
    await connection.getHostname();
    await stop(connection);
    await comeBack(connection, (fake) => {
      fake.refuse('lookupDomainByUUID', noDomain);
    });
    expect(errors).toMatchObject([{ code: 'VIR_ERR_NO_DOMAIN' }]);
    expect(errors[0]).toBeInstanceOf(LibvirtError);
  });
});

describe('the daemon', () => {
  it('is asked once for all that listen, and told when the last goes', async () => {
    const connection = await fakes.open(daemon);
    const [one, two] = [() => undefined, () => undefined];
    connection.on('domain:lifecycle', one).on('domain:lifecycle', two);
    const subscription = await connection.subscribe('domain:lifecycle', nothing);
    await subscription.unsubscribe();
    connection.off('domain:lifecycle', one);
    await connection.getHostname();
    expect(daemon.requestCount('connectDomainEventCallbackRegisterAny')).toBe(1);
    expect(daemon.requestCount('connectDomainEventCallbackDeregisterAny')).toBe(0);
    connection.off('domain:lifecycle', two);
    await daemon.whenRequested('connectDomainEventCallbackDeregisterAny');
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('is not asked anew by whoever listens to one event after another', async () => {
    const connection = await fakes.open(daemon);
    const list: number[] = [];
    const again = ({ event }: { event: number }) => {
      list.push(event);
      connection.once('domain:lifecycle', again);
    };
    connection.once('domain:lifecycle', again);
    await connection.getHostname();
    for (let i = 1; i <= 5; i += 1) {
      daemon.tell(lifecycleMessage, lifecycle(STARTED));
      await until(list, i);
      await connection.getHostname();
    }
    expect(daemon.requestCount('connectDomainEventCallbackRegisterAny')).toBe(1);
    expect(daemon.requestCount('connectDomainEventCallbackDeregisterAny')).toBe(0);
  });

  it('that is older than an event is named with the version that the event needs', async () => {
    const connection = await fakes.open(daemon);
    daemon.answer('getLibVersion', xdr.hyper(7_000_000n));
    daemon.refuse('connectDomainEventCallbackRegisterAny', {
      ...noDomain,
      code: 1,
      domain: 13,
      message: 'unsupported event ID 26',
    });
    const error = await failure(connection.subscribe('domain:memory-device-size-change', nothing));
    expect(error).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT', message: expect.stringContaining('7.9.0') });
    expect(error).toMatchObject({ message: expect.stringContaining('7.0.0') });
  });
});
