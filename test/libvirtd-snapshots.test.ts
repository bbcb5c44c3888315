import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainCheckpointDeleteFlags,
  DomainCheckpointXMLFlags,
  DomainQemuMonitorCommandFlags,
  DomainSnapshotCreateFlags,
  DomainSnapshotDeleteFlags,
  DomainSnapshotListFlags,
  DomainState,
  getVersion,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince, itSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const images = '/var/lib/libvirt/images';
const disk = `${images}/snap.qcow2`;
const { DISK_ONLY, ATOMIC } = DomainSnapshotCreateFlags;
const KiB = 1024;
const MiB = 1024 * KiB;
const { libVersion } = getVersion();
const reverts = isSince('9.9.0');
const deletes = isSince('9.0.0');
/** Before it libvirt refuses every backup of QEMU's machines. */
const backups = '7.6.0';

describeWithTestbed('snapshots and checkpoints of a real libvirtd', (bed) => {
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
  });
  beforeEach(async () => {
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
    domain = await connection.defineDomainXML(guestXML({ name: 'snap', memoryMiB: 32, disk }));
  });
  afterEach(async () => {
    for (const snapshot of await domain.listAllSnapshots()) {
      await snapshot.delete(DomainSnapshotDeleteFlags.METADATA_ONLY);
    }
    for (const checkpoint of await domain.listAllCheckpoints()) {
      await checkpoint.delete(DomainCheckpointDeleteFlags.METADATA_ONLY);
    }
    await removeMachines(connection);
    await bed().run('sh', ['-c', `rm -f ${images}/*`]);
  });
  afterAll(() => connection.close());

  const make = (name: string, flags = 0) =>
    domain.createSnapshotXML(`<domainsnapshot><name>${name}</name></domainsnapshot>`, flags);
  const sourceOf = async () => /<source file='([^']*)'/.exec(await domain.getXMLDesc())?.[1];
  /** Writes to the disk of the running machine as its guest would, through QEMU. */
  const write = async (pattern: string, offset: number, length: number) => {
    const disk = '/machine/peripheral/virtio-disk0/virtio-backend';
    const command = `qemu-io -d ${disk} "write -P ${pattern} ${String(offset)} ${String(length)}"`;
    expect(await domain.qemuMonitorCommand(command, DomainQemuMonitorCommandFlags.HMP)).toBe('');
  };
  /** Where a file holds data of its own, and how much. */
  const dataIn = async (file: string) => {
    const printed = await bed().run('qemu-img', ['map', '--output=json', file]);
    const parts = JSON.parse(printed) as { start: number; length: number; data: boolean; depth: number }[];
    return parts.filter(({ data, depth }) => data && depth === 0).map(({ start, length }) => [start, length]);
  };
  const inFile = async () => {
    const printed = await bed().run('qemu-img', ['info', '-U', '--output=json', disk]);
    const info = JSON.parse(printed) as { snapshots?: { name: string }[] };
    return (info.snapshots ?? []).map(({ name }) => name).sort();
  };

  describe('internal snapshots', () => {
    it('of a machine that is off: a tree, reverted and deleted', async () => {
      const root = await make('root');
      const left = await make('left');
      await domain.revertToSnapshot(root);
      const right = await make('right');
      expect(await inFile()).toEqual(['left', 'right', 'root']);
      expect(await left.getParent()).toMatchObject({ name: 'root' });
      expect(await right.isCurrent()).toBe(true);
      expect((await domain.listAllSnapshots(DomainSnapshotListFlags.LEAVES)).length).toBe(2);
      await left.delete();
      await root.delete(DomainSnapshotDeleteFlags.CHILDREN);
      expect(await inFile()).toEqual([]);
      expect(await domain.currentSnapshot()).toBeNull();
    });

    it('of a running machine bring it back to its life', async () => {
      await domain.create();
      const alive = await make('alive');
      expect(await failure(domain.migrateToURI('qemu:///system'))).toMatchObject({ name: 'LibvirtError' });
      await domain.destroy();
      await domain.revertToSnapshot(alive);
      expect((await domain.getState()).state).toBe(DomainState.RUNNING);
      expect(await alive.getXMLDesc()).toContain('<state>running</state>');
      await alive.delete();
      expect(await inFile()).toEqual([]);
    });
  });

  describe('external snapshots', () => {
    it(`of the disks of a running machine: it writes to a new file, ${
      deletes ? 'and to the old one again' : `and libvirt ${String(libVersion)} deletes none, and says so`
    }`, async () => {
      await domain.create();
      const first = await make('first', DISK_ONLY | ATOMIC);
      expect(await sourceOf()).toBe(`${images}/snap.first`);
      const second = await make('second', DISK_ONLY | ATOMIC);
      expect(await second.getParent()).toMatchObject({ name: 'first' });
      expect(await sourceOf()).toBe(`${images}/snap.second`);
      if (!deletes) {
        expect(await failure(second.delete())).toMatchObject({
          code: 'VIR_ERR_CONFIG_UNSUPPORTED',
          operation: 'virDomainSnapshotDelete',
        });
        expect(await sourceOf()).toBe(`${images}/snap.second`);
        return;
      }
      await second.delete();
      expect(await sourceOf()).toBe(`${images}/snap.first`);
      await first.delete();
      expect(await sourceOf()).toBe(disk);
      expect(await domain.listAllSnapshots()).toEqual([]);
    });

    it('branch: a tree on top of an internal one, from which each branch has what the root had', async () => {
      await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 1M', disk]);
      const root = await make('root');
      const left = await make('left', DISK_ONLY);
      expect(await sourceOf()).toBe(`${images}/snap.left`);
      await domain.revertToSnapshot(root);
      expect(await sourceOf()).toBe(disk);
      const right = await make('right', DISK_ONLY);
      expect((await root.listAllChildren()).map(({ name }) => name).sort()).toEqual(['left', 'right']);
      expect([await left.isCurrent(), await right.isCurrent()]).toEqual([false, true]);
      const { LEAVES, EXTERNAL } = DomainSnapshotListFlags;
      expect((await domain.listAllSnapshots(LEAVES | EXTERNAL)).map(({ name }) => name).sort()).toEqual([
        'left',
        'right',
      ]);
      for (const branch of ['left', 'right']) {
        const read = await bed().run('qemu-io', ['-r', '-c', 'read -P 0x61 0 1M', `${images}/snap.${branch}`]);
        expect(read).not.toContain('failed');
      }
      await root.delete(DomainSnapshotDeleteFlags.METADATA_ONLY);
      expect([await left.getParent(), await right.getParent()]).toEqual([null, null]);
    });
  });

  it(
    reverts
      ? 'is reverted to an external snapshot, and the tree branches there'
      : `cannot be reverted to an external snapshot by libvirt ${String(libVersion)}, which says so`,
    async () => {
      await domain.create();
      await write('0x61', 0, MiB);
      const before = await make('before', DISK_ONLY | ATOMIC);
      await write('0x62', 0, MiB);
      await make('after', DISK_ONLY | ATOMIC);
      await domain.destroy();
      if (reverts) {
        await domain.revertToSnapshot(before);
        expect(await before.isCurrent()).toBe(true);
        const file = (await sourceOf()) ?? '';
        expect(file).not.toMatch(/snap\.(before|after)$/);
        expect(await bed().run('qemu-io', ['-r', '-c', 'read -P 0x61 0 1M', file])).not.toContain('failed');
        await make('other', DISK_ONLY);
        expect((await before.listAllChildren()).map(({ name }) => name).sort()).toEqual(['after', 'other']);
      } else {
        expect(await failure(domain.revertToSnapshot(before))).toMatchObject({
          code: 'VIR_ERR_CONFIG_UNSUPPORTED',
          operation: 'virDomainRevertToSnapshot',
        });
        expect(await sourceOf()).toBe(`${images}/snap.after`);
      }
    },
  );

  describe('checkpoints and backups', () => {
    const backupXML = (file: string, incremental = '') =>
      `<domainbackup mode="push">${incremental}<disks><disk name="vda" type="file"><target file="${file}"/>` +
      '<driver type="qcow2"/></disk></disks></domainbackup>';
    const checkpointXML = (name: string) => `<domaincheckpoint><name>${name}</name></domaincheckpoint>`;

    it('of a machine that is off are refused', async () => {
      expect(await failure(domain.createCheckpointXML(checkpointXML('a')))).toMatchObject({
        code: 'VIR_ERR_OPERATION_UNSUPPORTED',
      });
      expect(await failure(domain.backupBegin(backupXML(`${images}/a`)))).toMatchObject({
        code: 'VIR_ERR_OPERATION_UNSUPPORTED',
      });
    });

    itSince(backups, 'a full backup with a checkpoint, an incremental one, and the checkpoint deleted', async () => {
      await domain.create();
      await domain.backupBegin(backupXML(`${images}/full`), checkpointXML('monday'));
      const [monday] = await domain.listAllCheckpoints();
      expect(monday).toMatchObject({ name: 'monday' });
      expect(await monday?.getParent()).toBeNull();
      expect(await failure(domain.backupGetXMLDesc())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_BACKUP' });
      await domain.backupBegin(
        backupXML(`${images}/more`, '<incremental>monday</incremental>'),
        checkpointXML('tuesday'),
      );
      const tuesday = await domain.lookupCheckpointByName('tuesday');
      expect(await tuesday.getParent()).toMatchObject({ name: 'monday' });
      for (const file of ['full', 'more']) await bed().run('qemu-img', ['check', '-q', '-U', `${images}/${file}`]);
      await monday?.delete();
      expect(await tuesday.getParent()).toBeNull();
    });

    itSince(
      backups,
      'an incremental backup has what changed, no more, and with the full one it is the disk',
      async () => {
        await domain.create();
        await write('0x61', 0, MiB);
        await domain.backupBegin(backupXML(`${images}/full`), checkpointXML('monday'));
        await write('0x62', 4 * MiB, 128 * KiB);
        await write('0x63', 512 * KiB, 64 * KiB);
        const monday = await domain.lookupCheckpointByName('monday');
        expect(await monday.getXMLDesc(DomainCheckpointXMLFlags.SIZE)).toContain(`size='${String(192 * KiB)}'`);
        await domain.backupBegin(backupXML(`${images}/more`, '<incremental>monday</incremental>'));
        await write('0x64', 8 * MiB, 64 * KiB); // after the backup, and in none
        await domain.destroy();
        expect(await dataIn(`${images}/full`)).toEqual([[0, MiB]]);
        expect(await dataIn(`${images}/more`)).toEqual([
          [512 * KiB, 64 * KiB],
          [4 * MiB, 128 * KiB],
        ]);
        const sh = (command: string) => bed().run('sh', ['-ec', command], { cwd: images });
        await sh('qemu-img rebase -u -F qcow2 -b full more; qemu-io -c "write -q -z 8M 64k" snap.qcow2');
        expect(await sh('qemu-img compare more snap.qcow2')).toContain('identical');
        expect(await sh('qemu-io -r -c "read -P 0x63 512k 64k" -c "read -P 0x61 0 512k" more')).not.toContain('failed');
      },
    );

    itSince(backups, 'a backup in pull mode is begun, told of and ended', async () => {
      await domain.create();
      const scratch = `<domainbackup mode="pull"><server transport="unix" socket="/tmp/backup.sock"/><disks><disk name="vda" type="file"><scratch file="${images}/scratch"/></disk></disks></domainbackup>`;
      const job = domain.backupBegin(scratch);
      await job;
      expect(await domain.backupGetXMLDesc()).toContain('/tmp/backup.sock');
      await job.abort();
      const error = await eventually('it has ended', () => failure(domain.backupGetXMLDesc()));
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_BACKUP' });
    });
  });
});
