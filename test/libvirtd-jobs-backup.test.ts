import { afterAll, afterEach, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import { Connection, type Domain, DomainJobOperation, DomainJobType, DomainState } from '../lib/index.js';
import { failure } from './helpers.js';
import { middleOf, mountSmall, progressOf, small } from './libvirtd-jobs-helpers.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { itSince } from './versions.js';

jest.setTimeout(120_000); // machines that are busy with other suites, too

const images = '/var/lib/libvirt/images';
const disk = `${images}/block.qcow2`;
const MiB = 1024 * 1024;
/** Before it libvirt refuses every backup of QEMU's machines. */
const backups = '7.6.0';

describeWithTestbed('backups, watched, read and aborted', (bed) => {
  let connection: Connection;
  let domain: Domain;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
    await mountSmall(bed());
  });
  beforeEach(async () => {
    await bed().run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '512M']);
    await bed().run('qemu-io', ['-c', 'write -q -P 0x61 0 256M', disk]);
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, disk }));
    await domain.create();
  });
  afterEach(async () => {
    for (const one of await domain.listAllCheckpoints()) await one.delete();
    await removeMachines(connection);
    await bed().run('sh', ['-c', `pkill -x qemu-nbd; rm -f ${images}/* ${small}/*`]);
  });
  afterAll(() => connection.close());

  const pushXML = (file: string) =>
    `<domainbackup mode="push"><disks><disk name="vda" type="file"><target file="${file}"/><driver type="qcow2"/></disk></disks></domainbackup>`;
  const checkpointXML = '<domaincheckpoint><name>monday</name></domaincheckpoint>';
  const holdsWhatWasWritten = async (...image: string[]) => {
    const printed = await bed().run('qemu-io', ['-r', '-c', 'read -P 0x61 0 256M', ...image]);
    expect(printed).toContain('read 268435456/268435456');
    expect(printed).not.toContain('failed');
  };
  /** Has the machine's disk read slowly, so that a backup has a middle. */
  const makeSlow = async () => {
    await removeMachines(connection);
    const socket = '/tmp/slow.sock';
    const image = `driver=throttle,throttle-group=slow,file.driver=file,file.filename=${disk}`;
    const limit = `throttle-group,id=slow,x-bps-total=${String(16 * MiB)}`;
    await bed().run('qemu-nbd', ['--fork', '--persistent', '-k', socket, '--object', limit, '--image-opts', image]);
    await bed().run('chmod', ['777', socket]);
    const source = `<source protocol='nbd'><host transport='unix' socket='${socket}'/></source>`;
    const devices = `<disk type='network' device='disk'><driver name='qemu' type='qcow2'/>${source}<target dev='vda' bus='virtio'/></disk>`;
    domain = await connection.defineDomainXML(guestXML({ name: 'block', memoryMiB: 32, devices }));
    await domain.create();
  };
  const runsOn = async () => {
    expect((await domain.getState()).state).toBe(DomainState.RUNNING);
    expect(await failure(domain.backupGetXMLDesc())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_BACKUP' });
  };
  const statsOf = (type: DomainJobType) => expect.objectContaining({ operation: DomainJobOperation.BACKUP, type });

  itSince(backups, 'to a file', async () => {
    const job = domain.backupBegin(pushXML(`${images}/full`));
    const seen = await progressOf(job);
    await job;
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({
      percentage: 100,
      total: BigInt(512 * MiB),
      memory: null,
      disk: { remaining: 0n },
      stats: statsOf(DomainJobType.COMPLETED),
    });
    const processed = seen.map((progress) => Number(progress.processed));
    expect(processed).toEqual([...processed].sort((a, b) => a - b));
    await runsOn();
    await holdsWhatWasWritten('-U', `${images}/full`);
  });

  const isAborted = async (by: 'abort()' | 'a signal'): Promise<void> => {
    await makeSlow();
    const controller = new AbortController();
    const view = domain.with({ signal: controller.signal });
    const job = view.backupBegin(pushXML(`${images}/half`), checkpointXML);
    const waiting = failure(job);
    expect(await middleOf(job)).toMatchObject({ disk: { total: BigInt(512 * MiB) }, memory: null });
    if (by === 'abort()') await job.abort();
    else controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_ABORTED', operation: 'virDomainBackupBegin' });
    const final = await job.statistics();
    expect(final).toMatchObject({ stats: statsOf(DomainJobType.CANCELLED) });
    await runsOn();
    // The checkpoint is there, although nothing was saved up to it.
    expect(await domain.listAllCheckpoints()).toMatchObject([{ name: 'monday' }]);
  };
  for (const by of ['abort()', 'a signal'] as const)
    itSince(backups, `to a file, half-way, aborted by ${by}`, () => isAborted(by));

  itSince(backups, 'to a file, goes on when libvirtd ends, and can be ended under the next one', async () => {
    await makeSlow();
    const job = domain.backupBegin(pushXML(`${images}/left`));
    const waiting = failure(job);
    await middleOf(job);
    bed().libvirtd.kill();
    expect(await waiting).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await bed().libvirtd.ended();
    await bed().libvirtd.start();
    connection = await Connection.open(bed().uri);
    domain = await connection.lookupDomainByName('block');
    expect(await domain.getJobStats()).toMatchObject({ operation: DomainJobOperation.BACKUP });
    await domain.abortJob();
    await eventually('it has ended', async () => (await domain.getJobStats()).type === DomainJobType.NONE);
    await runsOn();
  });

  itSince(backups, 'to where no room is, which is told from an abort', async () => {
    const job = domain.backupBegin(pushXML(`${small}/full`));
    expect(await failure(job)).toMatchObject({
      code: 'VIR_ERR_OPERATION_FAILED',
      operation: 'virDomainBackupBegin',
      message: expect.stringContaining('No space left'),
    });
    expect(await job.statistics()).toMatchObject({ stats: statsOf(DomainJobType.FAILED) });
    await runsOn();
  });

  itSince(backups, 'over NBD: read while the machine runs, until it is ended', async () => {
    const socket = '/tmp/backup.sock';
    const job = domain.backupBegin(
      `<domainbackup mode="pull"><server transport="unix" socket="${socket}"/><disks><disk name="vda" type="file"><scratch file="${images}/scratch"/></disk></disks></domainbackup>`,
    );
    await job;
    // The disk as it is over NBD, whole; and a file that is made of it.
    const nbd = `nbd+unix:///vda?socket=${socket}`;
    await holdsWhatWasWritten('-f', 'raw', nbd);
    await bed().run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', nbd, `${images}/pulled`]);
    await holdsWhatWasWritten(`${images}/pulled`);
    expect(await domain.getJobStats()).toMatchObject({ operation: DomainJobOperation.BACKUP });
    expect(await progressOf(job)).toEqual([]);
    await job.abort();
    await eventually('it has ended', async () => (await domain.getJobStats()).type === DomainJobType.NONE);
    await runsOn();
    expect((await bed().exec('qemu-img', ['info', nbd])).code).not.toBe(0);
  });

  itSince(backups, 'over NBD, aborted while it is read', async () => {
    const socket = '/tmp/aborted.sock';
    const job = domain.backupBegin(
      `<domainbackup mode='pull'><server transport="unix" socket="${socket}"/><disks><disk name="vda" type="file"><scratch file="${images}/scratch"/></disk></disks></domainbackup>`,
    );
    await job;
    const reader = bed().spawn('qemu-io', ['-r', '-f', 'raw', `nbd+unix:///vda?socket=${socket}`]);
    let printed = '';
    for (const stream of [reader.stdout, reader.stderr]) stream.on('data', (bytes) => (printed += String(bytes)));
    reader.stdin.write('read -P 0x61 0 4k\n');
    await eventually('it has read', () => Promise.resolve(printed.includes('read 4096/4096')));
    await job.abort();
    await eventually('it has ended', async () => (await domain.getJobStats()).type === DomainJobType.NONE);
    const closed = new Promise((resolve) => reader.once('close', resolve));
    reader.stdin.end('read 64M 4k\nquit\n');
    await closed;
    expect(printed).toContain('read failed');
    await runsOn();
  });
});
