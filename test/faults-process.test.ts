import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Program, runOften, runProgram } from './fixtures/faults/run.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { describeWithTestbed } from './testbed/index.js';

jest.setTimeout(30_000);

const scratch = new Scratch();
let daemon: FakeDaemon;

// Its calls hang until the test lets them go: what ends then ends in mid-call for sure.
beforeAll(async () => {
  daemon = await FakeDaemon.start(scratch.file('daemon'));
  daemon.hold('getCapabilities');
});

afterAll(async () => {
  await daemon.stop();
  scratch.remove();
});

const where: [string, () => string][] = [
  ['hang', () => daemon.uri],
  ['are fast and many', () => 'test:///default'],
];

describe.each(where)('a process whose calls %s', (_, uri) => {
  const quiet = { signal: null, stdout: '', stderr: '' };

  it.each(['exit', 'callback', 'turn'])('ends by process.exit() (%s)', async (end) => {
    for (const { ms, ...ending } of await runOften(6, 'in-flight', [uri(), end])) {
      expect(ending).toEqual({ ...quiet, code: 7 });
      expect(ms).toBeLessThan(5000);
    }
  });

  it.each(['throw', 'late-throw'])('ends by an exception as any other does (%s)', async (end) => {
    for (const { code, signal, stdout, stderr } of await runOften(4, 'in-flight', [uri(), end])) {
      expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' });
      expect(stderr).toContain('Error: thrown on purpose');
    }
  });

  it('ends by a signal', async () => {
    const { code, signal } = await runProgram('in-flight', [uri(), 'signal']);
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('an open connection that was forgotten', () => {
  describe('to a daemon that takes its time to let it go', () => {
    let program: Program;

    beforeEach(async () => {
      daemon.answer('supportsFeature', Buffer.from([0, 0, 0, 1]));
      daemon.answer('listAllDomains', Buffer.concat([xdr.int(0), xdr.int(0)]));
      daemon.hold('close');
      const closed = daemon.requestCount('close');
      program = new Program('forgotten', [daemon.uri]);
      await daemon.whenRequested('close', closed + 1);
    });

    afterEach(() => {
      daemon.release();
      daemon.hold('getCapabilities');
    });

    it('is closed before the process ends', async () => {
      await delay(100);
      expect(program.child).toMatchObject({ exitCode: null, signalCode: null });
      daemon.release();
      expect(await program.ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    });

    it('does not keep the process for long', async () => {
      expect(await program.ending).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(daemon.heldCount('close')).toBe(1);
    });
  });

  it('does not keep the process', async () => {
    daemon.answer('supportsFeature', Buffer.from([0, 0, 0, 1]));
    for (const { ms, ...ending } of await runOften(4, 'forgotten', ['test:///default', 'test:///default'])) {
      expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(ending.stdout).toMatch(/^(\S+)\n\1\n$/);
      expect(ms).toBeLessThan(5000);
    }
  });
});

describeWithTestbed('an open connection that was forgotten, to a daemon', (bed) => {
  it('does not keep the process', async () => {
    for (const { ms, ...ending } of await runOften(6, 'forgotten', [bed().uri, bed().uri])) {
      expect(ending).toEqual({ code: 0, signal: null, stdout: 'testbed\ntestbed\n', stderr: '' });
      expect(ms).toBeLessThan(5000);
    }
  });
});

describe('worker threads', () => {
  interface Round {
    terminated: number[];
    exits: number[];
    errors: string[];
  }

  it.each(['loaded', 'not loaded'])('may end in mid-call (main thread: %s)', async (loaded) => {
    const { stdout, ms: _, ...ending } = await runProgram('workers', [daemon.uri, 3, loaded]);
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
    const rounds = JSON.parse(stdout) as Round[];
    expect(rounds).toEqual(Array(3).fill({ terminated: [1, 1, 1], exits: [3, 1, 0], errors: ['thrown on purpose'] }));
  });

  // A call that was being made in that moment could throw nothing any more, and ended the process by that.
  it('may end at any moment of their calls', async () => {
    for (const { ms: _, ...ending } of await runOften(2, 'ended-workers', [60])) {
      expect(ending).toEqual({ code: 0, signal: null, stdout: 'ended\n', stderr: '' });
    }
  });

  // The last reference to a machine went with its call while the queue was locked, and wanted the lock.
  it('may leave calls in the queue on what nobody else knows', async () => {
    const { int, string, uuid } = xdr;
    const id = uuid('11111111-2222-4333-8444-555555555555');
    daemon.answer('lookupDomainByName', Buffer.concat([string('m'), id, int(1)]));
    daemon.hold('memoryStats');
    const program = new Program('worker-only', [daemon.uri, 'queued-worker']);
    const closed = daemon.requestCount('close');
    await program.said('ended');
    daemon.release();
    daemon.hold('getCapabilities');
    await daemon.whenRequested('close', closed + 1);
    program.goOn();
    expect(await program.ending).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('may have been the only ones to load the addon', async () => {
    for (let i = 0; i < 3; i += 1) {
      const program = new Program('worker-only', [daemon.uri, 'worker']);
      const closed = daemon.requestCount('close');
      await program.said('ended');
      // The calls return into a process that has ended the worker; the last thing that they do is closing its link.
      daemon.release();
      daemon.hold('getCapabilities');
      await daemon.whenRequested('close', closed + 1);
      program.goOn();
      const { stdout, ms: _, ...ending } = await program.ending;
      expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
      expect(stdout).toBe('ended\nnot loaded here\n');
    }
  });
});
