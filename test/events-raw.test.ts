import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Connection, type Domain, DomainEventType } from '../lib/index.js';
import { native } from '../lib/native.js';
import { eventHost, until } from './events-host.js';
import { failure } from './helpers.js';

const { STARTED, STOPPED } = DomainEventType;
const host = eventHost();
let connection: Connection;
let domain: Domain;

beforeEach(() => {
  ({ connection, domain } = host);
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
    await host.settled();
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
