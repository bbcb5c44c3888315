import type {
  DomainBackupBeginFlags,
  DomainBlockCommitFlags,
  DomainBlockCopyFlags,
  DomainBlockJobInfoFlags,
  DomainBlockJobSetSpeedFlags,
  DomainBlockPullFlags,
  DomainBlockResizeFlags,
  DomainMemoryFlags,
} from './constants.js';
import { BlockJob } from './block-job.js';
import {
  DomainBlockJobAbortFlags,
  DomainBlockRebaseFlags,
  DomainGetJobStatsFlags,
  DomainJobOperation,
} from './constants.js';
import { type BlockJobInfo, runBlockJob, toBlockJobInfo, untilBackupIsOver } from './domain-block-jobs.js';
import { DomainGuest } from './domain-guest.js';
import { LibvirtError } from './errors.js';
import { Job, type JobControl, type JobWork, within } from './job.js';
import type { Ask, JobMeasure } from './job-progress.js';
import { isOf, measureOf } from './job-stats.js';
import { native } from './native.js';
import type { virDomain } from './native-types.js';
import { nest } from './nested.js';
import { type BlockCopyParameters, type BlockStatsParameters, type Settable, toWire } from './params.js';

/** What went through a disk. What the hypervisor does not count is -1. */
export interface BlockStats {
  /** Requests to read. */
  rdReq: bigint;
  rdBytes: bigint;
  /** Requests to write. */
  wrReq: bigint;
  wrBytes: bigint;
  errs: bigint;
}

/** The most that a daemon passes on at once. */
const mostAtOnce = 4 * 1024 * 1024;

/** The part of {@link Domain} that is about disks and block jobs. */
export abstract class DomainBlock extends DomainGuest {
  /**
   * @internal An operation that `abortJob()` ends.
   *
   * @param operation - a constant of `DomainJobOperation`: what libvirt says that it is
   * @param more - the statistics when it has succeeded, if there are others; whether it reports by itself
   */
  protected job<T>(
    operation: DomainJobOperation,
    run: (domain: this, control: JobControl) => Promise<T>,
    more: Pick<JobWork<T>, 'final'> & { readonly reports?: boolean } = {},
  ): Job<T> {
    const { COMPLETED, KEEP_COMPLETED } = DomainGetJobStatsFlags;
    const { reports = false, ...rest } = more;
    const ask: Ask = () => this.measure(operation);
    return new Job(this.options, {
      run: (control) => run(within(this, { signal: control.released }), control),
      abort: () => within(this, {}).call((domain) => native.virDomainAbortJob(domain)),
      runs: async () => (await ask())?.stats !== undefined,
      ...(reports ? {} : { ask, final: () => this.measure(operation, COMPLETED | KEEP_COMPLETED) }),
      ...rest,
    });
  }

  /** @internal How far an operation is; null when libvirt is not at it. Not bound by a view's limits. */
  async measure(operation: DomainJobOperation, flags = 0): Promise<JobMeasure | null> {
    try {
      const stats = await within(this, {}).call((domain) => native.virDomainGetJobStats(domain, flags));
      return isOf(stats, operation) ? measureOf(stats) : null;
    } catch (error) {
      // A driver without statistics: that it goes on is all there is to tell.
      if (error instanceof LibvirtError && error.code === 'VIR_ERR_NO_SUPPORT' && flags === 0) return {};
      throw error;
    }
  }

  private blockJob(
    operation: string,
    disk: string,
    start: (domain: virDomain) => Promise<void>,
    mirrors: () => boolean = () => false,
  ): BlockJob {
    const free = within(this, {});
    const end = (flags: DomainBlockJobAbortFlags) => () =>
      free.call((domain) => native.virDomainBlockJobAbort(domain, disk, flags));
    const work: JobWork<void> = {
      run: (control) =>
        runBlockJob(control, () => within(this, { signal: control.released }).call(start), {
          operation,
          disk,
          mirrors,
          info: () => free.call((domain) => native.virDomainGetBlockJobInfo(domain, disk, 0)),
          xml: () => free.call((domain) => native.virDomainGetXMLDesc(domain, 0)),
        }),
      abort: end(0),
    };
    return new BlockJob(this.options, work, end(DomainBlockJobAbortFlags.PIVOT));
  }

  /**
   * Copies what a disk has in its backing files into its own, so that it needs them no longer. The job is done when all
   * is copied. One that fails or is aborted leaves the chain as it was; what was copied already stays copied.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param bandwidth - the most it may take, in MiB/s or as the flags say; 0 for no limit
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` when the chain is as before afterwards: the host's disk is full, or
   * somebody else ended it; `VIR_ERR_OPERATION_ABORTED` when the job was aborted
   * @see virDomainBlockPull
   * @since libvirt 0.9.4
   */
  blockPull(disk: string, bandwidth = 0, flags: DomainBlockPullFlags = 0): Job<void> {
    return this.blockJob('virDomainBlockPull', disk, (domain) =>
      native.virDomainBlockPull(domain, disk, bandwidth, flags),
    );
  }

  /**
   * Copies what one file of a disk's chain has into a file further down, so that the chain gets shorter.
   *
   * The job is done when all is copied. When the topmost file is committed (`DomainBlockCommitFlags.ACTIVE`), it is done
   * when both are the same; the machine goes over to the lower one with the job's `pivot()`. One that fails or is aborted
   * leaves the chain as it was; the lower file may hold a part of what the upper ones have, so that it is of use only
   * below them.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param base - the file that is written; null for the lowest
   * @param top - the highest file that is committed; null for the one that the machine writes
   * @param bandwidth - the most it may take, in MiB/s or as the flags say; 0 for no limit
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` and `VIR_ERR_OPERATION_ABORTED`, as {@link blockPull}
   * @see virDomainBlockCommit
   * @since libvirt 0.10.2
   */
  blockCommit(
    disk: string,
    base: string | null = null,
    top: string | null = null,
    bandwidth = 0,
    flags: DomainBlockCommitFlags = 0,
  ): BlockJob {
    const start = (domain: virDomain): Promise<void> =>
      native.virDomainBlockCommit(domain, disk, base, top, bandwidth, flags);
    return this.blockJob('virDomainBlockCommit', disk, start, () => top === null);
  }

  /**
   * As {@link blockPull}, but down to a backing file that stays; or, with `DomainBlockRebaseFlags.COPY`, as
   * {@link blockCopy}.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param base - the backing file that stays, null for none; with `COPY` the file that is written
   * @param bandwidth - the most it may take, in MiB/s or as the flags say; 0 for no limit
   * @see virDomainBlockRebase
   * @since libvirt 0.9.10
   */
  blockRebase(disk: string, base: string | null = null, bandwidth = 0, flags: DomainBlockRebaseFlags = 0): BlockJob {
    const start = (domain: virDomain): Promise<void> =>
      native.virDomainBlockRebase(domain, disk, base, bandwidth, flags);
    return this.blockJob('virDomainBlockRebase', disk, start, () => (flags & DomainBlockRebaseFlags.COPY) !== 0);
  }

  /**
   * Copies a disk while the machine uses it. The job is done when the copy is whole; it is then kept so until the job's
   * `pivot()` lets the machine go over to it, or its `abort()` leaves it as a copy of that moment. One that fails or is
   * aborted before leaves the machine with its disk, and a file that is not whole.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param destxml - the copy as an XML element `<disk>`
   * @param params - the most it may take in bytes/s, and others
   * @param flags - of a machine that is defined libvirt wants `TRANSIENT_JOB`: the copy ends when it is turned off
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` when it ended before the copy was whole, because the host's disk is
   * full or somebody else ended it; `VIR_ERR_OPERATION_ABORTED` when the job was aborted
   * @see virDomainBlockCopy
   * @since libvirt 1.2.8
   */
  blockCopy(
    disk: string,
    destxml: string,
    params: Settable<BlockCopyParameters> = {},
    flags: DomainBlockCopyFlags = 0,
  ): BlockJob {
    const start = async (domain: virDomain): Promise<void> =>
      native.virDomainBlockCopy(domain, disk, destxml, toWire('virDomainBlockCopy', 'blockCopy', params), flags);
    return this.blockJob('virDomainBlockCopy', disk, start, () => true);
  }

  /**
   * Ends what is done with a disk in the background.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param flags - `DomainBlockJobAbortFlags.PIVOT` goes over to the copy; with `ASYNC` it is not waited for the end
   * @throws LibvirtError `VIR_ERR_BLOCK_COPY_ACTIVE` when it is to pivot before the copy is whole
   * @see virDomainBlockJobAbort
   * @since libvirt 0.9.4
   */
  blockJobAbort(disk: string, flags: DomainBlockJobAbortFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainBlockJobAbort(domain, disk, flags));
  }

  /**
   * What is done with a disk in the background; null when that is nothing.
   *
   * @param disk - its target, such as `vda`, or its path
   * @see virDomainGetBlockJobInfo
   * @since libvirt 0.9.4
   */
  getBlockJobInfo(disk: string, flags: DomainBlockJobInfoFlags = 0): Promise<BlockJobInfo | null> {
    return this.call(async (domain) => {
      const info = await native.virDomainGetBlockJobInfo(domain, disk, flags);
      return info && toBlockJobInfo(info);
    });
  }

  /**
   * Limits the speed of what is done with a disk in the background.
   *
   * @param bandwidth - in MiB/s, or in bytes/s as the flags say; 0 for no limit
   * @see virDomainBlockJobSetSpeed
   * @since libvirt 0.9.4
   */
  blockJobSetSpeed(disk: string, bandwidth: number, flags: DomainBlockJobSetSpeedFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainBlockJobSetSpeed(domain, disk, bandwidth, flags));
  }

  /**
   * Makes a disk larger or smaller while the machine runs. The guest has to make something of it by itself.
   *
   * @param size - in KiB, or in bytes with `DomainBlockResizeFlags.BYTES`
   * @see virDomainBlockResize
   * @since libvirt 0.9.8
   */
  blockResize(disk: string, size: bigint | number, flags: DomainBlockResizeFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainBlockResize(domain, disk, size, flags));
  }

  /**
   * What went through a disk of a running machine.
   *
   * @param disk - its target, such as `vda`, or its path; with some hypervisors an empty string for all together
   * @see virDomainBlockStats
   * @since libvirt 0.3.2
   */
  blockStats(disk: string): Promise<BlockStats> {
    return this.call(async (domain) => {
      const raw = await native.virDomainBlockStats(domain, disk);
      return { rdReq: raw.rd_req, rdBytes: raw.rd_bytes, wrReq: raw.wr_req, wrBytes: raw.wr_bytes, errs: raw.errs };
    });
  }

  /**
   * What went through a disk, with times and flushes. What the hypervisor does not count is not there.
   *
   * @param disk - its target, such as `vda`, or its path; with some hypervisors an empty string for all together
   * @param flags - none are defined; 0
   * @see virDomainBlockStatsFlags
   * @since libvirt 0.9.5
   */
  getBlockStats(disk: string, flags = 0): Promise<BlockStatsParameters> {
    return this.call(
      async (domain) => nest(await native.virDomainBlockStatsFlags(domain, disk, flags)) as BlockStatsParameters,
    );
  }

  /**
   * Asks for an event when the guest has written beyond an offset of a disk's file, as a sign that it needs to grow.
   *
   * @param dev - the disk's target, such as `vda`, or `vda[1]` for a file of its chain
   * @param threshold - in bytes; 0 for none
   * @param flags - none are defined; 0
   * @see virDomainSetBlockThreshold
   * @since libvirt 3.1.0
   */
  setBlockThreshold(dev: string, threshold: bigint | number, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainSetBlockThreshold(domain, dev, threshold, flags));
  }

  /**
   * Reads a part of a disk as the guest sees it.
   *
   * @param disk - its target, such as `vda`, or its path
   * @param offset - in bytes
   * @param size - in bytes; more than 4 MiB are read in several calls
   * @param flags - none are defined; 0
   * @see virDomainBlockPeek
   * @since libvirt 0.4.2
   */
  blockPeek(disk: string, offset: bigint | number, size: number, flags = 0): Promise<Buffer> {
    return this.peek(offset, size, (domain, from, part) => native.virDomainBlockPeek(domain, disk, from, part, flags));
  }

  /**
   * Reads a part of a running machine's memory.
   *
   * @param start - an address
   * @param size - in bytes; more than 4 MiB are read in several calls, between which the guest runs on
   * @param flags - which addresses: `DomainMemoryFlags.VIRTUAL` or `PHYSICAL`
   * @see virDomainMemoryPeek
   * @since libvirt 0.4.2
   */
  memoryPeek(start: bigint | number, size: number, flags: DomainMemoryFlags): Promise<Buffer> {
    return this.peek(start, size, (domain, from, part) => native.virDomainMemoryPeek(domain, from, part, flags));
  }

  private peek(
    start: bigint | number,
    size: number,
    read: (domain: virDomain, from: bigint | number, size: number) => Promise<Buffer>,
  ): Promise<Buffer> {
    return this.calls(async (domain, { within }) => {
      if (!(size > mostAtOnce && Number.isSafeInteger(size))) return within(() => read(domain, start, size));
      const parts: Buffer[] = [];
      for (let done = 0; done < size; done += mostAtOnce) {
        const part = Math.min(mostAtOnce, size - done);
        // The first as it was given: what is no place is refused under the function's name.
        parts.push(await within(() => read(domain, done === 0 ? start : BigInt(start) + BigInt(done), part)));
      }
      return Buffer.concat(parts);
    });
  }

  /**
   * Begins a backup of the machine's disks. In push mode the job is done when all is written. In pull mode it is done
   * when the disks can be read, which goes on until the job's `abort()` (that is no failure then) or `abortJob()`. One in
   * push mode that fails or is aborted leaves the machine running, files that are no backup, and the checkpoint if there
   * was to be one: delete that, or the next incremental backup misses what changed before.
   *
   * @param backupXML - what is written where, an element `<domainbackup>`
   * @param checkpointXML - a checkpoint that is made at the same moment, from which a later backup can go on
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` with what the hypervisor says, or when nobody can tell how it ended,
   * because another job of the machine ended right after it; `VIR_ERR_OPERATION_ABORTED` when somebody aborted it
   * @see virDomainBackupBegin
   * @since libvirt 6.0.0
   */
  backupBegin(backupXML: string, checkpointXML: string | null = null, flags: DomainBackupBeginFlags = 0): Job<void> {
    const { COMPLETED, KEEP_COMPLETED } = DomainGetJobStatsFlags;
    const free = within(this, {});
    const run = async (view: this, control: JobControl): Promise<void> => {
      await view.call((domain) => native.virDomainBackupBegin(domain, backupXML, checkpointXML, flags));
      if (/^[^>]*<domainbackup\s[^>]*mode\s*=\s*["']pull["']/.test(backupXML.replace(/<[?!][^>]*>/g, ''))) {
        control.lasts();
        return;
      }
      await untilBackupIsOver(control, (completed) =>
        free.call((domain) => native.virDomainGetJobStats(domain, completed ? COMPLETED | KEEP_COMPLETED : 0)),
      );
    };
    return this.job(DomainJobOperation.BACKUP, run, { reports: true });
  }

  /**
   * The backup that runs, with what libvirt added to its XML.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_BACKUP` when none runs
   * @see virDomainBackupGetXMLDesc
   * @since libvirt 6.0.0
   */
  backupGetXMLDesc(flags = 0): Promise<string> {
    return this.call((domain) => native.virDomainBackupGetXMLDesc(domain, flags));
  }
}
