import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type ConsoleStream, type Domain, DomainConsoleFlags } from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { diesOfFailedWrite, eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { itUnless } from './versions.js';
import { suspendProcess } from './testbed/process.js';

jest.setTimeout(180_000);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const root = path.join(__dirname, '..');
const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** Listens to a console, and waits for what it says. */
class Listener {
  said = '';
  readonly #news = new EventEmitter();

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.#news.emit('news');
    });
  }

  async hears(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = wanted.exec(this.said);
      if (found !== null) {
        this.said = this.said.slice(found.index + found[0].length);
        return found[0];
      }
      const limit = AbortSignal.timeout(60_000);
      await once(this.#news, 'news', { signal: limit }).catch(() => {
        throw new Error(`nothing like ${String(wanted)} in ${JSON.stringify(this.said.slice(-2000))}`);
      });
    }
  }
}

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

  itUnless(diesOfFailedWrite, 'of a stopped guest hold up nobody, whatever is written to them', async () => {
    const other = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 3 } });
    const domain = await start('stopped');
    const pid = bed().qemuPid('stopped');
    const console = await (await other.lookupDomainByName('stopped')).openConsole();
    console.resume();
    const { threads } = native.runtime.stats();
    await suspendProcess(pid);
    let done = false;
    expect(console.write(Buffer.alloc(1 << 20, 'x'), () => (done = true))).toBe(false);
    // Longer than keepalive, which the daemon would not answer if this took its places.
    const end = performance.now() + 6000;
    let answers = 0;
    while (performance.now() < end) {
      await Promise.all(Array.from({ length: 8 }, () => other.getHostname()));
      expect((await other.listAllDomains()).length).toBe(1);
      answers += 1;
    }
    expect(answers).toBeGreaterThan(10);
    expect(done).toBe(false);
    // Nobody waits on a thread for the guest.
    expect(native.runtime.stats().threads).toBeLessThanOrEqual(threads + 4);
    console.destroy();
    await once(console, 'close');
    process.kill(pid, 'SIGCONT');
    await other.close();
    await domain.destroy();
  });

  it('are many without many threads, and without a busy loop', async () => {
    const count = 200;
    const consoles = Array.from(
      { length: count },
      (_, i) => `<console type='pty'><target type='virtio' port='${i + 1}'/>
        <address type='virtio-serial' controller='${Math.floor(i / 30)}' bus='0' port='${(i % 30) + 1}'/></console>`,
    );
    const controllers = Array.from(
      { length: 7 },
      (_, i) => `<controller type='virtio-serial' index='${i}' ports='31'/>`,
    );
    const domain = await start('many', [...controllers, ...consoles].join(''));
    const files = openFiles();
    collectGarbage();
    const { handles } = native.runtime.stats();
    const streams: ConsoleStream[] = [];
    for (let i = 1; i <= count; i += 1) {
      const stream = await domain.openConsole(`console${i}`);
      stream.resume();
      streams.push(stream);
    }
    const before = process.cpuUsage();
    const end = performance.now() + 3000;
    while (performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    const { threads } = native.runtime.stats();
    expect(threads).toBeLessThan(16);
    expect((user + system) / 1e6).toBeLessThan(0.6);
    await Promise.all(
      streams.splice(0).map(async (stream) => {
        stream.destroy();
        await once(stream, 'close');
      }),
    );
    await eventually('files', () => Promise.resolve(openFiles() <= files));
    // What the loop had last may still be on the stack.
    await eventually('handles', () => {
      collectGarbage();
      const now = native.runtime.stats().handles;
      if (now > handles + 4) throw new Error(`${String(now)} handles, and ${String(handles)} before`);
      return Promise.resolve(true);
    });
    await domain.destroy();
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

  describe('in a process', () => {
    const node = (program: string) => spawn(process.execPath, ['-e', program], { cwd: root, stdio: 'pipe' });
    const head = () => `const { Connection } = require('./dist/index.js');
      const run = async () => { const c = await Connection.open(${JSON.stringify(bed().uri)});
      const d = await c.lookupDomainByName('held');`;

    it('keep it alive while they are open, and not after', async () => {
      await start('held');
      const child = node(`${head()} const s = await d.openConsole(); s.resume(); console.log('open');
        process.stdin.once('data', () => { process.stdin.destroy(); s.destroy(); }); process.stdin.unref(); }; run();`);
      await once(child.stdout, 'data');
      await connection.getHostname();
      expect(child.exitCode).toBeNull();
      child.stdin.write('x');
      expect(await once(child, 'exit')).toEqual([0, null]);
    });

    it('go with a worker that is ended, and with a process that exits', async () => {
      const domain = await start('held');
      // FORCE: the daemon may not have heard yet that the worker before is gone.
      const worker = `${head()} const s = await d.openConsole(null, 1); s.resume(); s.write(Buffer.alloc(1 << 20));
        require('worker_threads').parentPort.postMessage('open'); }; run();`;
      const child = node(`const { Worker } = require('worker_threads');
        (async () => { for (let i = 0; i < 3; i++) {
          const w = new Worker(${JSON.stringify(worker)}, { eval: true });
          await new Promise((resolve) => w.once('message', resolve));
          await w.terminate();
        } console.log('ended'); process.exit(7); })();`);
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect({ code, signal, said }).toEqual({ code: 7, signal: null, said: '' });
      // Nobody has it any more.
      const free = await eventually('the console is free', () => domain.openConsole());
      free.destroy();
      await once(free, 'close');
    });

    it('are forgotten by nobody who drops them: the connection ends them', async () => {
      await start('held');
      const child = spawn(
        process.execPath,
        [
          '--expose-gc',
          '-e',
          `${head()} await d.openConsole(); (await d.openConsole(null, 1)).resume();
          for (let i = 0; i < 10; i++) { gc(); await new Promise((r) => setTimeout(r, 20)); }
          await c.close(); console.log('closed'); };
          process.on('uncaughtException', (e) => { if (e.code === undefined) throw e; }); run();`,
        ],
        { cwd: root, stdio: 'pipe' },
      );
      expect(await once(child, 'exit')).toEqual([0, null]);
    });
  });

  it('are joined to a terminal by the example, until its escape character', async () => {
    const guest = await bed().guest();
    const domain = await connection.createDomainXML(guestXML({ name: 'pc', guest }));
    const watching = await domain.openConsole();
    await new Listener(watching).hears(/GUEST-READY/);
    watching.destroy();
    await once(watching, 'close');
    const example = path.join(root, 'tools/example.mjs');
    expect(readFileSync(path.join(root, 'examples/console.ts'), 'utf8').split('\n').length).toBeLessThan(150);
    // A pseudo-terminal of its own, as a person has.
    const command = `exec '${process.execPath}' '${example}' console -c '${bed().uri}' pc`;
    const terminal = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const listener = new Listener(terminal.stdout);
    await listener.hears(/Connected to pc\. Leave with \^\]/);
    terminal.stdin.write('from a keyboard\r');
    await listener.hears(/echo:from a keyboard/);
    // What would interrupt a program goes to the guest.
    terminal.stdin.write('\x03and on\r');
    await listener.hears(/echo:.*and on/);
    const exited = once(terminal, 'exit');
    terminal.stdin.write('\x1d');
    await listener.hears(/Disconnected/);
    expect(await exited).toEqual([0, null]);
    await domain.destroy();
  });
});
