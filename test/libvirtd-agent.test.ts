import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainGetHostnameFlags,
  DomainGuestInfoTypes,
  DomainSetUserPasswordFlags,
} from '../lib/index.js';
import { failure, failures } from './helpers.js';
import { askAgent, booted, execIn } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince, itUnless } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

// virsh is refused the same.
const refusesUTF8 =
  isSince('11.3.0') && !isSince('12.8.0') && 'libvirtd takes no JSON with anything but ASCII from a client';

describeWithTestbed('the guest agent', (bed) => {
  let connection: Connection;
  let machine: Domain;
  let mute: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    const guest = await bed().guest();
    const image = '/var/lib/libvirt/images/asked.qcow2';
    await bed().run('bash', [
      '-ec',
      'truncate -s 64M /tmp/asked; mke2fs -q -F -t ext4 /tmp/asked; qemu-img convert -O qcow2 /tmp/asked "$1"',
      'sh',
      image,
    ]);
    machine = await connection.defineDomainXML(guestXML({ name: 'asked', guest, agent: true, disk: image }));
    mute = await connection.defineDomainXML(guestXML({ name: 'mute' }));
    // One after the other: with libvirt 12.8 a start was seen to fail while another one made the control group of both.
    await machine.create();
    await mute.create();
    await booted(machine);
  }, 300_000);
  afterAll(() => connection.close());

  it('is missed where there is none', async () => {
    const calls = [mute.getGuestInfo(), mute.fsFreeze(), mute.getTime(), mute.getGuestVcpus()];
    for (const refusal of await failures(calls)) {
      expect(refusal).toMatchObject({ name: 'LibvirtError', operation: expect.stringMatching(/^virDomain/) });
    }
    expect(await mute.fsFreeze([])).toBe(0);
  });

  it('tells about the guest', async () => {
    const info = await machine.getGuestInfo();
    expect(info).toMatchObject({ hostname: expect.any(String), os: { machine: 'x86_64' }, user: expect.any(Array) });
    expect(typeof info.timezone?.offset).toBe('number');
    const [fs] = info.fs ?? [];
    expect(fs).toMatchObject({ index: 0, mountpoint: expect.stringMatching(/^\//), disk: [{ alias: 'vda' }] });
    expect(typeof fs?.totalBytes).toBe('bigint');
    expect(await machine.getHostname(DomainGetHostnameFlags.AGENT)).toBe(info.hostname);
  });

  it('tells who is logged in', async () => {
    expect((await machine.getGuestInfo(DomainGuestInfoTypes.USERS)).user).toEqual([]);
    // The record that a login would have made: glibc's struct utmp of a USER_PROCESS.
    const record = Buffer.alloc(384);
    record.writeInt16LE(7);
    record.write('tty1', 8);
    record.write('fred', 44);
    record.writeInt32LE(1_700_000_000, 340);
    await execIn(machine, `echo ${record.toString('base64')} | base64 -d > /var/run/utmp`);
    const { user, ...others } = await machine.getGuestInfo(DomainGuestInfoTypes.USERS);
    expect(user).toEqual([{ index: 0, name: 'fred', loginTime: 1_700_000_000_000n }]);
    expect(others).toEqual({});
  });

  it('runs a program, and gives what it prints and how it ended', async () => {
    expect(await execIn(machine, "printf 'gr\\303\\274n\\n'; cat; exit 3")).toEqual({ code: 3, output: 'grün\n' });
    const missing = machine.qemuAgentCommand('{"execute":"guest-exec","arguments":{"path":"/no/such/program"}}', 10);
    expect(await failure(missing)).toMatchObject({
      operation: 'virDomainQemuAgentCommand',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  itUnless(refusesUTF8, 'is told what is not ASCII', async () => {
    expect(await execIn(machine, 'echo grüße')).toEqual({ code: 0, output: 'grüße\n' });
  });

  it('freezes and thaws file systems', async () => {
    const [fs] = await machine.getFSInfo();
    expect(await machine.fsFreeze([fs?.mountpoint ?? ''])).toBe(1);
    expect(await failure(machine.fsFreeze())).toHaveProperty('name', 'LibvirtError');
    expect(await machine.fsThaw()).toBe(1);
    expect(await machine.fsFreeze()).toBe(1);
    expect(await askAgent(machine, 'guest-fsfreeze-status')).toBe('frozen');
    expect(await machine.fsThaw(null)).toBe(1);
    expect(await askAgent(machine, 'guest-fsfreeze-status')).toBe('thawed');
  });

  it('tells the time; this guest has no tool to set it', async () => {
    const { seconds, nseconds } = await machine.getTime();
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(3600);
    expect(nseconds).toBeLessThan(1e9);
    expect(await failure(machine.setTime(1_700_000_000n, 5))).toMatchObject({
      operation: 'virDomainSetTime',
      message: expect.stringContaining('guest-set-time'),
    });
  });

  it('counts the guest’s CPUs', async () => {
    const vcpus = await machine.getGuestVcpus();
    expect(vcpus).toMatchObject({ vcpus: [0], online: [0] });
    expect(await failure(machine.setGuestVcpus([0], false))).toHaveProperty('name', 'LibvirtError');
  });

  it('is waited for no longer than it is told', async () => {
    // Whether the agent is asked first if it is there, libvirt decides by what it answered before.
    const tooLate = isSince('11.2.0')
      ? /^VIR_ERR_AGENT_(UNRESPONSIVE|COMMAND_TIMEOUT)$/
      : /^VIR_ERR_AGENT_UNRESPONSIVE$/;
    await machine.agentSetResponseTimeout(1);
    const pid = bed().qemuPid('asked');
    process.kill(pid, 'SIGSTOP');
    try {
      const begun = performance.now();
      expect(await failure(machine.getTime())).toMatchObject({ code: expect.stringMatching(tooLate) });
      const waited = performance.now() - begun;
      expect(waited).toBeGreaterThan(900);
      expect(waited).toBeLessThan(5000); // what libvirt waits by itself
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await machine.agentSetResponseTimeout(-2);
    await booted(machine);
    await machine.getTime();
  });

  it('sets a password, plain or encrypted', async () => {
    // In place of the guest's own program, which says on the console what it got.
    await execIn(machine, `printf '#!/bin/sh\\nread -r line\\necho "$* $line" > /run/got\\n' > /usr/sbin/chpasswd`);
    const got = async () => (await execIn(machine, 'cat /run/got')).output.trim();
    await machine.setUserPassword('root', 'gehe:im');
    expect(await got()).toBe('root:gehe:im');
    await machine.setUserPassword('root', '$6$salt$hash', DomainSetUserPasswordFlags.ENCRYPTED);
    expect(await got()).toBe('-e root:$6$salt$hash');
  });
});
