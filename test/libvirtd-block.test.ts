import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainBlockCommitFlags,
  DomainBlockCopyFlags,
  DomainBlockJobAbortFlags,
  DomainBlockJobType,
  DomainBlockResizeFlags,
  DomainDeviceModifyFlags,
  DomainMemoryFlags,
  DomainSnapshotCreateFlags,
  DomainState,
  DomainXMLFlags,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { booted, eventually, execIn, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince, itSince } from './versions.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const images = '/var/lib/libvirt/images';
const disk = `${images}/block.qcow2`;
const MiB = 1024 * 1024;
const { TRANSIENT_JOB } = DomainBlockCopyFlags;

describeWithTestbed('disks, saving and devices of a real libvirtd', (bed) => {
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
  });
  beforeEach(async () => {
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']);
    await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 16M', disk]);
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, disk, ports: 8 }));
    await domain.create();
  });
  afterEach(async () => {
    await removeMachines(connection);
    await bed().run('sh', ['-c', `rm -f ${images}/*`]);
  });
  afterAll(() => connection.close());

  const sourceOf = async () => /<source file='([^']*)'/.exec(await domain.getXMLDesc())?.[1];
  /** Puts an empty file above the disk's. */
  const overlay = async (name: string) => {
    const { DISK_ONLY, NO_METADATA } = DomainSnapshotCreateFlags;
    await domain.createSnapshotXML(`<domainsnapshot><name>${name}</name></domainsnapshot>`, DISK_ONLY | NO_METADATA);
  };

  const holdsWhatWasWritten = async (file: string) => {
    const printed = await bed().run('qemu-io', ['-r', '-U', '-c', 'read -P 0x61 0 16M', file]);
    expect(printed).toContain('read 16777216/16777216');
    expect(printed).not.toContain('failed');
  };

  describe('block jobs', () => {
    it('that cannot be', async () => {
      expect(await domain.getBlockJobInfo('vda')).toBeNull();
      expect(await failure(domain.blockJobAbort('vda'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
      expect(await failure(domain.blockPull('vdz'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
      expect(await failure(domain.blockCommit('vda'))).toMatchObject({ name: 'LibvirtError' });
    });

    it('an active commit, and the pivot', async () => {
      await overlay('top');
      expect(await sourceOf()).toBe(`${images}/block.top`);
      await domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE);
      expect(await domain.getBlockJobInfo('vda')).toMatchObject({ type: DomainBlockJobType.ACTIVE_COMMIT });
      await domain.blockJobAbort('vda', DomainBlockJobAbortFlags.PIVOT);
      expect(await sourceOf()).toBe(disk);
      expect(await domain.getBlockJobInfo('vda')).toBeNull();
    });

    it('a commit below, and a pull', async () => {
      await overlay('middle');
      await overlay('top');
      await domain.blockCommit('vda', disk, `${images}/block.middle`);
      expect(await domain.getXMLDesc()).not.toContain('block.middle');
      await domain.blockPull('vda');
      expect(await domain.getXMLDesc()).not.toContain(disk);
      await domain.destroy(); // QEMU writes the tables of the file when it must, not before
      await holdsWhatWasWritten(`${images}/block.top`);
    });

    const copyXML = `<disk type="file"><driver type="qcow2"/><source file="${images}/copy"/></disk>`;

    it('a copy, and the pivot', async () => {
      await domain.blockCopy('vda', copyXML, {}, TRANSIENT_JOB);
      expect(await domain.getBlockJobInfo('vda')).toMatchObject({ type: DomainBlockJobType.COPY });
      await domain.blockJobAbort('vda', DomainBlockJobAbortFlags.PIVOT);
      expect(await sourceOf()).toBe(`${images}/copy`);
      await holdsWhatWasWritten(`${images}/copy`);
    });

    it('a copy that is aborted, by the job and by a signal', async () => {
      const controller = new AbortController();
      const slow = { bandwidth: MiB };
      const job = domain.blockCopy('vda', copyXML, slow, TRANSIENT_JOB);
      const waiting = failure(job);
      await eventually('the copy runs', async () => (await domain.getBlockJobInfo('vda')) ?? undefined);
      await job.abort();
      expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
      expect(await domain.getBlockJobInfo('vda')).toBeNull();
      const other = failure(
        domain
          .with({ signal: controller.signal })
          .blockCopy('vda', copyXML.replace('copy', 'other'), slow, TRANSIENT_JOB),
      );
      controller.abort(new Error('enough'));
      expect(await other).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED', cause: { message: 'enough' } });
      expect(await domain.getBlockJobInfo('vda')).toBeNull();
    });
  });

  it('disks have statistics, a size and content', async () => {
    const stats = await domain.blockStats('vda');
    expect(stats.errs).toBe(-1n); // QEMU does not count them
    expect(await domain.getBlockStats('vda')).toMatchObject({
      rdBytes: expect.any(BigInt),
      wrBytes: expect.any(BigInt),
    });
    await domain.blockResize('vda', 96 * MiB, DomainBlockResizeFlags.BYTES);
    expect((await domain.getBlockInfo('vda')).capacity).toBe(96n * BigInt(MiB));
    await domain.setBlockThreshold('vda', MiB);
    const memory = await domain.memoryPeek(0, 5 * MiB, DomainMemoryFlags.PHYSICAL);
    expect(memory).toHaveLength(5 * MiB);
    expect(await failure(domain.blockPeek('vda', 0, 4))).toMatchObject({ code: 'VIR_ERR_OPERATION_UNSUPPORTED' });
  });

  it('a raw disk is read in several pieces', async () => {
    const raw = `${images}/raw`;
    await bed().run('sh', [
      '-c',
      `truncate -s 12M ${raw}; printf %s across | dd of=${raw} bs=1 seek=4194300 conv=notrunc`,
    ]);
    await domain.attachDevice(
      `<disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${raw}"/><target dev="vdc" bus="virtio"/></disk>`,
    );
    const bytes = await domain.blockPeek('vdc', 0, 9 * MiB);
    expect(bytes).toHaveLength(9 * MiB);
    expect(bytes.subarray(4 * MiB - 4, 4 * MiB + 2).toString()).toBe('across');
  });

  describe('saving', () => {
    const stateOf = async () => (await domain.getState()).state;

    it('to a file, and going on from it', async () => {
      const file = '/tmp/block.save';
      await domain.save(file);
      expect(await stateOf()).toBe(DomainState.SHUTOFF);
      const xml = await connection.getDomainSaveImageXMLDesc(file);
      await connection.defineDomainSaveImageXML(file, xml.replace('<name>', '<title>restored</title><name>'));
      await connection.restoreDomain(file);
      expect(await stateOf()).toBe(DomainState.RUNNING);
      expect(await domain.getXMLDesc()).toContain('restored');
    });

    it('where libvirt keeps it, and going on from it', async () => {
      await domain.managedSave();
      expect([await domain.hasManagedSaveImage(), await stateOf()]).toEqual([true, DomainState.SHUTOFF]);
      const xml = await domain.managedSaveGetXMLDesc();
      await domain.managedSaveDefineXML(xml.replace('<name>', '<title>kept</title><name>'));
      await domain.create();
      expect([await domain.hasManagedSaveImage(), await stateOf()]).toEqual([false, DomainState.RUNNING]);
      expect(await domain.getXMLDesc()).toContain('kept');
    });

    itSince('8.4.0', 'by parameters, and going on from it', async () => {
      await domain.save({ file: '/tmp/block.params' });
      expect(await stateOf()).toBe(DomainState.SHUTOFF);
      await connection.restoreDomain({ file: '/tmp/block.params' });
      expect(await stateOf()).toBe(DomainState.RUNNING);
    });

    it('a dump leaves the machine running', async () => {
      await domain.coreDump('/tmp/block.dump');
      expect(Number((await bed().run('stat', ['-c', '%s', '/tmp/block.dump'])).trim())).toBeGreaterThan(100_000);
      expect(await stateOf()).toBe(DomainState.RUNNING);
    });
  });

  it('a disk and a card are hot-plugged', async () => {
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', `${images}/hot`, '1M']);
    const disk = `<disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="${images}/hot"/><target dev="vdb" bus="virtio"/></disk>`;
    await domain.attachDevice(disk);
    await domain.attachDevice('<interface type="user"><model type="virtio"/></interface>');
    const xml = await domain.getXMLDesc();
    expect(xml).toContain("dev='vdb'");
    expect(xml).toContain("<interface type='user'>");
    expect(await domain.getXMLDesc(DomainXMLFlags.INACTIVE)).not.toContain("dev='vdb'");
    expect(await failure(domain.attachDevice(disk))).toMatchObject({
      code: expect.stringMatching(/^VIR_ERR_(XML_ERROR|OPERATION_FAILED)$/),
    });
    const missing = domain.detachDeviceAlias('nothing', DomainDeviceModifyFlags.LIVE);
    expect(await failure(missing)).toMatchObject({
      message: expect.stringContaining('nothing'),
    });
  });

  it('a guest lets go of a disk and of a card', async () => {
    const guest = await bed().guest();
    // With QEMU before 6.1 a guest may take the button that is pressed on q35 when a device comes for the wish that it goes,
    // and the next one for taking that back; with virsh, too.
    const kind = isSince('9.0.0') ? ({ machine: 'q35', ports: 8 } as const) : ({ machine: 'pc' } as const);
    const machine = await connection.createDomainXML(guestXML({ name: 'booted', guest, agent: true, ...kind }));
    await booted(machine);
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', `${images}/hot`, '1M']);
    const hot = `<disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="${images}/hot"/><target dev="vdb" bus="virtio"/></disk>`;
    await machine.attachDevice(hot);
    await machine.attachDevice('<interface type="user"><alias name="ua-card"/><model type="virtio"/></interface>');
    const seen = async () => (await execIn(machine, 'ls /sys/block /sys/class/net')).output.split('\n');
    await eventually('the guest sees both', async () => {
      const names = await seen();
      return names.some((name) => name.startsWith('vd')) && names.includes('eth0');
    });
    await machine.detachDevice(hot);
    await machine.detachDeviceAlias('ua-card', DomainDeviceModifyFlags.LIVE);
    await eventually('both are gone', async () => {
      const xml = await machine.getXMLDesc();
      return xml.includes("dev='vdb'") || xml.includes('ua-card') ? undefined : true;
    });
    expect((await seen()).filter((name) => /^(vd|eth)/.test(name))).toEqual([]);
  });
});
