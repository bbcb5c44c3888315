import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventNames } from '../lib/events/table.js';
import { FakeDaemon } from './fake-daemon.js';
import { Scratch } from './helpers.js';
import { type BedProcess, describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(60_000);

/** The example, and what it prints. */
class Watching {
  readonly child: BedProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  printed = '';

  constructor(child: BedProcess) {
    this.child = child;
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  }

  /** Resolves when it has printed this; rejects when it ends without. */
  async hears(wanted: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(this.printed);
      if (found !== null) return found;
      const more = once(this.child.stdout, 'data');
      await Promise.race([
        more,
        this.ended.then(({ stderr }) => {
          throw new Error(`it ended: ${this.printed}${stderr}`);
        }),
      ]);
    }
  }
}

describe('examples/events.ts', () => {
  const root = path.join(__dirname, '..');

  beforeAll(() => {
    // The command that people use, which compiles it first.
    execFileSync(process.execPath, ['tools/example.mjs', 'events', '--help'], { cwd: root });
  });

  const example = path.join(root, 'build/examples/events.js');
  const start = (...args: string[]): Watching => new Watching(spawn(process.execPath, [example, ...args]));

  it('watches every kind of event that the library has', async () => {
    const watching = start('test:///default');
    const [, count] = await watching.hears(/watching (\d+) kinds of events of test:\/\/\/default\n/);
    // The test driver knows nothing of QEMU's own ones.
    await watching.hears(/not domain:qemu-monitor/);
    watching.child.kill('SIGINT');
    expect(await watching.ended).toEqual({ code: 0, stderr: '' });
    expect(watching.printed).toMatch(/closed\n$/);
    const missing = [...watching.printed.matchAll(/ not ([\w-]+:[\w-]+):/g)].map(([, name]) => name);
    expect(Number(count) + missing.length).toBe(eventNames().length);
    for (const name of missing) expect(eventNames()).toContain(name);
  });

  it('ends well when it is interrupted while it begins, even if the daemon does not answer', async () => {
    const scratch = new Scratch();
    const daemon = await FakeDaemon.start(scratch.file('events.sock'));
    daemon.hold('domainEventRegisterAny');
    const watching = start(daemon.uri);
    await daemon.whenHeld('domainEventRegisterAny');
    watching.child.kill('SIGINT');
    expect(await watching.ended).toEqual({ code: 0, stderr: '' });
    expect(watching.printed).toMatch(/^\S+ closed\n$/);
    await daemon.stop();
    scratch.remove();
  });

  it('tells why it cannot, and how it is used', async () => {
    const refused = start('qemu+unix:///system?socket=/no/such/socket');
    expect(await refused.ended).toEqual({ code: 1, stderr: expect.stringMatching(/socket/) });
    const helping = start('--help');
    expect(await helping.ended).toEqual({ code: 0, stderr: '' });
    expect(helping.printed).toBe('Usage: npm run example -- events [URI]\n');
  });

  describeWithTestbed('on a test bed', (bed) => {
    it('tells what happens, and goes on when the daemon was away', async () => {
      const watching = new Watching(bed().spawn('node', [example, 'qemu:///system']));
      await watching.hears(/watching \d+ kinds/);
      await bed().virsh('define', bed().file('pc1.xml', guestXML({ name: 'pc1', memoryMiB: 32 })));
      await watching.hears(/pc1 domain:lifecycle DEFINED \{"detail":0\}/);
      await bed().libvirtd.stop();
      await watching.hears(/disconnected: EOF/);
      await bed().libvirtd.start();
      await watching.hears(/connected again/);
      await bed().virsh('start', 'pc1');
      await watching.hears(/pc1 domain:lifecycle STARTED \{"detail":0\}/);
      watching.child.kill('SIGINT');
      expect(await watching.ended).toEqual({ code: 0, stderr: '' });
    });
  });
});
