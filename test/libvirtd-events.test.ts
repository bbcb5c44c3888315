import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  ConnectDomainQemuMonitorEventRegisterFlags,
  type Domain,
  DomainModificationImpact,
  DomainBlockJobType,
  DomainDeviceModifyFlags,
  DomainEventType,
  DomainMetadataType,
  DomainState,
  type LibvirtEventName,
  type LibvirtEvents,
  type Network,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { eventually, removeMachines, removeNetworks } from './libvirtd-helpers.js';
import { defaultNetworkXML, describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince } from './versions.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const { LIVE } = DomainModificationImpact;

/** The events of machines that came after libvirt 7.0, and the libvirt that each came with. */
const newerEvents = new Map([
  [26, '7.9.0'],
  [27, '11.2.0'],
  [28, '12.4.0'],
  [29, '12.4.0'],
]);

describeWithTestbed('events of a real libvirtd', (bed) => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await removeNetworks(connection);
  });
  afterEach(async () => {
    await removeMachines(connection);
    await removeNetworks(connection);
  });
  afterAll(() => connection.close());

  /** The first event of a name that fits, from what happens while `run` runs or after it. */
  async function told<Name extends LibvirtEventName>(
    name: Name,
    run: () => Promise<unknown>,
    fits: (event: LibvirtEvents[Name][0]) => boolean = () => true,
  ): Promise<LibvirtEvents[Name][0]> {
    const events = connection.events(name, { signal: AbortSignal.timeout(60_000) });
    const [, found] = await Promise.all([
      run(),
      (async () => {
        for await (const event of events) if (fits(event)) return event;
        throw new Error(`no ${name}`);
      })(),
    ]);
    return found;
  }

  /** A machine that runs its firmware only. */
  async function machine(devices = '', disk?: string): Promise<Domain> {
    const given = disk === undefined ? {} : { disk };
    const domain = await connection.defineDomainXML(
      guestXML({ name: 'told', memoryMiB: 32, ports: 4, devices, ...given }),
    );
    await domain.create();
    return domain;
  }

  it('takes every event that this libvirt has, and names the version that others need', async () => {
    const handle = connection.link.handle;
    const listener = () => undefined;
    for (let id = 0; id < 30; id += 1) {
      const registering = native.virConnectDomainEventRegisterAny(handle, null, id, listener);
      const since = newerEvents.get(id);
      if (since === undefined || isSince(since)) {
        await native.virConnectDomainEventDeregisterAny(handle, await registering);
      } else {
        expect(await failure(registering)).toMatchObject({
          code: 3,
          message: expect.stringContaining(`needs libvirt ${since} or later`),
        });
      }
    }
    for (const name of ['storage-pool', 'node-device', 'secret'] as const) {
      const subscription = await connection.subscribe(`${name}:lifecycle`, listener);
      await subscription.unsubscribe();
    }
    if (!isSince('9.8.0')) {
      expect(await failure(connection.subscribe('network:metadata-change', listener))).toMatchObject({
        code: 'VIR_ERR_NO_SUPPORT',
        message: expect.stringContaining('needs libvirt 9.8.0'),
      });
    }
  });

  it('tells of a machine’s life, and narrows the detail', async () => {
    const { STARTED, RESUMED, SUSPENDED, STOPPED, UNDEFINED, DEFINED } = DomainEventType;
    const list: number[] = [];
    connection.on('domain:lifecycle', (event) => {
      list.push(event.event);
      // The compiler knows which enum it is of.
      if (event.event === DomainEventType.STOPPED) expect(typeof event.detail).toBe('number');
    });
    const domain = await machine();
    await domain.suspend();
    await domain.resume();
    await domain.destroy();
    await domain.undefine();
    await eventually('the end is told', () => Promise.resolve(list.includes(UNDEFINED)));
    connection.removeAllListeners('domain:lifecycle');
    // Whether QEMU still tells of its own end depends on which of the two is faster.
    const lives = list.filter((event) => event !== DomainEventType.SHUTDOWN);
    expect(lives).toEqual([DEFINED, RESUMED, STARTED, SUSPENDED, RESUMED, STOPPED, UNDEFINED]);
  });

  it('tells of reset, balloon, metadata, limits and devices', async () => {
    const domain = await machine();
    expect((await told('domain:reboot', () => domain.reset())).domain.uuid).toBe(domain.uuid);
    const { ELEMENT, TITLE } = DomainMetadataType;
    const set = (type: DomainMetadataType, text: string, key?: string, uri?: string) => () =>
      domain.setMetadata(type, text, key, uri, LIVE);
    expect(await told('domain:metadata-change', set(TITLE, 'mine'))).toMatchObject({ type: TITLE, nsuri: null });
    expect(await told('domain:metadata-change', set(ELEMENT, '<a/>', 'k', 'http://k/'))).toMatchObject({
      type: ELEMENT,
      nsuri: 'http://k/',
    });
    const wire =
      "<interface type='user'><mac address='52:54:00:00:00:77'/><model type='virtio'/><alias name='ua-w'/></interface>";
    expect(
      await told('domain:device-added', () => domain.attachDevice(wire, DomainDeviceModifyFlags.LIVE)),
    ).toMatchObject({ devAlias: 'ua-w' });
  });

  it('tells of the jobs of disks, by file and by target', async () => {
    const disk = '/var/lib/libvirt/images/told.qcow2';
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
    const domain = await machine('', disk);
    const byFile: string[] = [];
    await using subscription = await connection.subscribe(
      'domain:block-job',
      ({ disk: file }) => void byFile.push(file),
    );
    expect(subscription.lost).toBe(0);
    const pulled = await told('domain:block-job-2', () => {
      domain.blockPull('vda').catch(() => undefined);
      return Promise.resolve();
    });
    expect(pulled).toMatchObject({ disk: 'vda', type: DomainBlockJobType.PULL });
    await eventually('the file is told', () => Promise.resolve(byFile.includes(disk)));
  });

  it('tells of limits of disks and CPUs', async () => {
    const disk = '/var/lib/libvirt/images/limits.qcow2';
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
    const domain = await machine('', disk);
    const limits = await told('domain:tunable', () =>
      domain.setBlockIoTune('vda', { totalBytesSec: 1_048_576n }, LIVE),
    );
    expect(limits.params.blkdeviotune).toMatchObject({ disk: 'vda', totalBytesSec: 1_048_576n });
  });

  it('tells of trays', async () => {
    await bed().run('truncate', ['-s', '1M', '/var/lib/libvirt/images/told.iso']);
    const source = "<source file='/var/lib/libvirt/images/told.iso'/>";
    const drive = (medium: string) =>
      `<disk type='file' device='cdrom'>${medium}<target dev='sda' bus='sata'/><readonly/></disk>`;
    const domain = await machine(drive(source));
    const { LIVE: live, FORCE } = DomainDeviceModifyFlags;
    const tray = await told('domain:tray-change', () => domain.updateDevice(drive(''), live | FORCE));
    expect(tray).toMatchObject({ devAlias: 'sata0-0-0', reason: 0 });
  });

  it('tells of QEMU’s own events, all or by pattern', async () => {
    const domain = await machine();
    const { REGEX, NOCASE } = ConnectDomainQemuMonitorEventRegisterFlags;
    const lists: string[][] = [[], [], [], []];
    const listen = (i: number, options: { pattern?: string; flags?: number } = {}) =>
      connection.subscribe('domain:qemu-monitor', ({ event }) => void lists[i]?.push(event), {
        object: domain,
        ...options,
      });
    const subscriptions = await Promise.all([
      listen(0),
      listen(1, { pattern: 'STOP' }),
      listen(2, { pattern: '^RES', flags: REGEX }),
      listen(3, { pattern: 'stop', flags: NOCASE }),
    ]);
    const event = told(
      'domain:qemu-monitor',
      () => domain.suspend(),
      ({ event }) => event === 'STOP',
    );
    const stop = await event;
    expect(typeof stop.seconds).toBe('bigint');
    expect(stop.micros).toBeLessThan(1_000_000);
    await domain.resume();
    await eventually('RESUME is told', () => Promise.resolve(lists[0]?.includes('RESUME') && lists[2]?.length));
    expect(lists).toEqual([['STOP', 'RESUME'], ['STOP'], ['RESUME'], ['STOP']]);
    for (const subscription of subscriptions) await subscription.unsubscribe();
  });

  it('tells of networks, pools, secrets and devices', async () => {
    const list: string[] = [];
    const note = (name: LibvirtEventName) => {
      connection.on(name, (event) => {
        list.push(`${name} ${'event' in event ? String(event.event) : ''}`.trim());
      });
    };
    note('network:lifecycle');
    note('storage-pool:lifecycle');
    note('storage-pool:refresh');
    note('secret:lifecycle');
    note('secret:value-changed');
    note('node-device:lifecycle');
    const network = await connection.defineNetworkXML("<network><name>told</name><bridge name='virbr9'/></network>");
    await network.create();
    await network.destroy();
    await network.undefine();
    const pool = await connection.defineStoragePoolXML(
      "<pool type='dir'><name>told</name><target><path>/var/lib/libvirt/told</path></target></pool>",
    );
    await pool.build();
    await pool.create();
    await pool.refresh();
    await pool.destroy();
    await pool.delete();
    await pool.undefine();
    const secret = await connection.defineSecretXML(
      "<secret ephemeral='no' private='no'><description>told</description></secret>",
    );
    await secret.setValue(Buffer.from('x'));
    await secret.undefine();
    await eventually('the last is told', () =>
      Promise.resolve(list.includes('secret:lifecycle 1') && list.includes('storage-pool:lifecycle 1')),
    );
    connection.removeAllListeners();
    const of = (prefix: string) => list.filter((one) => one.startsWith(prefix));
    expect(of('network')).toEqual([0, 2, 3, 1].map((event) => `network:lifecycle ${event}`));
    expect(of('storage-pool:lifecycle')).toEqual([0, 4, 2, 3, 5, 1].map((event) => `storage-pool:lifecycle ${event}`));
    expect(of('storage-pool:refresh').length).toBeGreaterThan(0);
    expect(of('secret')).toEqual(['secret:lifecycle 0', 'secret:value-changed', 'secret:lifecycle 1']);
  });

  describe('a guest', () => {
    let domain: Domain;
    let network: Network;

    beforeAll(async () => {
      await bed().guest();
    }, 300_000);

    it('is waited for: lease, agent, shutdown', async () => {
      network = await connection.defineNetworkXML(defaultNetworkXML());
      await network.create();
      const mac = '52:54:00:00:00:42';
      const guest = await bed().guest();
      domain = await connection.defineDomainXML(
        guestXML({ name: 'guest', guest, agent: true, network: 'default', mac }),
      );
      const agent = connection.events('domain:agent-lifecycle', { object: domain });
      const lease = network.waitForLease({ mac, timeout: 100_000 });
      await domain.create();
      expect(await lease).toMatchObject({ mac, ipaddr: expect.stringMatching(/^192\.168\.122\./) });
      expect((await network.waitForLease({ mac: mac.toUpperCase() })).mac).toBe(mac);
      // libvirt says first that there is none.
      const agentStates: unknown[] = [];
      for await (const { state } of agent) if (agentStates.push(state) && state === 1) break;
      expect(agentStates.at(-1)).toBe(1);
      await eventually('the agent answers', () => domain.qemuAgentCommand('{"execute":"guest-ping"}', 5), 90_000);
      expect(await domain.shutdownAndWait({ timeout: 60_000 })).toBe('shutdown');
      expect((await domain.getState()).state).toBe(DomainState.SHUTOFF);
    }, 240_000);

    it('that ignores it is destroyed when its time is over', async () => {
      const deaf = await machine();
      const late = { code: 'ERR_LIBVIRT_TIMEOUT' };
      expect(await failure(deaf.shutdownAndWait({ timeout: 500 }))).toMatchObject(late);
      expect(await deaf.isActive()).toBe(true);
      expect(await deaf.shutdownAndWait({ timeout: 500, fallback: 'destroy' })).toBe('destroy');
      expect(await deaf.isActive()).toBe(false);
    });

    it('that never gets an address is waited for as long as was said', async () => {
      const empty = await connection.defineNetworkXML(defaultNetworkXML());
      await empty.create();
      const { signal } = new AbortController();
      const wait = empty.waitForLease({ hostname: 'nobody', timeout: 1000, signal });
      expect(await failure(wait)).toMatchObject({ code: 'ERR_LIBVIRT_TIMEOUT', operation: 'Network.waitForLease' });
    });
  });
});
