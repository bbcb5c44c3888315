import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Connection, type Domain } from '../lib/index.js';
import { native } from '../lib/native.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { Listener, MiB, sum } from './libvirtd-streams-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { suspendProcess } from './testbed/process.js';

jest.setTimeout(180_000);

const devices = `<console type='pty'><target type='virtio' port='1'/></console>
  <channel type='unix'><target type='virtio' name='org.example.0'/></channel>`;

// A daemon that is quick to drop who does not answer.
const libvirtdConf = ['keepalive_interval = 1', 'keepalive_count = 3'];

describeWithTestbed(
  'consoles and channels of a guest',
  (bed) => {
    let connection: Connection;
    let domain: Domain;
    let serial: Listener;
    let command: (text: string) => void;

    beforeEach(async () => {
      connection = await Connection.open(bed().uri, { keepAlive: { interval: 1, count: 3 } });
      const xml = guestXML({ name: 'pc', guest: await bed().guest(), devices });
      // A machine that has just ended is on no list any more, and yet its name may still be taken.
      domain = await eventually('the name is free', () => connection.createDomainXML(xml));
      const console = await domain.openConsole('serial0');
      console.on('error', () => undefined);
      command = (text) => console.write(`sh ${text}\n`);
      serial = new Listener(console);
      await serial.hears(/GUEST-READY/);
    });
    afterEach(async () => {
      await removeMachines(connection);
      await connection.close();
    });

    it('a channel speaks both ways, and ends when the guest does', async () => {
      command('exec 3<>/dev/virtio-ports/org.example.0; echo opened');
      await serial.hears(/opened\r?\n/);
      const channel = await domain.openChannel('org.example.0');
      const data = randomBytes(256 * 1024);
      const got: Buffer[] = [];
      channel.on('data', (chunk: Buffer) => got.push(chunk));
      command('cat <&3 >&3 &');
      channel.write(data);
      while (Buffer.concat(got).length < data.length) await once(channel, 'data');
      expect(sum(Buffer.concat(got))).toBe(sum(data));
      const closed = once(channel, 'close');
      command('poweroff -f');
      await closed;
      expect(channel.errored).toBeNull();
      await eventually('it is off', async () => (await connection.listAllDomains()).length === 0);
    });

    it('what is written to a stopped one arrives when it goes on, and holds up nobody meanwhile', async () => {
      const console = await domain.openConsole('console1');
      console.resume();
      command(`exec 4</dev/hvc0; stty raw -echo <&4; echo listening; head -c ${MiB} <&4 | sha256sum`);
      await serial.hears(/listening\r?\n/);
      const pid = bed().qemuPid('pc');
      await suspendProcess(pid);
      const { threads } = native.runtime.stats();
      const data = randomBytes(MiB);
      let done = false;
      const written = new Promise((resolve) => console.write(data, resolve)).then((error) => {
        done = true;
        return error;
      });
      // Longer than the daemon and we take to give a link up that gives no sign of life.
      const end = performance.now() + 8000;
      let answers = 0;
      while (performance.now() < end) {
        await Promise.all(Array.from({ length: 8 }, () => connection.getHostname()));
        expect((await connection.listAllDomains()).length).toBe(1);
        answers += 1;
      }
      expect(answers).toBeGreaterThan(10);
      expect(done).toBe(false);
      // Nobody waits on a thread for the guest: those that there are serve the calls just made.
      expect(native.runtime.stats().threads).toBeLessThanOrEqual(Math.max(threads, 16));
      process.kill(pid, 'SIGCONT');
      expect(await written).toBeFalsy();
      await serial.hears(new RegExp(sum(data)));
      expect(await connection.isAlive()).toBe(true);
      console.end();
      await once(console, 'close');
    });
  },
  { libvirtdConf },
);
