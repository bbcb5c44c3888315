import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Connection, type Domain, DomainGetHostnameFlags, DomainSetUserPasswordFlags } from '../lib/index.js';
import { failure, failures } from './helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

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
    await Promise.all([machine.create(), mute.create()]);
    await eventually('asked has booted', () => machine.qemuAgentCommand('{"execute":"guest-ping"}', 5));
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

  it('freezes and thaws file systems', async () => {
    const [fs] = await machine.getFSInfo();
    expect(await machine.fsFreeze([fs?.mountpoint ?? ''])).toBe(1);
    expect(await failure(machine.fsFreeze())).toHaveProperty('name', 'LibvirtError');
    expect(await machine.fsThaw()).toBe(1);
    expect(await machine.fsFreeze()).toBe(1);
    expect(await machine.fsThaw(null)).toBe(1);
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
    await machine.agentSetResponseTimeout(5);
    await machine.getTime();
    await machine.agentSetResponseTimeout(-2);
  });

  it('sets a password, plain or encrypted', async () => {
    await machine.setUserPassword('root', 'secret');
    await machine.setUserPassword('root', '$6$salt$hash', DomainSetUserPasswordFlags.ENCRYPTED);
  });
});
