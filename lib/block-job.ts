import { Job, type JobWork } from './job.js';
import type { CallOptions } from './limits.js';

/**
 * A job that may leave a mirror of a disk: a copy, or a commit of the topmost file. It is done when the mirror is whole.
 * From then on all that the guest writes goes to both, until {@link pivot} or {@link abort} ends it. A mirror that fails
 * after that time is gone: `pivot()` then rejects, and the machine goes on with the disk that it had.
 *
 * @example
 * ```ts
 * const job = domain.blockCopy('vda', '<disk type="file"><source file="/new/pc1.qcow2"/></disk>');
 * for await (const { percentage } of job) console.log(percentage);
 * await job;
 * await job.pivot();
 * ```
 */
export class BlockJob extends Job<void> {
  readonly #pivot: () => Promise<void>;
  #pivoted = false;

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
    await this.#pivot();
    this.#pivoted = true;
  }

  /**
   * Before the mirror is whole, as {@link Job.abort}. Afterwards it ends the mirror without a pivot, which is no
   * failure: the copy then holds what the disk held at this moment, and the machine goes on with the disk that it had.
   *
   * @see virDomainBlockJobAbort
   * @since libvirt 0.9.4
   */
  override async abort(): Promise<void> {
    if (!this.#pivoted) await super.abort();
  }
}
