import { once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Domain, DomainEventType } from '../lib/index.js';
import { eventHost, until } from './events-host.js';
import { failure, machineXML } from './helpers.js';

const { STARTED, STOPPED, DEFINED, UNDEFINED } = DomainEventType;
const host = eventHost();
let connection: Connection;
let domain: Domain;

beforeEach(() => {
  ({ connection, domain } = host);
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
    await host.settled();
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

  it('drops the newest beyond its limit, and says how many where they are missing', async () => {
    const order: (number | string | undefined)[] = [];
    const overflow = (count: number) => void order.push(`lost ${count}`);
    const events = connection.events('domain:lifecycle', { limit: 2, overflow, object: domain });
    const take = async () => order.push((await events.next()).value?.event);
    for (let i = 0; i < 3; i += 1) {
      await domain.create();
      await domain.destroy();
    }
    await host.settled();
    expect(events.lost).toBe(4);
    await take();
    // There is room again: what comes now is behind the gap.
    await domain.create();
    await host.settled();
    await take();
    expect(order).toEqual([STARTED, STOPPED]);
    await take();
    expect(order).toEqual([STARTED, STOPPED, 'lost 4', STARTED]);
    const waiting = take();
    await domain.destroy();
    await waiting;
    expect(order.slice(4)).toEqual([STOPPED]);
    expect(events.lost).toBe(4);
    await events.return();
  });
});

describe('a JavaScript thread that is busy', () => {
  it('gets what fits into the queue, and then exactly how many did not', async () => {
    const order: (number | string)[] = [];
    const subscription = await connection.subscribe('domain:lifecycle', ({ event }) => void order.push(event), {
      limit: 5,
      overflow: (count) => void order.push(`lost ${count}`),
    });
    const overflows: unknown[] = [];
    connection.on('overflow', (overflow) => void overflows.push(overflow));
    await host.whileBusy(10);
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
    await host.whileBusy(1);
    expect((await told)[0]).toEqual({ name: 'domain:lifecycle', count: 1 });
  });

  it('loses nothing of what waits when a listener for the next event listens again', async () => {
    const list: number[] = [];
    const again = ({ event }: { event: number }) => {
      list.push(event);
      connection.once('domain:lifecycle', again);
    };
    connection.once('domain:lifecycle', again);
    await host.whileBusy(5);
    await until(list, 10);
    expect(list).toEqual(Array.from({ length: 5 }, () => [STARTED, STOPPED]).flat());
  });
});
