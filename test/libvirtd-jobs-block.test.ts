import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainBlockCommitFlags,
  DomainBlockCopyFlags,
  DomainBlockJobType,
  DomainQemuMonitorCommandFlags,
  DomainSnapshotCreateFlags,
  DomainState,
} from '../lib/index.js';
import { failure } from './helpers.js';
import { middleOf, mountSmall, progressOf, small } from './libvirtd-jobs-helpers.js';
import { booted, eventually, execIn, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const MiB = 1024 * 1024;

describeWithTestbed('block jobs, watched, ended and failed', (bed) => {
  const images = '/var/lib/libvirt/images';
  const [base, middle, top] = ['base', 'middle', 'top'].map((name) => `${images}/${name}`) as [string, string, string];
  const { TRANSIENT_JOB } = DomainBlockCopyFlags;
  const slow = { bandwidth: MiB };

  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await mountSmall(bed());
  });
  afterEach(async () => {
    await removeMachines(connection);
    await bed().run('sh', ['-c', `rm -f ${images}/* ${small}/*`]);
  });
  afterAll(() => connection.close());

  /** Starts a machine on a chain of files, of which the middle one has 32 MiB. */
  const start = async (files = { base, middle, top }) => {
    const make = (file: string, backing?: string) =>
      bed().run('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        ...(backing === undefined ? [] : ['-F', 'qcow2', '-b', backing]),
        file,
        '64M',
      ]);
    await make(files.base);
    await make(files.middle, files.base);
    await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 32M', files.middle]);
    await make(files.top, files.middle);
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, disk: files.top }));
    await domain.create();
  };
  const copyXML = (file: string) => `<disk type="file"><driver type="qcow2"/><source file="${file}"/></disk>`;
  const chain = async () =>
    [...(await domain.getXMLDesc()).matchAll(/<source file='([^']*)'/g)].map(([, file]) => file);
  const holdsWhatWasWritten = async (file: string) => {
    const printed = await bed().run('qemu-io', ['-r', '-U', '-c', 'read -P 0x61 0 32M', file]);
    expect(printed).not.toContain('failed');
  };
  const runsOn = async (files: string[]) => {
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    expect(await chain()).toEqual(files);
    expect(await domain.getBlockJobInfo('vda')).toBeNull();
  };

  it('a copy is watched while it comes on, and the machine goes over to it', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), slow, TRANSIENT_JOB);
    const seen: number[] = [];
    for await (const { percentage, block, total, processed, time } of job) {
      expect(block?.type).toBe(DomainBlockJobType.COPY);
      if (percentage !== null && seen.push(percentage) === 3) await domain.blockJobSetSpeed('vda', 0);
      if (total !== null && processed !== null) expect(processed).toBeLessThanOrEqual(total);
      expect(time.elapsed).toBeGreaterThan(0);
    }
    await job;
    expect(seen[0]).toBeLessThan(100);
    expect(seen.at(-1)).toBe(100);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const statistics = await job.statistics();
    expect(statistics).toMatchObject({ percentage: 100, stats: null });
    // QEMU 7.2 counts the whole disk, QEMU 11 what was written to it.
    expect([32, 64]).toContain(Number(statistics?.total) / MiB);
    expect(await domain.getBlockJobInfo('vda')).not.toBeNull();
    await job.pivot();
    await runsOn([`${images}/copy`]);
    await holdsWhatWasWritten(`${images}/copy`);
    // What has ended is not aborted, and there is nothing to go over to.
    await job.abort();
    expect(await failure(job.pivot())).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
  });

  it('a copy is ended without a pivot, which is no failure', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), {}, TRANSIENT_JOB);
    await job;
    await job.abort();
    await runsOn([top, middle, base]);
    await holdsWhatWasWritten(`${images}/copy`);
  });

  it('a pivot waits until the copy is whole, and fails with a copy that does', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${images}/copy`), slow, TRANSIENT_JOB);
    const pivot = job.pivot();
    for await (const _ of job) break;
    await domain.blockJobSetSpeed('vda', 0);
    await pivot;
    await runsOn([`${images}/copy`]);
    const other = domain.blockCopy('vda', copyXML(`${images}/other`), slow, TRANSIENT_JOB);
    const pivoting = failure(other.pivot());
    for await (const _ of other) break;
    await other.abort();
    expect(await pivoting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED' });
    await runsOn([`${images}/copy`]);
  });

  it('a pull and two commits are watched', async () => {
    await start();
    // In MiB/s, so that a quick disk leaves something to be seen.
    const commit = domain.blockCommit('vda', base, middle, 16);
    expect((await progressOf(commit)).at(-1)?.percentage).toBe(100);
    await commit;
    expect(await chain()).toEqual([top, base]);
    const active = domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE);
    await active;
    await active.pivot();
    expect(await chain()).toEqual([base]);
    await holdsWhatWasWritten(base);
    await removeMachines(connection);
    await start();
    const pull = domain.blockPull('vda', 16);
    expect((await progressOf(pull)).at(-1)?.percentage).toBe(100);
    await pull;
    expect(await chain()).toEqual([top]);
  });

  const full = (operation: string) => ({ code: 'VIR_ERR_OPERATION_FAILED', operation });

  it('a copy to where no room is fails', async () => {
    await start();
    const job = domain.blockCopy('vda', copyXML(`${small}/copy`), {}, TRANSIENT_JOB);
    expect(await failure(job)).toMatchObject(full('virDomainBlockCopy'));
    await runsOn([top, middle, base]);
  });

  it('a mirror that fails after it was whole: there is nothing to go over to, and the machine uses its disk', async () => {
    const file = `${images}/small.qcow2`;
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', file, '64M']);
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, disk: file }));
    await domain.create();
    const job = domain.blockCopy('vda', copyXML(`${small}/copy`), {}, TRANSIENT_JOB);
    await job;
    // As the guest would write it.
    const device = '/machine/peripheral/virtio-disk0/virtio-backend';
    await domain.qemuMonitorCommand(`qemu-io -d ${device} "write -P 0x61 0 32M"`, DomainQemuMonitorCommandFlags.HMP);
    await eventually('the mirror is gone', async () => (await domain.getBlockJobInfo('vda')) === null);
    expect(await failure(job.pivot())).toMatchObject({
      code: 'VIR_ERR_INVALID_ARG',
      operation: 'virDomainBlockJobAbort',
    });
    await runsOn([file]);
    await holdsWhatWasWritten(file);
  });

  it('goes on when libvirtd ends, and can be ended under the next one', async () => {
    await start();
    const job = domain.blockPull('vda', 1);
    const waiting = failure(job);
    await middleOf(job);
    bed().libvirtd.kill();
    expect(await waiting).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await bed().libvirtd.ended();
    await bed().libvirtd.start();
    connection = await Connection.open(bed().uri);
    domain = await connection.lookupDomainByName('block');
    expect(await domain.getBlockJobInfo('vda')).toMatchObject({ type: DomainBlockJobType.PULL });
    await domain.blockJobAbort('vda');
    await runsOn([top, middle, base]);
  });

  it('a pull and a commit to where no room is fail, and the chain is as it was', async () => {
    const cramped = { base: `${small}/base`, middle, top: `${small}/top` };
    await start(cramped);
    const files = [cramped.top, middle, cramped.base];
    expect(await failure(domain.blockPull('vda'))).toMatchObject(full('virDomainBlockPull'));
    await runsOn(files);
    expect(await failure(domain.blockCommit('vda', cramped.base, middle))).toMatchObject(full('virDomainBlockCommit'));
    await runsOn(files);
    const active = domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE);
    expect(await failure(active.pivot())).toMatchObject(full('virDomainBlockCommit'));
    await runsOn(files);
  });

  it('a pull that is aborted is no failed one', async () => {
    await start();
    const job = domain.blockPull('vda', 1);
    const waiting = failure(job);
    for await (const _ of job) break;
    await job.abort();
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED', operation: 'virDomainBlockPull' });
    await runsOn([top, middle, base]);
  });

  it('a pull that somebody else ends has not succeeded', async () => {
    await start();
    const job = domain.blockPull('vda', 1);
    const waiting = failure(job);
    for await (const _ of job) break;
    await domain.blockJobAbort('vda');
    expect(await waiting).toMatchObject(full('virDomainBlockPull'));
    await runsOn([top, middle, base]);
  });
});

describeWithTestbed('block jobs under a guest that writes without pause', (bed) => {
  const disk = '/var/lib/libvirt/images/written.qcow2';
  const copy = '/var/lib/libvirt/images/copy';
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']);
    domain = await connection.createDomainXML(
      guestXML({ name: 'writer', guest: await bed().guest(), agent: true, disk }),
    );
    await booted(domain);
    await execIn(domain, '(while :; do dd if=/dev/zero of=/dev/vda bs=1M count=16 conv=fsync; done) >/dev/null 2>&1 &');
  }, 300_000);
  afterAll(() => connection.close());

  const chain = async () =>
    [...(await domain.getXMLDesc()).matchAll(/<source file='([^']*)'/g)].map(([, file]) => file);
  const written = async () => (await domain.blockStats('vda')).wrBytes;
  const writesOn = async () => {
    const before = await written();
    await eventually('the guest writes on', async () => (await written()) > before + BigInt(MiB));
  };

  it('a copy and its pivot, an overlay and its commit, another one and its pull', async () => {
    await writesOn();
    const copied = domain.blockCopy(
      'vda',
      `<disk type="file"><driver type="qcow2"/><source file="${copy}"/></disk>`,
      {},
      DomainBlockCopyFlags.TRANSIENT_JOB,
    );
    await copied.pivot();
    expect(await chain()).toEqual([copy]);
    await writesOn();

    const { DISK_ONLY, NO_METADATA } = DomainSnapshotCreateFlags;
    const overlay = (name: string) =>
      domain.createSnapshotXML(`<domainsnapshot><name>${name}</name></domainsnapshot>`, DISK_ONLY | NO_METADATA);
    await overlay('first');
    await writesOn();
    await domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE).pivot();
    expect(await chain()).toEqual([copy]);
    await writesOn();

    await overlay('second');
    await domain.blockPull('vda');
    expect(await chain()).toEqual(['/var/lib/libvirt/images/copy.second']);
    await writesOn();

    // What the guest writes is in the file that it has come to, and in no other.
    await execIn(domain, 'echo was here | dd of=/dev/vda bs=512 seek=65536 conv=fsync');
    expect((await execIn(domain, 'dd if=/dev/vda bs=512 skip=65536 count=1 | head -c 8')).output).toContain('was here');
    await domain.destroy();
    const holds = async (file: string) =>
      (await bed().run('sh', [
        '-c',
        `qemu-img convert -O raw ${file} /tmp/raw; tail -c +33554433 /tmp/raw | head -c 8`,
      ])) === 'was here';
    expect([await holds('/var/lib/libvirt/images/copy.second'), await holds(copy), await holds(disk)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
