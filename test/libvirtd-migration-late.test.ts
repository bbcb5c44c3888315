import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type Domain, DomainMigrateFlags, DomainState } from '../lib/index.js';
import { failure } from './helpers.js';
import { booted, eventually, execIn, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const { LIVE, PEER2PEER, POSTCOPY, NON_SHARED_DISK, NON_SHARED_INC } = DomainMigrateFlags;
const migrateUri = 'tcp://10.99.0.2';
const images = '/var/lib/libvirt/images';
const disk = `${images}/mover.qcow2`;

describeWithTestbed(
  'migration to a libvirtd with disks of its own',
  (bed) => {
    let here: Connection;
    let there: Connection;
    let guest: Awaited<ReturnType<ReturnType<typeof bed>['guest']>>;
    let other: string;

    beforeAll(async () => {
      // The kernel lets only a privileged QEMU wait for pages that are not there yet.
      appendFileSync(
        bed().pathOf('/etc/libvirt/qemu.conf'),
        '\nuser = "root"\ngroup = "root"\nclear_emulator_capabilities = 0\n',
      );
      await bed().libvirtd.start();
      const dir = join(bed().dir, 'hostb');
      await bed().run('bash', [join(__dirname, 'testbed/second-host.sh'), dir]);
      here = await Connection.open(bed().uri);
      there = await Connection.open(bed().uriFor('qemu', '/system', join(dir, 'libvirt-sock')));
      guest = await bed().guest();
      other = (await bed().run('pgrep', ['-f', 'libvirtd.*--listen'])).trim();
      await onTheOther('mount', '-t', 'tmpfs', 'tmpfs', images);
    }, 300_000);
    beforeEach(async () => {
      await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
      await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 1M', disk]);
      await onTheOther('sh', '-c', `rm -f ${images}/*`);
    });
    afterEach(async () => {
      await removeMachines(here);
      await removeMachines(there);
    });
    afterAll(async () => {
      await here.close();
      await there.close();
    });

    const onTheOther = (...command: string[]) => bed().run('nsenter', ['-t', other, '-m', '--', ...command]);
    const running = (domain: Domain) =>
      eventually('the migration runs', async () => {
        const { memoryIteration, memoryRemaining } = await domain.getJobStats();
        // libvirt has a job before QEMU has one.
        return memoryIteration !== undefined && memoryIteration > 0n ? memoryRemaining : undefined;
      });
    const names = async (connection: Connection) => (await connection.listAllDomains(1)).map(({ name }) => name);

    describe('post-copy', () => {
      it('is not begun for a migration that was not started so', async () => {
        const slow = await here.createDomainXML(guestXML({ name: 'slow', guest }));
        expect(await failure(slow.migrateStartPostCopy())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
        await slow.migrateSetMaxSpeed(1);
        const job = slow.migrate(there, { migrateUri }, LIVE);
        const waiting = failure(job);
        await running(slow);
        expect(await failure(slow.migrateStartPostCopy())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
        await job.abort();
        expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
      });

      it('lets the machine run there before its memory is', async () => {
        const slow = await here.createDomainXML(guestXML({ name: 'slow', guest, agent: true }));
        await booted(slow);
        await slow.migrateSetMaxSpeed(1);
        const job = slow.migrate(there, { migrateUri }, LIVE | POSTCOPY);
        // At that speed it would take minutes.
        expect(await running(slow)).toBeGreaterThan(32n * 2n ** 20n);
        await slow.migrateStartPostCopy();
        const moved = await job;
        expect(await moved.getState()).toMatchObject({ state: DomainState.RUNNING });
        expect([await names(here), await names(there)]).toEqual([[], ['slow']]);
        expect(await execIn(moved, 'hostname')).toEqual({ code: 0, output: 'slow\n' });
      });
    });

    describe('of disks', () => {
      const holdsWhatWasWritten = async () => {
        expect(await onTheOther('qemu-io', '-r', '-U', '-c', 'read -P 0x61 0 1M', disk)).toMatch(/^read 1048576/);
        expect(await onTheOther('qemu-io', '-r', '-U', '-c', 'read -P 0x61 0 1M', disk)).not.toContain('failed');
      };
      const make = () => here.createDomainXML(guestXML({ name: 'mover', memoryMiB: 32, disk }));

      it('is refused where they are not there and not to be copied', async () => {
        const mover = await make();
        expect(await failure(mover.migrate(there, { migrateUri }, LIVE))).toMatchObject({
          code: 'VIR_ERR_MIGRATE_UNSAFE',
          operation: 'virDomainMigrate',
        });
        expect([await names(here), await names(there)]).toEqual([['mover'], []]);
      });

      it('copies them into files that are there', async () => {
        await onTheOther('qemu-img', 'create', '-q', '-f', 'qcow2', disk, '16M');
        const moved = await (
          await make()
        ).migrate(there, { migrateUri, migrateDisks: ['vda'] }, LIVE | NON_SHARED_DISK);
        expect((await moved.getState()).state).toBe(DomainState.RUNNING);
        await moved.destroy();
        await holdsWhatWasWritten();
      });

      it('makes the files where there is a pool, and needs nobody in between', async () => {
        const pool = await there.createStoragePoolXML(
          `<pool type="dir"><name>images</name><target><path>${images}</path></target></pool>`,
        );
        const mover = await make();
        await mover.migrateToURI('qemu+tcp://10.99.0.2/system', {}, LIVE | PEER2PEER | NON_SHARED_DISK);
        expect([await names(here), await names(there)]).toEqual([[], ['mover']]);
        await (await there.lookupDomainByName('mover')).destroy();
        await holdsWhatWasWritten();
        await pool.destroy();
      });

      it('copies what lies above a backing file that both have', async () => {
        const base = `${images}/base.qcow2`;
        await bed().run('mv', [disk, base]);
        await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, disk]);
        await bed().run('qemu-io', ['-c', 'write -q -P 0x62 1M 1M', disk]);
        await onTheOther(
          'sh',
          '-ec',
          `qemu-img create -q -f qcow2 ${base} 16M; qemu-io -c 'write -q -P 0x61 0 1M' ${base}
          qemu-img create -q -f qcow2 -F qcow2 -b ${base} ${disk}`,
        );
        const moved = await (await make()).migrate(there, { migrateUri }, LIVE | NON_SHARED_INC);
        await moved.destroy();
        const upper = await onTheOther('qemu-img', 'map', '--output=json', disk);
        const parts = JSON.parse(upper) as { start: number; length: number; depth: number; data: boolean }[];
        const own = parts.filter(({ data, depth }) => data && depth === 0).map(({ start, length }) => [start, length]);
        expect(own).toEqual([[2 ** 20, 2 ** 20]]);
      });
    });
  },
  { libvirtd: false },
);
