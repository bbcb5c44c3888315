import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, Domain, LibvirtError } from '../lib/index.js';
import { runProgram } from './fixtures/faults/run.js';
import { booted } from './libvirtd-helpers.js';
import { describeWithTestbed, type GuestOptions, guestXML, suspendProcess } from './testbed/index.js';

const image = '/var/lib/libvirt/images/hung.img';
const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk>`;

/** More than anything takes that happens at once. */
const atOnce = 5000;

type WaitingCall = (domain: Domain) => Promise<unknown>;

const blockInfo: WaitingCall = (domain) => domain.getBlockInfo('vda');

/** Calls on a guest that do not return while its process is stopped. */
const waitingCalls: WaitingCall[] = [
  (domain) => domain.memoryStats(),
  blockInfo,
  (domain) => domain.qemuMonitorCommand('{"execute":"query-status"}'),
];

const pendingOn = (domain: Domain, count: number, calls = waitingCalls): Promise<string>[] =>
  Array.from({ length: count }, (_, i) => outcome((calls[i % calls.length] ?? fail)(domain)));

function fail(): never {
  throw new Error('no such call');
}

/** How a call ends: `ok`, or the code of its error. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof LibvirtError ? error.code : String(error)),
  );

async function timed<T>(promise: Promise<T>): Promise<{ value: T; ms: number }> {
  const began = performance.now();
  return { value: await promise, ms: performance.now() - began };
}

describeWithTestbed('what a daemon or a guest does', (bed) => {
  let connection: Connection;
  const start = (options: Partial<GuestOptions>): Promise<Domain> =>
    connection.createDomainXML(guestXML({ name: 'hung', agent: true, devices: disk, ...options }));

  beforeEach(async () => {
    await bed().run('truncate', ['-s', '16M', image]);
    connection = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 3 } });
  });

  afterEach(async () => {
    // Else libvirtd waits ten seconds for a guest when it is destroyed, and the next test for libvirtd.
    resume(() => bed().qemuPid('hung'));
    resume(() => bed().libvirtd.pid);
    await connection.close();
    await using cleaner = await Connection.open(bed().uri);
    for (const left of await cleaner.listAllDomains()) await outcome(left.destroy());
  }, 60_000);

  function resume(pid: () => number): void {
    try {
      process.kill(pid(), 'SIGCONT');
    } catch {
      // it is gone
    }
  }

  it('a guest that hangs holds up neither its connection nor its own end', async () => {
    const domain = await start({ guest: await bed().guest() });
    await booted(domain);
    await suspendProcess(bed().qemuPid('hung'));
    let settled = 0;
    const calls: WaitingCall[] = [...waitingCalls, (hung) => hung.getFSInfo()];
    const isBlockInfo = (i: number): boolean => calls[i % calls.length] === blockInfo;
    const pending = pendingOn(domain, 50, calls).map((call) => call.finally(() => settled++));
    // Longer than keepalive takes to give a link up: 1 s × 3, and one more.
    const times: number[] = [];
    for (const end = performance.now() + 5000; performance.now() < end;) {
      await setTimeout(100);
      const { value, ms } = await timed(connection.getHostname());
      expect(value).toBe('testbed');
      times.push(ms);
    }
    // Of a busy machine one may be late for reasons of its own.
    expect(times.sort((one, other) => one - other)[times.length >> 1]).toBeLessThan(1000);
    // Only libvirt's wait for the agent has an end, after 5 s, and one call at a time may wait for it.
    expect(settled).toBeLessThan(5);
    expect((await timed(domain.destroy())).ms).toBeLessThan(30_000); // libvirtd waits 10 s before it kills
    const codes = await Promise.all(pending);
    expect(codes).toHaveLength(50);
    for (const code of codes) expect(code).toMatch(/^(ok|VIR_ERR_\w+)$/);
    // The size of a disk is known of a guest that is off, too. Of the others libvirt may take those for answered that were
    // under way when the guest ended.
    const others = codes.filter((_, i) => !isBlockInfo(i));
    expect(others.filter((code) => code === 'ok').length).toBeLessThanOrEqual(4);
    expect(await connection.isAlive()).toBe(true);
  }, 300_000);

  describe('to whoever calls a guest that hangs', () => {
    let domain: Domain;

    // Without a kernel: its firmware's idle loop is enough.
    beforeEach(async () => {
      domain = await start({ memoryMiB: 32 });
    });

    it('without the limit of calls at once the same guest would end the link', async () => {
      const reckless = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 3 }, maxCalls: 64 });
      const same = await reckless.lookupDomainByName('hung');
      await suspendProcess(bed().qemuPid('hung'));
      const codes = await Promise.all(pendingOn(same, 20));
      expect(codes).toContain('ERR_LIBVIRT_DISCONNECTED');
      await reckless.close();
    }, 60_000);

    it('a daemon that is killed in mid-call rejects every call at once', async () => {
      await suspendProcess(bed().qemuPid('hung'));
      const pending = pendingOn(domain, 20);
      await connection.getHostname(); // the calls before it are sent
      bed().libvirtd.kill('SIGKILL');
      try {
        const { value: codes, ms } = await timed(Promise.all(pending));
        expect(new Set(codes)).toEqual(new Set(['ERR_LIBVIRT_DISCONNECTED']));
        expect(ms).toBeLessThan(atOnce);
        expect(await outcome(connection.getHostname())).toBe('ERR_LIBVIRT_DISCONNECTED');
        expect(await connection.isAlive()).toBe(false);
        const error: unknown = await connection.listAllDomains().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(LibvirtError);
        expect((error as LibvirtError).cause).toBeInstanceOf(LibvirtError);
      } finally {
        await bed().libvirtd.ended();
        await bed().libvirtd.start();
      }
    }, 60_000);

    it('a daemon that is stopped rejects every call within the keepalive time', async () => {
      const pendingStart = connection.getHostname();
      await pendingStart;
      await bed().libvirtd.suspend();
      const calls = [...pendingOn(domain, 20), outcome(connection.getHostname()), outcome(connection.listAllDomains())];
      const { value: codes, ms } = await timed(Promise.all(calls));
      expect(new Set(codes)).toEqual(new Set(['ERR_LIBVIRT_DISCONNECTED']));
      expect(ms).toBeLessThan(20_000); // interval × (count + 1) is 4 s; a machine may be busy
    }, 60_000);

    it('closing against a daemon that hangs ends in its time', async () => {
      const patient = await Connection.open(bed().uri, { keepAlive: false });
      await bed().libvirtd.suspend();
      const pending = outcome(patient.getHostname());
      const { ms } = await timed(patient.close({ timeout: 300 }));
      expect(ms).toBeGreaterThan(250);
      expect(ms).toBeLessThan(atOnce);
      expect(await pending).toBe('ERR_LIBVIRT_CLOSED');
      const another = await timed(patient.close());
      expect(another.ms).toBeLessThan(2000);
    }, 60_000);

    it('closing by a signal ends at once', async () => {
      const patient = await Connection.open(bed().uri, { keepAlive: false });
      await bed().libvirtd.suspend();
      const controller = new AbortController();
      const closing = patient.close({ signal: controller.signal });
      controller.abort();
      expect((await timed(closing)).ms).toBeLessThan(atOnce);
    }, 60_000);

    it('a call that runs is released by timeout and signal, and the connection goes on', async () => {
      await suspendProcess(bed().qemuPid('hung'));
      const late = domain.with({ timeout: 200 }).qemuMonitorCommand('{"execute":"query-status"}');
      await expect(late).rejects.toMatchObject({
        code: 'ERR_LIBVIRT_TIMEOUT',
        operation: 'virDomainQemuMonitorCommand',
      });
      const controller = new AbortController();
      const calls = Array.from({ length: 6 }, () => domain.with({ signal: controller.signal }).memoryStats());
      const codes = Promise.all(calls.map((call) => outcome(call)));
      expect(await connection.getHostname()).toBe('testbed');
      controller.abort(new Error('enough'));
      // Three places for waiting calls, one of which the call that timed out still holds.
      expect((await codes).sort()).toEqual([
        'ERR_LIBVIRT_ABANDONED',
        'ERR_LIBVIRT_ABANDONED',
        'Error: enough',
        'Error: enough',
        'Error: enough',
        'Error: enough',
      ]);
      expect(await connection.getHostname()).toBe('testbed');
    }, 60_000);
  });

  // libvirt's event loop came back to a socket that was another thread's to read, again and again, and took a processor for that.
  it('calls at once, after a rest, keep no thread busy that does none of them', async () => {
    const { stdout, ms: _, ...ending } = await runProgram('bursts', [bed().uriFor('test', '/default'), 1000]);
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
    expect(Number(stdout)).toBeLessThan(0.45);
  }, 60_000);
});
