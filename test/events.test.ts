import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Connection,
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
import { eventHost, until } from './events-host.js';
import { thrown } from './helpers.js';
import { readCells } from './tables.js';

const { STARTED, STOPPED, SUSPENDED, RESUMED } = DomainEventType;
const host = eventHost();
let connection: Connection;
let domain: Domain;

beforeEach(() => {
  ({ connection, domain } = host);
});

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
    const sources = { domain: documented('domain-events.ts'), others: documented('event-map.ts') };
    for (const [enumName, constant, , since] of readCells('tools/api/enums.tsv')) {
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
    const list = host.heard();
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
    const own = host.heard(domain);
    const all = host.heard();
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
    await host.settled();
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

  it('says nothing when libvirt cannot and nobody listens any more', async () => {
    const errors: unknown[] = [];
    connection.on('error', (error) => void errors.push(error));
    const listener = () => undefined;
    connection.on('secret:lifecycle', listener).off('secret:lifecycle', listener);
    connection.on('secret:value-changed', listener);
    await until(errors, 1);
    await connection.getHostname();
    expect(errors).toMatchObject([{ code: 'VIR_ERR_NO_SUPPORT' }]);
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
    await new Promise((resolve) => setImmediate(resolve));
    expect(connection.hub.registrations.size).toBe(0);
  });
});
