import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, LibvirtError, type OpenOptions } from '../lib/index.js';
import { runProgram, Program } from './fixtures/faults/run.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch, failure, failures } from './helpers.js';
import { xdr } from './remote-protocol.js';

jest.setTimeout(120_000);

const scratch = new Scratch();
const daemons: FakeDaemon[] = [];
const opened: Connection[] = [];
let started = 0;

async function startDaemon(): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start(scratch.file(`daemon-${++started}`));
  daemons.push(daemon);
  daemon.answer('supportsFeature', xdr.int(1));
  daemon.answer('getLibVersion', xdr.hyper(9_000_000n));
  return daemon;
}

async function open(daemon: FakeDaemon, keepAlive: OpenOptions['keepAlive']): Promise<Connection> {
  const connection = await Connection.open(daemon.uri, { keepAlive: keepAlive ?? false });
  opened.push(connection);
  return connection;
}

async function timed<T>(pending: Promise<T>): Promise<{ value: T; ms: number }> {
  const began = performance.now();
  return { value: await pending, ms: performance.now() - began };
}

afterAll(async () => {
  for (const daemon of daemons) daemon.release();
  await Promise.all(opened.map((connection) => connection.close()));
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  scratch.remove();
});

// All at once: each waits for seconds, since keepalive counts in them.
describe('keepalive', () => {
  it.concurrent('is not misled by an event loop that is kept busy', async () => {
    const daemon = await startDaemon();
    const { ms: _, ...ending } = await runProgram('busy-loop', [daemon.uri]);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'fake-host\nfake-host\ntrue\n', stderr: '' });
  });

  it.concurrent('is not misled by an answer that lies behind many results', async () => {
    const daemon = await startDaemon();
    const { ms: _, ...ending } = await runProgram('late-answer', [daemon.uri]);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'fake-host 20000\n', stderr: '' });
  });

  it.concurrent('gives up a daemon that goes silent, and everything that waits for it', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { interval: 1, count: 2 });
    daemon.silence();
    // Some run, the others wait for their turn.
    const calls = [
      ...Array.from({ length: 10 }, () => connection.getCapabilities()),
      ...Array.from({ length: 10 }, () => connection.getHostname()),
    ];
    const { value: errors, ms } = await timed(failures(calls));
    expect(ms).toBeGreaterThan(2000);
    // Three seconds on an idle machine.
    expect(ms).toBeLessThan(15_000);
    for (const error of errors) {
      expect(error).toBeInstanceOf(LibvirtError);
      expect(error).toMatchObject({
        code: 'ERR_LIBVIRT_DISCONNECTED',
        cause: { code: 'VIR_ERR_INTERNAL_ERROR', message: expect.stringContaining('keepalive') },
      });
    }

    // From now on nothing is asked and nothing is waited for.
    const sent = daemon.requests.length;
    const afterwards = await timed(
      failures([connection.getHostname(), connection.listAllDomains(), connection.with({ timeout: 5000 }).getType()]),
    );
    expect(afterwards.ms).toBeLessThan(3000);
    for (const error of afterwards.value) expect(error).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    expect(await connection.isAlive()).toBe(false);
    expect((await timed(connection.close())).ms).toBeLessThan(3000);
    expect(await failure(connection.getHostname())).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    expect(daemon.requests.length).toBe(sent);
  });

  it.concurrent('of a daemon that went silent lets the process end', async () => {
    const daemon = await startDaemon();
    const program = new Program('silent-daemon', [daemon.uri]);
    await program.said('opened');
    daemon.silence();
    program.goOn();
    const { ms: _, ...ending } = await program.ending;
    expect(ending).toEqual({
      code: 0,
      signal: null,
      stdout: 'opened\nERR_LIBVIRT_DISCONNECTED 0\nclosed\n',
      stderr: '',
    });
  });

  // The daemon has this test's event loop, which may be held up: an answer may be a few intervals late.
  it.concurrent('asks regularly, and an answer will do', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { interval: 1, count: 5 });
    await daemon.whenRequested('getLibVersion', 4);
    expect(await connection.isAlive()).toBe(true);
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it.concurrent('takes a refusal for an answer', async () => {
    const daemon = await startDaemon();
    const refusal = { code: 29, domain: 7, message: 'access denied', str1: null, str2: null, str3: null };
    daemon.refuse('getLibVersion', { ...refusal, int1: -1, int2: -1 });
    const connection = await open(daemon, { interval: 1, count: 5 });
    await daemon.whenRequested('getLibVersion', 4);
    expect(await connection.isAlive()).toBe(true);
    expect(await connection.getHostname()).toBe('fake-host');
  });

  it.concurrent('goes past calls that wait', async () => {
    const daemon = await startDaemon();
    daemon.hold('getCapabilities');
    const connection = await open(daemon, { interval: 1, count: 5 });
    const calls = Array.from({ length: 20 }, () => connection.getCapabilities());
    await daemon.whenRequested('getLibVersion', 4);
    daemon.release();
    expect(await Promise.all(calls)).toEqual(Array(20).fill('<capabilities/>'));
  });

  it.concurrent('stops when it is told to, and starts again', async () => {
    const daemon = await startDaemon();
    const connection = await open(daemon, { interval: 1, count: 5 });
    await daemon.whenRequested('getLibVersion');
    expect(await connection.setKeepAlive(0, 0)).toBe(true);
    await connection.getHostname();
    const asked = daemon.requestCount('getLibVersion');
    // Three times as long as it would have taken.
    await delay(3000);
    expect(daemon.requestCount('getLibVersion')).toBe(asked);
    expect(await connection.setKeepAlive(1, 5)).toBe(true);
    await daemon.whenRequested('getLibVersion', asked + 1);
  });

  it.concurrent('does not keep the process', async () => {
    const daemon = await startDaemon();
    daemon.hold('getLibVersion');
    const program = new Program('pinging', [daemon.uri]);
    await daemon.whenHeld('getLibVersion');
    program.goOn();
    const { ms: _, ...ending } = await program.ending;
    expect(ending).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    expect(daemon.requestCount('getLibVersion')).toBe(1);
  });
});
