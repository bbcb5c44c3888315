import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, LibvirtError } from '../lib/index.js';
import { native } from '../lib/native.js';
import { runOften, runProgram } from './fixtures/faults/run.js';
import { Scratch, failures } from './helpers.js';

jest.setTimeout(30_000);

// Far more than any of this takes, and far less than for ever.
const bound = 5000;
const eight = 8;

/** Accepts, and never says a word. */
class SilentServer {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.resume();
    }).listen(path);
  }

  static async start(path: string): Promise<SilentServer> {
    const server = new SilentServer(path);
    await once(server.#server, 'listening');
    return server;
  }

  get uri(): string {
    return `test+unix:///default?socket=${this.path}`;
  }

  /** Resolves when as many clients have come. */
  async whenCame(count: number): Promise<void> {
    while (this.#sockets.size < count) await once(this.#server, 'connection');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const timed = async (pending: Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await pending;
  return performance.now() - began;
};

describe('eight opens that hang', () => {
  let scratch: Scratch;
  let server: SilentServer;

  beforeEach(async () => {
    scratch = new Scratch();
    server = await SilentServer.start(scratch.file('silent'));
  });

  afterEach(async () => {
    await server.stop();
    scratch.remove();
  });

  it('fail in the end as libvirt fails', async () => {
    const opens = failures(Array.from({ length: eight }, () => Connection.open(server.uri)));
    await server.whenCame(eight);
    await server.stop();
    for (const error of await opens) {
      expect(error).toBeInstanceOf(LibvirtError);
      expect(error).toMatchObject({ operation: 'virConnectOpen', hints: expect.any(Array) });
      expect((error as LibvirtError).code).toMatch(/^VIR_ERR_/);
    }
    server = await SilentServer.start(scratch.file('again'));
  });

  it('delay neither the file system, nor DNS, nor other connections', async () => {
    const aborter = new AbortController();
    const opens = failures(
      Array.from({ length: eight }, () => Connection.open(server.uri, { signal: aborter.signal })),
    );
    await server.whenCame(eight);
    expect(await timed(readFile(__filename))).toBeLessThan(bound);
    expect(await timed(lookup('localhost'))).toBeLessThan(bound);
    const using = async () => {
      await using connection = await Connection.open('test:///default');
      for (const domain of await connection.listAllDomains()) await domain.getXMLDesc();
    };
    expect(await timed(using())).toBeLessThan(bound);
    aborter.abort();
    await opens;
  });

  it('end at once by a signal', async () => {
    const { pending } = native.runtime.stats();
    const aborter = new AbortController();
    const reason = new Error('enough');
    const opens = failures(
      Array.from({ length: eight }, () => Connection.open(server.uri, { signal: aborter.signal })),
    );
    await server.whenCame(eight);
    expect(native.runtime.stats().pending).toBe(pending + eight);
    aborter.abort(reason);
    expect(await timed(opens)).toBeLessThan(bound);
    for (const error of await opens) {
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_ABANDONED', operation: 'virConnectOpen', cause: reason });
    }
    expect(native.runtime.stats().pending).toBe(pending);
  });

  it('end by a timeout', async () => {
    const opens = failures(Array.from({ length: eight }, () => Connection.open(server.uri, { timeout: 100 })));
    expect(await timed(opens)).toBeLessThan(100 + bound);
    for (const error of await opens) {
      expect(error).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'virConnectOpen' });
      expect(error).toHaveProperty('message', expect.stringContaining('100 ms'));
    }
  });

  it.each([
    ['signal', 'ERR_LIBVIRT_ABANDONED'],
    ['timeout', 'ERR_LIBVIRT_TIMEOUT'],
  ])('let the process end once nobody waits for them (%s)', async (end, code) => {
    for (const ending of await runOften(4, 'hanging-opens', [server.path, end])) {
      expect(ending).toMatchObject({
        code: 0,
        signal: null,
        stderr: '',
        stdout: `${JSON.stringify(Array(eight).fill(code))}\n`,
      });
      expect(ending.ms).toBeLessThan(20_000);
    }
  });

  it('let the process be ended', async () => {
    for (const { code, signal, stdout, stderr } of await runOften(4, 'hanging-opens', [server.path, 'exit']))
      expect({ code, signal, stdout, stderr }).toEqual({ code: 7, signal: null, stdout: '', stderr: '' });
  });

  it('let an exception end the process', async () => {
    const { code, signal, stderr } = await runProgram('hanging-opens', [server.path, 'throw']);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain('thrown on purpose');
  });

  it('keep the process while somebody waits for them', async () => {
    const waiting = runProgram('hanging-opens', [server.path, 'wait']);
    await server.whenCame(eight);
    // It gets its answer, and so it was still there.
    await server.stop();
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(Array(eight).fill(expect.stringMatching(/^VIR_ERR_/)));
    server = await SilentServer.start(scratch.file('again'));
  });
});
