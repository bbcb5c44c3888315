import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Connection, type Domain, DomainConsoleFlags } from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { Listener, openFiles } from './libvirtd-streams-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { suspendProcess } from './testbed/process.js';

jest.setTimeout(180_000);

describeWithTestbed('consoles', (bed) => {
  let connection: Connection;
  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
  });
  afterEach(async () => {
    await removeMachines(connection);
    await connection.close();
  });

  /** A machine that runs its firmware and no more. */
  const start = (name: string, devices = ''): Promise<Domain> =>
    connection.createDomainXML(guestXML({ name, memoryMiB: 64, devices }));

  /** Whether it ends or fails. */
  const closing = (stream: Duplex): Promise<unknown> =>
    stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve));

  it('are refused where there are none', async () => {
    const domain = await start('quiet');
    expect(await failure(domain.openConsole('nonsense'))).toMatchObject({ name: 'LibvirtError' });
    expect(await failure(domain.openChannel())).toMatchObject({ name: 'LibvirtError' });
    expect(await failure(domain.openConsole(1 as unknown as string))).toMatchObject({ name: 'TypeError' });
    const console = await domain.openConsole();
    expect(await failure(domain.openConsole())).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });
    // Whether it ends or fails is the driver's affair.
    const closed = new Promise((resolve) => console.on('error', () => undefined).once('close', resolve));
    console.resume();
    const other = await domain.openConsole(null, DomainConsoleFlags.FORCE);
    await closed;
    other.destroy();
    await once(other, 'close');
    await domain.destroy();
    expect(await failure(domain.openConsole())).toMatchObject({ name: 'LibvirtError' });
    expect(await failure(domain.with({ signal: AbortSignal.abort(new Error('no')) }).openConsole())).toMatchObject({
      message: 'no',
    });
  });

  it('let somebody log in, run a command and read what it prints', async () => {
    const guest = await bed().guest();
    const domain = await connection.createDomainXML(guestXML({ name: 'pc', guest }));
    const console = await domain.openConsole();
    const listener = new Listener(console);
    await listener.hears(/GUEST-READY/);
    console.write('sh mkdir -p /etc; echo visitor::0:0::/:/bin/sh > /etc/passwd; echo made it\n');
    await listener.hears(/made it\r?\n/);
    console.write('sh getty -L 115200 ttyS0 vt100\n');
    await listener.hears(/login: /);
    console.write('visitor\r');
    await listener.hears(/[#$] /);
    console.write('echo $((6 * 7)) is what; uname -s\r');
    await listener.hears(/42 is what\r?\n/);
    expect(await listener.hears(/Linux/)).toBe('Linux');
    console.end();
    await once(console, 'close');
    // It is free for the next.
    const again = await domain.openConsole();
    const more = new Listener(again);
    again.write('echo still $((1 + 1))\r');
    await more.hears(/still 2/);
    again.destroy();
    await once(again, 'close');
    await domain.destroy();
  });

  it('end when the machine does, and when the daemon dies', async () => {
    const domain = await start('mortal');
    const first = await domain.openConsole();
    first.resume();
    const firstClosed = once(first, 'close');
    await domain.destroy();
    await firstClosed;
    expect(first.errored).toBeNull();

    await start('survivor');
    const other = await Connection.open(bed().uri);
    const second = await (await other.lookupDomainByName('survivor')).openConsole();
    second.resume();
    const died = once(second, 'error');
    bed().libvirtd.kill();
    expect((await died)[0]).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await other.close();
    await connection.close();
    await bed().libvirtd.ended();
    await bed().libvirtd.start();
    connection = await Connection.open(bed().uri);
    // The daemon may still be finding its machines.
    await eventually('no machines', async () => {
      await removeMachines(connection);
      return (await connection.listAllDomains()).length === 0;
    });
  });

  it('end with the connection, with what was written to a guest that takes nothing, too', async () => {
    await start('stuck');
    const files = openFiles();
    const other = await Connection.open(bed().uri);
    const console = await (await other.lookupDomainByName('stuck')).openConsole();
    const pid = bed().qemuPid('stuck');
    await suspendProcess(pid);
    console.write(Buffer.alloc(1 << 20, 'x'));
    const failed = once(console, 'error');
    const before = performance.now();
    await other.close();
    expect((await failed)[0]).toMatchObject({ code: 'ERR_LIBVIRT_CLOSED' });
    expect(performance.now() - before).toBeLessThan(10_000);
    process.kill(pid, 'SIGCONT');
    await eventually('files', () => Promise.resolve(openFiles() <= files));
  });

  it('of a guest that takes nothing tell whoever waits for a write, when they are destroyed', async () => {
    const domain = await start('full');
    const pid = bed().qemuPid('full');
    await suspendProcess(pid);
    for (const reason of [undefined, new Error('enough')]) {
      // The daemon may not have read yet that the one before is gone.
      const stream = await eventually('it is free', () => domain.openConsole());
      const errors: unknown[] = [];
      stream.on('error', (error) => errors.push(error));
      const written = [0, 1].map(
        () => new Promise((resolve) => stream.write(Buffer.alloc(1 << 20, 'x'), resolve)), // the second waits for the first
      );
      stream.destroy(reason);
      expect(await Promise.all(written)).toMatchObject(Array(2).fill(reason ?? { code: 'ERR_STREAM_DESTROYED' }));
      await closing(stream);
      expect(errors).toEqual(reason === undefined ? [] : [reason]);
    }
    process.kill(pid, 'SIGCONT');
  });

  it('end with a signal, with its reason', async () => {
    const domain = await start('signalled');
    const controller = new AbortController();
    const console = await domain.with({ signal: controller.signal }).openConsole();
    const failed = once(console, 'error');
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failed).toEqual([reason]);
    await closing(console);
    // It is free again, and a signal that comes after the end changes nothing.
    const later = new AbortController();
    const next = await domain.with({ signal: later.signal, timeout: 60_000 }).openConsole();
    next.destroy();
    await closing(next);
    later.abort(new Error('late'));
    expect(next.errored).toBeNull();
  });

  it('and screens: a picture with its type', async () => {
    const domain = await start('seen', "<video><model type='vga'/></video>");
    expect(await failure(domain.screenshot(7))).toMatchObject({ name: 'LibvirtError' });
    const { mimeType, data } = await domain.screenshot();
    if (mimeType === 'image/png') {
      expect(data.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
      const [width, height] = [data.readUInt32BE(16), data.readUInt32BE(20)];
      const packed: Buffer[] = [];
      for (let at = 8; at < data.length;) {
        const length = data.readUInt32BE(at);
        const type = data.toString('latin1', at + 4, at + 8);
        if (type === 'IDAT') packed.push(data.subarray(at + 8, at + 8 + length));
        at += 12 + length;
      }
      const bytesOfPixel = data[25] === 6 ? 4 : 3;
      expect(inflateSync(Buffer.concat(packed)).length).toBe((width * bytesOfPixel + 1) * height);
    } else {
      expect(mimeType).toBe('image/x-portable-pixmap');
      const [, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(data.toString('latin1', 0, 64)) ?? [];
      expect(data.length).toBeGreaterThanOrEqual(Number(width) * Number(height) * 3);
    }
    await domain.destroy();
    expect(await failure(domain.screenshot())).toMatchObject({ name: 'LibvirtError' });
  });

  it('and screens: a limit holds for all of a picture', async () => {
    const domain = await start('slow', "<video><model type='vga'/></video>");
    for (const by of ['timeout', 'signal'] as const) {
      const controller = new AbortController();
      const receive = jest.spyOn(native, 'virStreamRecv');
      // The picture is there; its bytes, or the confirmation of their end, never come.
      receive.mockImplementationOnce((stream, nbytes) => {
        bed().libvirtd.kill('SIGSTOP');
        setImmediate(() => {
          controller.abort(new Error('enough'));
        });
        return native.virStreamRecv(stream, nbytes);
      });
      const limits = by === 'timeout' ? { timeout: 2000 } : { signal: controller.signal };
      const error = await failure(domain.with(limits).screenshot());
      bed().libvirtd.kill('SIGCONT');
      receive.mockRestore();
      if (by === 'timeout') expect(error).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT' });
      // A call that was under way is abandoned for that reason; one that was not is not made.
      else expect((error as Error).cause ?? error).toMatchObject({ message: 'enough' });
    }
    expect((await domain.screenshot()).data.length).toBeGreaterThan(0);
  });
});
