import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Connection, type Domain, DomainEventType, DomainState } from '../lib/index.js';
import { fakeDaemons, lifecycle, lifecycleMessage, machine, next, noDomain, quickly } from './fake-daemons.js';
import { type FakeDaemon } from './fake-daemon.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(60_000);

const fakes = fakeDaemons();
const { RUNNING, PAUSED, SHUTOFF } = DomainState;
const nothing = () => undefined;
const operationInvalid = { ...noDomain, code: 55, message: 'domain is not running', str1: 'domain is not running' };

let daemon: FakeDaemon;
let connection: Connection;
let domain: Domain;

const state = (now: DomainState): Buffer => Buffer.concat([xdr.int(now), xdr.int(0)]);

async function start(path?: string): Promise<FakeDaemon> {
  const fake = await fakes.start(path);
  fake.answer('lookupDomainByName', machine());
  fake.answer('lookupDomainByUUID', machine());
  fake.answer('getState', state(RUNNING));
  fake.answer('shutdown', Buffer.alloc(0));
  fake.answer('destroy', Buffer.alloc(0));
  return fake;
}

/** Stops the daemon, and starts another; `prepare` is done before a client can know it. */
async function restart(prepare: (daemon: FakeDaemon) => void = nothing): Promise<void> {
  const back = next(connection, 'resync');
  await fakes.stop(daemon);
  daemon = await start(daemon.socketPath);
  prepare(daemon);
  await back;
}

const off = (fake: FakeDaemon): void => {
  fake.answer('getState', state(SHUTOFF));
};
const vanish = (fake: FakeDaemon): void => {
  fake.refuse('getState', noDomain);
};
const gone = (fake: FakeDaemon): void => {
  fake.refuse('lookupDomainByUUID', noDomain);
};

describe.each(['wait', 'reject'] as const)('a wait over several links, with calls: %s', (calls) => {
  beforeEach(async () => {
    daemon = await start();
    connection = await fakes.open(daemon, { reconnect: { ...quickly, calls } });
    domain = await connection.lookupDomainByName('far');
  });

  it('sees what happened meanwhile', async () => {
    const wait = domain.waitForState(SHUTOFF);
    const stopping = domain.shutdownAndWait();
    await daemon.whenRequested('getState', 2);
    await daemon.whenRequested('shutdown');
    // Each has its answer: a call that is lost with the link may be rejected.
    while (native.runtime.stats().pending > 0) await new Promise((resolve) => setImmediate(resolve));
    await restart(off);
    expect(await wait).toMatchObject({ state: SHUTOFF });
    expect(await stopping).toBe('shutdown');
    expect(daemon.requestCount('shutdown')).toBe(0);
  });

  it('hears on when nothing happened meanwhile', async () => {
    const wait = domain.waitForState(PAUSED);
    await daemon.whenRequested('getState');
    await domain.getState();
    await restart();
    await restart();
    await daemon.whenRequested('getState');
    daemon.answer('getState', state(PAUSED));
    daemon.tell(lifecycleMessage, lifecycle(DomainEventType.SUSPENDED));
    expect(await wait).toMatchObject({ state: PAUSED });
  });

  it('goes on when the link is lost while it looks', async () => {
    daemon.hold('getState');
    const wait = domain.waitForState(SHUTOFF);
    await daemon.whenHeld('getState');
    await restart(off);
    expect(await wait).toMatchObject({ state: SHUTOFF });
  });

  it('takes a machine that is gone for one that is off', async () => {
    const wait = domain.waitForState(SHUTOFF);
    const other = failure(domain.waitForState(PAUSED));
    await daemon.whenRequested('getState', 2);
    await domain.getState();
    await restart(gone);
    expect(await wait).toEqual({ state: SHUTOFF, reason: 0 });
    expect(await other).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });

  it('begins while the link is away', async () => {
    const away = next(connection, 'disconnect');
    await fakes.stop(daemon);
    await away;
    const wait = domain.waitForState(SHUTOFF);
    const late = failure(domain.waitForState(SHUTOFF, { timeout: 20 }));
    expect(await late).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'Domain.waitForState' });
    daemon = await start(daemon.socketPath);
    off(daemon);
    expect(await wait).toMatchObject({ state: SHUTOFF });
  });

  it('ends with close()', async () => {
    const away = next(connection, 'disconnect');
    const wait = failure(domain.waitForState(SHUTOFF));
    await daemon.whenRequested('getState');
    await fakes.stop(daemon);
    await away;
    await connection.close();
    expect(await wait).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
  });
});

describe('shutdownAndWait', () => {
  beforeEach(async () => {
    daemon = await start();
    connection = await fakes.open(daemon);
    domain = await connection.lookupDomainByName('far');
  });

  it.each([
    ['is off', operationInvalid, off],
    ['is gone', noDomain, vanish],
  ])('is content when the machine %s just before it is asked', async (_, refusal, happen) => {
    daemon.hold('shutdown');
    const stopping = domain.shutdownAndWait();
    await daemon.whenHeld('shutdown');
    happen(daemon);
    daemon.refuse('shutdown', refusal);
    daemon.release();
    expect(await stopping).toBe('shutdown');
  });

  it('asks once, and rejects with what it is refused with when the machine runs on', async () => {
    daemon.refuse('shutdown', operationInvalid);
    expect(await failure(domain.shutdownAndWait())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(daemon.requestCount('shutdown')).toBe(1);
  });

  it('asks nothing of a machine that is off', async () => {
    off(daemon);
    expect(await domain.shutdownAndWait()).toBe('shutdown');
    expect(daemon.requestCount('shutdown')).toBe(0);
  });

  it('ends in its time and by its signal, also while it looks', async () => {
    daemon.hold('getState');
    const late = failure(domain.shutdownAndWait({ timeout: 20 }));
    expect(await late).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'Domain.shutdownAndWait' });
    const aborter = new AbortController();
    const aborted = failure(domain.shutdownAndWait({ signal: aborter.signal, fallback: 'destroy' }));
    await daemon.whenHeld('getState', 2);
    aborter.abort('enough');
    expect(await aborted).toBe('enough');
    expect(daemon.requestCount('destroy')).toBe(0);
  });

  it('waits for the fallback no longer than the signal says', async () => {
    daemon.hold('destroy');
    const aborter = new AbortController();
    const { signal } = aborter;
    const aborted = failure(domain.shutdownAndWait({ timeout: 20, signal, fallback: 'destroy' }));
    await daemon.whenHeld('destroy');
    aborter.abort('enough');
    expect(await aborted).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', cause: 'enough' });
  });
});

describe('waitForLease', () => {
  const lease = (mac: string, hostname: string | null): Buffer => {
    const { int, hyper, string, optional } = xdr;
    const address = [string('192.168.122.5'), int(24), optional(hostname), optional(null)];
    return Buffer.concat([string('virbr0'), hyper(0n), int(0), optional(mac), optional(null), ...address]);
  };
  const leases = (...all: Buffer[]): Buffer => Buffer.concat([xdr.int(all.length), ...all, xdr.int(all.length)]);

  it('finds the host by its name, and ends by its signal', async () => {
    daemon = await start();
    connection = await fakes.open(daemon);
    daemon.answer('lookupNetworkByName', machine().subarray(0, -4));
    daemon.answer('connectNetworkEventRegisterAny', xdr.int(2));
    daemon.answer('connectNetworkEventDeregisterAny', Buffer.alloc(0));
    daemon.answer('getDHCPLeases', leases(lease('52:54:00:00:00:01', null), lease('52:54:00:00:00:02', 'other')));
    const network = await connection.lookupNetworkByName('far');
    const aborter = new AbortController();
    const found = network.waitForLease({ hostname: 'this' });
    const both = network.waitForLease({ hostname: 'this', mac: '52:54:00:00:00:03' });
    const never = failure(network.waitForLease({ hostname: 'never', signal: aborter.signal }));
    const wrong = failure(network.waitForLease({ hostname: 'this', mac: '52:54:00:00:00:01', signal: aborter.signal }));
    await daemon.whenRequested('getDHCPLeases', 4);
    const [one, two] = [lease('52:54:00:00:00:01', null), lease('52:54:00:00:00:03', 'this')];
    daemon.answer('getDHCPLeases', leases(one, two));
    expect(await found).toMatchObject({ mac: '52:54:00:00:00:03', hostname: 'this' });
    expect(await both).toMatchObject({ mac: '52:54:00:00:00:03', hostname: 'this' });
    await daemon.whenRequested('getDHCPLeases', daemon.requestCount('getDHCPLeases') + 2);
    aborter.abort('enough');
    expect(await Promise.all([never, wrong])).toEqual(['enough', 'enough']);
    expect(connection.hub.registrations.size).toBe(0);
  });
});
