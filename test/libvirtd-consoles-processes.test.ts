import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Connection, type Domain } from '../lib/index.js';
import { diesOfFailedWrite, eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { collect, suspendProcess } from './testbed/process.js';
import { itUnless } from './versions.js';

jest.setTimeout(180_000);

const root = path.join(__dirname, '..');

describeWithTestbed('consoles in a process', (bed) => {
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
  const node = (program: string) => spawn(process.execPath, ['-e', program], { cwd: root, stdio: 'pipe' });
  const head = () => `const { Connection } = require('./dist/index.js');
    const run = async () => { const c = await Connection.open(${JSON.stringify(bed().uri)});
    const d = await c.lookupDomainByName('held');`;

  it('keep it alive while they are open, and not after', async () => {
    await start('held');
    // Nothing but the stream keeps it: its standard streams do not, and it has no timer. A process that nothing keeps
    // says so by 'beforeExit'.
    const child = node(`process.on('beforeExit', () => console.log('free'));
      ${head()} const s = await d.openConsole(); s.resume();
      process.on('SIGUSR2', () => { console.log('closing'); s.destroy(); }); console.log('open'); }; run();`);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('open');
    // By then it had all the time to end.
    for (let i = 0; i < 100; i++) await connection.getHostname();
    child.kill('SIGUSR2');
    expect((await lines.next()).value).toBe('closing');
    expect((await lines.next()).value).toBe('free');
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });

  itUnless(diesOfFailedWrite, 'go with a worker that is ended, and with a process that exits', async () => {
    const domain = await start('held');
    // The daemon may not have heard yet that the worker before is gone. To take the console by force in that moment was
    // seen to crash libvirtd 9.0.
    const worker = `${head()} let s;
        while (s === undefined) s = await d.openConsole().catch((e) => { if (e.code !== 'VIR_ERR_OPERATION_FAILED') throw e; });
        s.resume(); s.write(Buffer.alloc(1 << 20));
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

  it('are ended by the connection when nobody has them any more', async () => {
    await start('held');
    const child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '-e',
        `${head()} const codes = [];
        const listen = (s) => { s.on('error', (e) => codes.push(e.code)); s.resume(); };
        listen(await d.openConsole()); listen(await d.openConsole(null, 1));
        for (let i = 0; i < 10; i++) { gc(); await new Promise((r) => setTimeout(r, 20)); }
        await c.close(); console.log('closed', ...codes); }; run();`,
      ],
      { cwd: root, stdio: 'pipe' },
    );
    expect(await collect(child, 'a client', 60_000)).toEqual({
      stdout: expect.stringMatching(/^closed .*ERR_LIBVIRT_CLOSED/),
      stderr: '',
      code: 0,
      signal: null,
    });
  });

  itUnless(diesOfFailedWrite, 'are many without many threads, and without a busy loop', async () => {
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
    await start('held', [...controllers, ...consoles].join(''));
    const child = node(`const { readdirSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      const fds = () => readdirSync('/proc/self/fd').length;
      const turn = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      ${head()} const closed = (s) => new Promise((resolve) => s.once('close', resolve).destroy());
      // The first one: whatever the process has from then on is there.
      await closed(await d.openConsole());
      const { stdin } = process;
      const before = { threads: threads(), fds: fds() };
      const streams = [];
      for (let i = 1; i <= ${count}; i++) streams.push((await d.openConsole('console' + i)).resume());
      let taken = 0, left = 0;
      console.log('open');
      await new Promise((resolve) => stdin.once('data', resolve));
      // A little that a stopped guest's terminal has room for, and to each fourth more than everything on the way has.
      for (const s of streams) s.write('x', () => taken++);
      while (taken < ${count}) await turn(10);
      for (let i = 0; i < ${count}; i += 4) streams[i].write(Buffer.alloc(1 << 20), () => left++);
      // Threads come with calls that meet, and go when they have had nothing to do for 10 s; those that wait would stay.
      const idle = async () => { for (let i = 0; i < 400 && threads() - before.threads >= 16; i++) await turn(50); };
      await idle();
      const begun = process.cpuUsage();
      await turn(3000);
      const { user, system } = process.cpuUsage(begun);
      await idle(); // The last calls may have met only then, on a busy machine.
      const seen = { taken, left, threads: threads() - before.threads, cpu: (user + system) / 1e6 };
      await Promise.all(streams.map(closed));
      streams.length = 0;
      for (let i = 0; i < 200 && fds() > before.fds; i++) await turn(50);
      seen.fds = Math.max(0, fds() - before.fds);
      console.log(JSON.stringify(seen));
      await c.close(); stdin.destroy(); }; run();`);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('open');
    await suspendProcess(bed().qemuPid('held'));
    child.stdin.write('go\n');
    const { threads, cpu, fds, ...seen } = JSON.parse(String((await lines.next()).value)) as Record<string, number>;
    process.kill(bed().qemuPid('held'), 'SIGCONT');
    expect(seen).toEqual({ taken: count, left: 0 });
    // The process itself may have opened one or two meanwhile.
    expect(fds).toBeLessThan(10);
    expect(threads).toBeLessThan(16);
    expect(cpu).toBeLessThan(0.5);
  });
});
