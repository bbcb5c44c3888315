import { ErrorNumber } from './constants.js';
import { LibvirtError } from './errors.js';
import { Job, type JobWork } from './job.js';
import type { CallOptions } from './limits.js';

/**
 * A job that may leave a mirror of a disk: a copy, or a commit of the topmost file. It is done when the mirror is whole.
 * From then on all that the guest writes goes to both, until {@link pivot} or {@link abort} ends it; after `abort()` the
 * machine goes on with the disk that it had, and the copy holds what that held at this moment. A mirror that fails
 * after that time is gone: `pivot()` then rejects, and the machine goes on with the disk that it had.
 *
 * @example
 * ```ts
 * const copy = '<disk type="file"><source file="/new/pc1.qcow2"/></disk>';
 * const job = domain.blockCopy('vda', copy, {}, DomainBlockCopyFlags.TRANSIENT_JOB);
 * for await (const { percentage } of job) console.log(percentage);
 * await job;
 * await job.pivot();
 * ```
 */
export class BlockJob extends Job<void> {
  readonly #pivot: () => Promise<void>;

  /** @internal */
  constructor(options: CallOptions, work: JobWork<void>, pivot: () => Promise<void>) {
    super(options, work);
    this.#pivot = pivot;
  }

  /**
   * Lets the machine go over to the mirror when that is whole, and ends the job. When it fails the machine still uses
   * the disk that it had, and the mirror is kept unless libvirt says that it is gone.
   *
   * @throws LibvirtError what the job rejected with; `VIR_ERR_INVALID_ARG` when there is no mirror
   * @see virDomainBlockJobAbort
   * @since libvirt 0.9.12
   */
  async pivot(): Promise<void> {
    await this;
    // libvirt would take somebody else's mirror of the disk.
    if (!this.lasting) throw new LibvirtError(noMirror);
    await this.#pivot();
    this.lasting = false;
  }
}

const noMirror = {
  code: ErrorNumber.INVALID_ARG,
  operation: 'virDomainBlockJobAbort',
  message: 'the job has left no mirror to go over to',
};
