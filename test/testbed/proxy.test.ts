import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultProxy, type Endpoint } from './proxy.js';

const size = 1000;
const message = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));

interface Outcome {
  readonly data: Buffer;
  readonly error: string | undefined;
  readonly elapsed: number;
}

const connectTo = (endpoint: Endpoint): Socket =>
  typeof endpoint === 'string' ? connect(endpoint) : connect(endpoint, '127.0.0.1');

/** Connects, sends a line, and takes what comes until the other side closes. */
async function fetchFrom(endpoint: Endpoint): Promise<Outcome> {
  const client = connectTo(endpoint);
  const start = performance.now();
  const pieces: Buffer[] = [];
  let error: string | undefined;
  client.on('data', (data: Buffer) => pieces.push(data));
  client.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code));
  client.write('hello\n');
  await once(client, 'close').catch(() => once(client, 'close'));
  return { data: Buffer.concat(pieces), error, elapsed: performance.now() - start };
}

describe.each(['unix', 'tcp'])('a fault proxy on %s', (kind) => {
  let dir: string;
  let server: Server;
  let target: Endpoint;
  const listen = (): Endpoint => (kind === 'unix' ? join(dir, 'proxy') : 0);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'proxy-'));
    // Answers a client's line with the message, and ends.
    server = createServer((client) => client.on('error', () => undefined).once('data', () => client.end(message)));
    if (kind === 'unix') server.listen(join(dir, 'server'));
    else server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    target = typeof address === 'object' && address !== null ? address.port : join(dir, 'server');
  });

  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });

  it('passes on what it gets', async () => {
    await using proxy = await FaultProxy.start(listen(), target);
    const { data, error } = await fetchFrom(proxy.endpoint);
    expect(data.equals(message)).toBe(true);
    expect(error).toBeUndefined();
    expect(proxy.accepted).toBe(1);
  });

  it('closes the client when the server is not there', async () => {
    await using proxy = await FaultProxy.start(listen(), join(dir, 'nobody'));
    expect((await fetchFrom(proxy.endpoint)).data.length).toBe(0);
  });

  it('delays', async () => {
    await using proxy = await FaultProxy.start(listen(), target, { delay: 150 });
    const { data, elapsed } = await fetchFrom(proxy.endpoint);
    expect(data.equals(message)).toBe(true);
    expect(elapsed).toBeGreaterThan(149);
  });

  it('limits the rate, and keeps the order of pieces', async () => {
    await using proxy = await FaultProxy.start(listen(), target, { rate: 5000, chunk: 7, delay: 20 });
    const { data, elapsed } = await fetchFrom(proxy.endpoint);
    expect(data.equals(message)).toBe(true);
    expect(elapsed).toBeGreaterThan(219);
  });

  it.each([1, 300, 999])('cuts after %i bytes', async (cutAfter) => {
    await using proxy = await FaultProxy.start(listen(), target, { cutAfter });
    const { data } = await fetchFrom(proxy.endpoint);
    expect(data.equals(message.subarray(0, cutAfter))).toBe(true);
  });

  it.each([0, 300])('stalls after %i bytes, and stays connected', async (stallAfter) => {
    await using proxy = await FaultProxy.start(listen(), target, { stallAfter });
    const client = connectTo(proxy.endpoint);
    const pieces: Buffer[] = [];
    client.on('data', (data: Buffer) => pieces.push(data));
    const stalled = proxy.whenFaulty();
    client.write('hello\n');
    await stalled;
    while (Buffer.concat(pieces).length < stallAfter) await once(client, 'data');
    // The rest and the server's end are with the proxy now. A moment in which they could come all the same.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(Buffer.concat(pieces).equals(message.subarray(0, stallAfter))).toBe(true);
    expect([proxy.open, client.readableEnded, client.destroyed]).toEqual([1, false, false]);
    client.destroy();
  });

  it.each([{ garbleAt: 300 }, { cutAfter: 300 }, { stallAfter: 300 }])('tells when %j has shown', async (faults) => {
    await using proxy = await FaultProxy.start(listen(), target, { ...faults, chunk: 100 });
    const shown = proxy.whenFaulty();
    const client = connectTo(proxy.endpoint);
    let taken = 0;
    client.on('data', (data: Buffer) => (taken += data.length));
    client.write('hello\n');
    await shown;
    while (taken < 300) await once(client, 'data');
    client.destroy();
  });

  it.each([0, 300, 999])('garbles byte %i', async (garbleAt) => {
    await using proxy = await FaultProxy.start(listen(), target, { garbleAt, chunk: 100 });
    const { data } = await fetchFrom(proxy.endpoint);
    const expected = Buffer.from(message);
    expected.writeUInt8(expected.readUInt8(garbleAt) ^ 0xff, garbleAt);
    expect(data.equals(expected)).toBe(true);
  });

  it('refuses after some connections', async () => {
    await using proxy = await FaultProxy.start(listen(), target, { refuseAfter: 1 });
    expect((await fetchFrom(proxy.endpoint)).data.length).toBe(size);
    expect((await fetchFrom(proxy.endpoint)).data.length).toBe(0);
    expect(proxy.accepted).toBe(2);
  });

  it('cuts all when told', async () => {
    await using proxy = await FaultProxy.start(listen(), target, { stallAfter: 10 });
    const client = connectTo(proxy.endpoint);
    client.write('hello\n');
    await once(client, 'data');
    expect(proxy.open).toBe(1);
    const closed = once(client, 'close');
    proxy.cut();
    await closed;
    expect(proxy.open).toBe(0);
  });

  it('leaves nothing when it is closed', async () => {
    const proxy = await FaultProxy.start(listen(), target, { stallAfter: 0 });
    const pending = fetchFrom(proxy.endpoint);
    while (proxy.open === 0) await new Promise((resolve) => setImmediate(resolve));
    await proxy.close();
    await proxy.close();
    await pending;
    expect(proxy.open).toBe(0);
    if (kind === 'unix') expect(existsSync(join(dir, 'proxy'))).toBe(false);
    else expect((await fetchFrom(proxy.endpoint)).error).toBe('ECONNREFUSED');
  });

  it(kind === 'unix' ? 'refuses to reset' : 'resets', async () => {
    const started = FaultProxy.start(listen(), target, { reset: true, stallAfter: 300 });
    if (kind === 'unix') {
      await expect(started).rejects.toThrow(TypeError);
      return;
    }
    await using proxy = await started;
    const client = connect(proxy.endpoint as number, '127.0.0.1');
    client.write('hello\n');
    await once(client, 'data');
    // Only now: data and reset at once look like an orderly end to Node.js.
    proxy.cut();
    const [error] = (await once(client, 'close').catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });
});
