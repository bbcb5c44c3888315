import { beforeEach, describe, expect, it } from '@jest/globals';
import { chainLength, hasReadyMirror } from '../lib/disk-chain.js';
import {
  BlockJob,
  type Domain,
  DomainBlockCommitFlags,
  DomainBlockJobType,
  DomainBlockRebaseFlags,
  ErrorNumber,
  type JobProgress,
  LibvirtError,
} from '../lib/index.js';
import type { JobControl } from '../lib/job.js';
import type { FakeDaemon } from './fake-daemon.js';
import { fakeDaemons } from './fake-daemons.js';
import { failure } from './helpers.js';
import { xdr } from './remote-protocol.js';

const { int, hyper, string } = xdr;
const fakes = fakeDaemons();

const backing = (file: string, below = '<backingStore/>') =>
  `<backingStore type='file' index='2'><format type='qcow2'/><source file='${file}'/>${below}</backingStore>`;
const diskXML = (target: string, file: string, below: string, more = '') =>
  `<disk type='file' device='disk'>\n<driver name='qemu'/><source file='${file}'/>\n${below}${more}<target dev='${target}' bus='virtio'/></disk>`;
const domainXML = (...disks: string[]) => `<domain><devices>${disks.join('')}<disks/></devices></domain>`;

describe('the length of a disk’s chain', () => {
  const long = diskXML('vda', '/top', backing('/middle', backing('/base')));
  const flat = diskXML('vdb', '/a&amp;b', '<backingStore/>');
  const mirrored = diskXML(
    'vdc',
    '/c',
    '<backingStore/>',
    `<mirror type='file' job='copy'><source file='/d'/>${backing('/e')}</mirror>`,
  );
  const bare = `<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>`;
  const xml = domainXML(bare, long, flat, mirrored);

  it.each([
    ['vda', 2],
    ['/top', 2],
    ['vdb', 0],
    ['/a&b', 0],
    ['vdc', 0],
    ['sda', 0],
    ['/middle', undefined],
    ['vd', undefined],
    ['/d', undefined],
  ])('%s: %p', async (disk, length) => {
    expect(await chainLength(() => Promise.resolve(xml), disk)).toBe(length);
  });

  it('is unknown where there is no description', async () => {
    expect(await chainLength(() => Promise.reject(new Error('no')), 'vda')).toBeUndefined();
    expect(await chainLength(() => Promise.resolve('<domain/>'), 'vda')).toBeUndefined();
  });
});

describe('a disk’s mirror', () => {
  const mirror = (more: string) => `<mirror type='file' job='copy'${more}><source file='/d'/></mirror>`;
  const xml = domainXML(
    diskXML('vda', '/a', '', mirror(" ready='yes'")),
    diskXML('vdb', '/b', '', mirror('')),
    diskXML('vdc', '/c', '', mirror(" ready='abort'")),
    diskXML('vdd', '/e', ''),
  );

  it.each([
    ['vda', true],
    ['/a', true],
    ['vdb', false],
    ['vdc', false],
    ['vdd', false],
    ['vde', undefined],
  ])('of %s can be gone over to: %p', async (disk, ready) => {
    expect(await hasReadyMirror(() => Promise.resolve(xml), disk)).toBe(ready);
  });
});

describe('how a block job ended', () => {
  const info = (type: number, cur: bigint, end: bigint) =>
    Buffer.concat([int(1), int(type), hyper(0n), hyper(cur), hyper(end)]);
  const none = Buffer.concat([int(0), int(0), hyper(0n), hyper(0n), hyper(0n)]);
  const describedBy = (length: number) =>
    string(domainXML(diskXML('vda', '/top', length === 0 ? '<backingStore/>' : backing('/base'))));

  let daemon: FakeDaemon;
  let domain: Domain;

  beforeEach(async () => {
    ({ daemon, domain } = await fakes.withMachine());
    daemon.answer('blockPull', Buffer.alloc(0));
    daemon.answer('blockJobAbort', Buffer.alloc(0));
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.PULL, 1n, 4n));
    daemon.answer('getXMLDesc', describedBy(1));
  });

  // An async function that returned the job itself would wait for it.
  const pulling = async () => {
    const job = domain.blockPull('vda');
    const end = job.then(
      () => 'done',
      (error: unknown) => error,
    );
    await daemon.whenRequested('getBlockJobInfo', 2);
    return { job, end };
  };

  it('in success, when the chain is shorter', async () => {
    const { job, end } = await pulling();
    daemon.answer('getXMLDesc', describedBy(0));
    daemon.answer('getBlockJobInfo', none);
    expect(await end).toBe('done');
    expect(await job.statistics()).toMatchObject({ percentage: 100, total: 4n, block: null });
  });

  it('in failure, when it is not', async () => {
    const { job, end } = await pulling();
    daemon.answer('getBlockJobInfo', none);
    expect(await end).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED', message: expect.stringContaining('vda') });
    expect(await job.statistics()).toMatchObject({ percentage: 25, block: { type: DomainBlockJobType.PULL } });
  });

  it('in failure, when it failed before anybody had asked', async () => {
    daemon.answer('getBlockJobInfo', none);
    expect(await failure(domain.blockPull('vda'))).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });
  });

  it('in success, as far as anybody can say, without a description, and with a chain that was flat', async () => {
    daemon.answer('getBlockJobInfo', none);
    await domain.blockPull('vdz');
    daemon.answer('getXMLDesc', describedBy(0));
    await domain.blockPull('vda');
  });

  describe('when it was to be a mirror', () => {
    const copyXML = '<disk type="file"><source file="/copy"/></disk>';
    const copying = info(DomainBlockJobType.COPY, 3n, 4n);
    const withMirror = (more: string) =>
      string(domainXML(diskXML('vda', '/top', '<backingStore/>', `<mirror type='file' job='copy'${more}/>`)));

    beforeEach(() => {
      for (const procedure of ['blockCopy', 'blockRebase', 'blockCommit'] as const) {
        daemon.answer(procedure, Buffer.alloc(0));
      }
      daemon.answer('getXMLDesc', describedBy(0));
    });

    it.each([
      ['virDomainBlockCopy', () => domain.blockCopy('vda', copyXML)],
      ['virDomainBlockRebase', () => domain.blockRebase('vda', '/copy', 0, DomainBlockRebaseFlags.COPY)],
      ['virDomainBlockCommit', () => domain.blockCommit('vda', null, null, 0, DomainBlockCommitFlags.ACTIVE)],
    ])('in failure, when it failed before anybody had asked: %s', async (operation, start) => {
      daemon.answer('getBlockJobInfo', none);
      expect(await failure(start())).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED', operation });
    });

    it('in failure, when it ended before it was whole', async () => {
      daemon.answer('getBlockJobInfo', copying);
      const waiting = failure(domain.blockCopy('vda', copyXML));
      await daemon.whenRequested('getBlockJobInfo', 2);
      daemon.answer('getBlockJobInfo', none);
      expect(await waiting).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED', operation: 'virDomainBlockCopy' });
    });

    it('in success, when both numbers are the same and the machine has no description that could tell', async () => {
      daemon.answer('getXMLDesc', string('<domain/>'));
      daemon.answer('getBlockJobInfo', info(DomainBlockJobType.COPY, 4n, 4n));
      await domain.blockCopy('vda', copyXML);
    });

    // QEMU may have come to the end while libvirt, which does not know yet, refuses to pivot.
    it.each([
      ['the guest writes on', copying],
      ['both numbers were the same before', info(DomainBlockJobType.COPY, 4n, 4n)],
    ])('in success, when libvirt says that it is ready, and %s', async (_, numbers) => {
      daemon.answer('getBlockJobInfo', numbers);
      daemon.answer('getXMLDesc', withMirror(''));
      const job = domain.blockCopy('vda', copyXML);
      let done = false;
      void job.then(() => (done = true));
      await daemon.whenRequested('getBlockJobInfo', 3);
      expect(done).toBe(false);
      daemon.answer('getXMLDesc', withMirror(" ready='yes'"));
      await job;
      expect(await job.statistics()).toMatchObject({ percentage: 100, total: 4n, block: { end: 4n } });
      expect(daemon.requestCount('blockJobAbort')).toBe(0);
      await job.pivot();
      expect(daemon.requestCount('blockJobAbort')).toBe(1);
    });
  });

  it('leaves nothing that abort() ends, unless it is a mirror', async () => {
    daemon.answer('blockCopy', Buffer.alloc(0));
    const { job, end } = await pulling();
    daemon.answer('getXMLDesc', describedBy(0));
    daemon.answer('getBlockJobInfo', none);
    expect(await end).toBe('done');
    await job.abort();
    const failed = domain.blockCopy('vda', '<disk/>');
    expect(await failure(failed)).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });
    await failed.abort();
    expect(daemon.requestCount('blockJobAbort')).toBe(0);
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.COPY, 4n, 4n));
    daemon.answer('getXMLDesc', string('<domain/>'));
    const copied = domain.blockCopy('vda', '<disk/>');
    await copied;
    await copied.abort();
    expect(daemon.requestCount('blockJobAbort')).toBe(1);
    await copied.abort();
    expect(daemon.requestCount('blockJobAbort')).toBe(1);
  });

  it('is asked for once by the job and by all who iterate', async () => {
    const { job, end } = await pulling();
    const readers = Array.from({ length: 3 }, async () => {
      const seen: JobProgress[] = [];
      for await (const progress of job) seen.push(progress);
      return seen;
    });
    daemon.answer('getBlockJobInfo', info(DomainBlockJobType.PULL, 3n, 4n));
    const asked = daemon.requestCount('getBlockJobInfo');
    await daemon.whenRequested('getBlockJobInfo', asked + 2);
    daemon.answer('getXMLDesc', describedBy(0));
    daemon.answer('getBlockJobInfo', none);
    expect(await end).toBe('done');
    for (const seen of await Promise.all(readers)) {
      expect(seen.map(({ percentage }) => percentage)).toEqual(expect.arrayContaining([75, 100]));
    }
  });
});

describe('a block job', () => {
  const start = (pivot: () => Promise<void>) => {
    let end!: (error?: Error) => void;
    let aborts = 0;
    const pending = new Promise<void>((resolve, reject) => {
      end = (error) => {
        if (error) reject(error);
        else resolve();
      };
    });
    const abort = () => Promise.resolve(void (aborts += 1));
    const run = ({ lasts }: JobControl): Promise<void> => pending.then(lasts);
    const job = new BlockJob({}, { run, abort }, pivot);
    return { job, end, aborts: () => aborts };
  };

  it('pivots when it is done, and then there is nothing to abort', async () => {
    const events: string[] = [];
    const { job, end, aborts } = start(() => Promise.resolve(void events.push('pivot')));
    const pivot = job.pivot();
    await new Promise(setImmediate);
    expect(events).toEqual([]);
    end();
    await pivot;
    expect(events).toEqual(['pivot']);
    await job.abort();
    expect(aborts()).toBe(0);
    expect(await failure(job.pivot())).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    expect(events).toEqual(['pivot']);
  });

  it('does not pivot when it fails, and may be aborted when the pivot does', async () => {
    const { job, end } = start(() => Promise.reject(new Error('not asked')));
    const pivot = failure(job.pivot());
    end(new LibvirtError({ code: ErrorNumber.OPERATION_FAILED, operation: 'virDomainBlockCopy', message: 'failed' }));
    expect(await pivot).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });

    const other = start(() => Promise.reject(new Error('busy')));
    other.end();
    expect(await failure(other.job.pivot())).toMatchObject({ message: 'busy' });
    await other.job.abort();
    expect(other.aborts()).toBe(1);
  });
});
