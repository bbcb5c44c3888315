import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, type Domain, DomainState } from '../lib/index.js';
import { failure, machineXML, networkXML, Scratch } from './helpers.js';

const scratch = new Scratch();
const { RUNNING, PAUSED, SHUTOFF } = DomainState;
let connection: Connection;
let domain: Domain;

beforeEach(async () => {
  const xml = machineXML({ name: 'one', state: 1 }) + networkXML('net', 'virbr7');
  connection = await Connection.open(scratch.host(xml));
  domain = await connection.lookupDomainByName('one');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('waitForState', () => {
  it('refuses misuse', async () => {
    for (const state of [[], 99, 'RUNNING', [1, 99], null]) {
      expect(await failure(domain.waitForState(state as never))).toMatchObject({ name: 'TypeError' });
    }
    expect(await failure(domain.waitForState(RUNNING, { timeout: -1 }))).toMatchObject({ name: 'RangeError' });
    expect(await failure(domain.waitForState(RUNNING, { signal: AbortSignal.abort('no') }))).toBe('no');
  });

  it('resolves at once in the state that it is in', async () => {
    expect(await domain.waitForState(RUNNING)).toMatchObject({ state: RUNNING });
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('misses nothing, whenever the change comes', async () => {
    for (let i = 0; i < 30; i += 1) {
      const paused = domain.waitForState([PAUSED, SHUTOFF]);
      for (let turns = 0; turns < i % 6; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      await domain.suspend();
      expect(await paused).toMatchObject({ state: PAUSED });
      const running = domain.waitForState(RUNNING);
      await domain.resume();
      expect((await running).state).toBe(RUNNING);
    }
    await connection.getHostname();
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('gives up by signal and by time, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const waits = [
      failure(domain.waitForState(PAUSED, { signal: controller.signal })),
      failure(domain.waitForState(PAUSED, { timeout: 50 })),
      failure(domain.with({ timeout: 50 }).waitForState(PAUSED)),
    ];
    setTimeout(() => {
      controller.abort('enough');
    }, 20);
    const late = { code: 'ERR_LIBVIRT_TIMEOUT', operation: 'Domain.waitForState' };
    expect(await Promise.all(waits)).toMatchObject(['enough', late, late]);
    await connection.getHostname();
    expect(connection.hub.registrations.size).toBe(0);
  });

  it('takes a machine that is gone for one that is off', async () => {
    const brief = await connection.createDomainXML(machineXML({ name: 'brief' }));
    const off = brief.waitForState(SHUTOFF);
    const paused = failure(brief.waitForState(PAUSED));
    await brief.destroy();
    expect(await off).toEqual({ state: SHUTOFF, reason: 0 });
    expect(await paused).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });

  it('ends with the connection', async () => {
    const wait = failure(domain.waitForState(PAUSED));
    await connection.getHostname();
    await connection.close();
    expect(await wait).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });
});

describe('shutdownAndWait', () => {
  it('refuses misuse', async () => {
    expect(await failure(domain.shutdownAndWait({ fallback: 'reset' as never }))).toMatchObject({ name: 'TypeError' });
    expect(await failure(domain.shutdownAndWait({ timeout: NaN }))).toMatchObject({ name: 'RangeError' });
  });

  it('resolves when the machine is off, also when it was', async () => {
    expect(await domain.shutdownAndWait()).toBe('shutdown');
    expect(await domain.isActive()).toBe(false);
    expect(await domain.shutdownAndWait()).toBe('shutdown');
  });

  it('destroys where the guest cannot be asked, if that was wished', async () => {
    const flags = 1 << 20; // libvirt knows no such way
    expect(await failure(domain.shutdownAndWait({ flags }))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    expect(await domain.getState()).toMatchObject({ state: RUNNING });
    expect(await domain.shutdownAndWait({ flags, fallback: 'destroy' })).toBe('destroy');
    expect(connection.hub.registrations.size).toBe(0);
    expect(await domain.isActive()).toBe(false);
  });
});

describe('waitForLease', () => {
  it('refuses misuse, and a driver without leases', async () => {
    const network = await connection.lookupNetworkByName('net');
    expect(await failure(network.waitForLease({}))).toMatchObject({ name: 'TypeError' });
    expect(await failure(network.waitForLease(null as never))).toEqual(
      new TypeError('waitForLease: options must be an object'),
    );
    expect(await failure(network.waitForLease({ mac: '52:54:00:00:00:01' }))).toMatchObject({
      code: 'VIR_ERR_NO_SUPPORT',
    });
    await connection.getHostname();
    expect(connection.hub.registrations.size).toBe(0);
  });
});
