import { setTimeout as delay } from 'node:timers/promises';
import { LibvirtError, ownError } from './errors.js';
import { type Ask, type JobMeasure, type JobProgress, ProgressFeed } from './job-progress.js';
import { type CallOptions, checkCallOptions, onAbort } from './limits.js';

/** What a job is told about its end while it runs. */
export interface JobControl {
  /** Aborted when nobody waits any more although libvirt could not end the operation. */
  readonly released: AbortSignal;
  /** Whether it was {@link Job.abort | abort()} that ended the operation. */
  aborted(): Promise<boolean>;
  /** Said when what was begun goes on after the job is done: a mirror until it is pivoted, a backup that is read. */
  readonly lasts: () => void;
  /** For an operation that knows by itself how far it is. */
  readonly report: (measure: JobMeasure) => void;
}

/** @internal How the object that starts a job goes about it. */
export interface JobWork<T> {
  readonly run: (control: JobControl) => Promise<T>;
  readonly abort: () => Promise<void>;
  /** Whether libvirt is at it. Where that can be told, an abort that is refused all the same is not tried again. */
  readonly runs?: () => Promise<boolean>;
  /** Asked how far the operation is, again and again, as long as somebody iterates; without it what was reported counts. */
  readonly ask?: Ask;
  /** What there is to know of it when it has succeeded; without it what was told last counts. */
  readonly final?: Ask;
}

type Limit = 'signal' | 'timeout';

const milliseconds = { betweenAttempts: 50, ofAttempts: 10_000 };

/**
 * An operation that takes its time: a migration, saving, a backup, copying a disk. It is awaited like a promise, can be
 * watched, and can be aborted. It rejects with `VIR_ERR_OPERATION_ABORTED`, or what else libvirt says, when it was.
 *
 * Iterating over a job gives its progress, as often as there is news of it, until the job is over, whichever way. Who
 * takes long over one progress gets the latest next; nothing is queued. Several may iterate at once. Leaving the loop
 * leaves the job alone. How the job ended is told by awaiting it, after the loop or beside it; a failure that nobody
 * awaits is an unhandled rejection once the loops have ended. libvirt is asked for progress only while somebody
 * iterates.
 *
 * With `with({ signal })` or `with({ timeout })` a job is not merely no longer waited for, as other calls are: libvirt
 * aborts the operation, and the job rejects when that has happened. Only where libvirt cannot abort it, it rejects at
 * once, with `ERR_LIBVIRT_ABANDONED` or `ERR_LIBVIRT_TIMEOUT`.
 *
 * A job that fails leaves things as libvirt leaves them; the method that began it says how.
 *
 * @example
 * ```ts
 * const job = domain.save('/var/tmp/pc1.save');
 * cancelButton.onclick = () => job.abort();
 * for await (const { percentage } of job) console.log(percentage);
 * await job;
 * ```
 */
export class Job<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Job';
  readonly #work: JobWork<T>;
  readonly #promise: Promise<T>;
  readonly #begun = new Error();
  readonly #feed: ProgressFeed;
  readonly #ended: Promise<boolean>;
  #end: (succeeded: boolean) => void = () => undefined;
  #final: Promise<JobProgress | null> | undefined;
  #over = false;
  /** @internal Whether what was begun goes on although the job is done. */
  protected lasting = false;
  /** Whether somebody asked for the result. */
  #heard = false;
  #attempt: Promise<boolean> | undefined;

  /** @internal */
  constructor(options: CallOptions, work: JobWork<T>) {
    this.#work = work;
    this.#feed = new ProgressFeed(work.ask);
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#promise = this.#run(options);
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#heard = true;
    return this.#promise.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    this.#heard = true;
    return this.#promise.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    this.#heard = true;
    return this.#promise.finally(onFinally);
  }

  /**
   * Gives the progress until the job is over; the last one of a job that succeeded is what {@link statistics} gives. It
   * never rejects: for how the job ended, await the job.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<JobProgress, undefined> {
    return this.#feed.iterate();
  }

  /**
   * What is known of the operation when it is over; before that, this waits for the end. libvirt keeps the statistics of
   * a machine's last job that succeeded. Where it has none, as of one that failed, of block jobs and transfers, it is
   * the last progress that was seen, and null if there was none. It says nothing of how the job ended.
   *
   * @see virDomainGetJobStats
   * @since libvirt 1.2.9
   */
  async statistics(): Promise<JobProgress | null> {
    const succeeded = await this.#ended;
    this.#final ??= succeeded ? this.#askForFinal() : Promise.resolve(null);
    return (await this.#final) ?? this.#feed.latest ?? null;
  }

  async #askForFinal(): Promise<JobProgress | null> {
    const measure = await this.#work.final?.().catch(() => null);
    return measure ? this.#feed.reckon(measure) : null;
  }

  /**
   * Ends the operation. It resolves when libvirt has taken that up; the job itself rejects when it has ended. Of a job
   * that is over nothing is aborted, except what it left running: a mirror that was not pivoted, a backup in pull mode.
   * That is no failure: the job has succeeded, and the mirror then holds what the disk held at this moment.
   *
   * libvirt knows one job of a machine, whoever began it: where another one runs before this, that one is aborted.
   *
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` when the driver cannot, `VIR_ERR_OPERATION_UNSUPPORTED` and others when
   * this operation cannot be aborted
   * @see virDomainAbortJob, virDomainBlockJobAbort
   * @since libvirt 0.7.7; of a disk 0.9.4
   */
  async abort(): Promise<void> {
    // Whoever aborts it knows that it fails.
    this.#heard = true;
    this.#promise.catch(() => undefined);
    if (!this.#over) await this.#stop();
    else if (this.lasting) {
      await this.#work.abort();
      this.lasting = false;
    }
  }

  #isOver(): boolean {
    return this.#over;
  }

  // A call may wait in a queue, or not have come to the point where libvirt has a job to abort.
  async #stop(): Promise<void> {
    const end = performance.now() + milliseconds.ofAttempts;
    let running = false;
    while (!this.#isOver()) {
      const failure = await this.#tryToAbort();
      if (failure === undefined || this.#isOver()) return;
      if (running || !isNoJobYet(failure.error) || performance.now() > end) throw failure.error;
      running = (await this.#work.runs?.().catch(() => false)) ?? false;
      await delay(milliseconds.betweenAttempts);
    }
  }

  /** Nothing, or why it could not. */
  #tryToAbort(): Promise<{ error: unknown } | undefined> {
    const attempt = this.#work.abort().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.#attempt = attempt.then((failure) => failure === undefined);
    return attempt;
  }

  async #run(options: CallOptions): Promise<T> {
    let limit: Limit | undefined;
    const release = new AbortController();
    const end = (by: Limit): void => {
      limit ??= by;
      this.#stop().catch((error: unknown) => {
        release.abort(error);
      });
    };
    let timer: NodeJS.Timeout | undefined;
    let forget: (() => void) | undefined;
    try {
      const { signal, timeout } = options;
      checkCallOptions(options);
      signal?.throwIfAborted();
      if (timeout !== undefined) timer = setTimeout(end, timeout, 'timeout');
      if (signal !== undefined) {
        forget = onAbort(signal, () => {
          end('signal');
        });
      }
      const aborted = async (): Promise<boolean> => (await this.#attempt) ?? false;
      const report = (measure: JobMeasure): void => {
        this.#feed.tell(measure);
      };
      const lasts = (): void => {
        this.lasting = true;
      };
      const value = await this.#work.run({ released: release.signal, aborted, lasts, report });
      this.#finish();
      return value;
    } catch (error) {
      const told = this.#withLine(limit === undefined ? error : toLimitError(error, limit, options, release.signal));
      this.#fail();
      throw told;
    } finally {
      clearTimeout(timer);
      forget?.();
    }
  }

  // The result does not wait for the statistics; only those who iterate do.
  #finish(): void {
    this.#over = true;
    this.#end(true);
    if (!this.#feed.read || this.#work.final === undefined) this.#feed.end();
    else {
      void this.statistics().then((progress) => {
        this.#feed.end(progress ?? undefined);
      });
    }
  }

  // Who is in the body of a loop cannot await the job before the loop has ended. It is no unhandled rejection until then.
  #fail(): void {
    this.#over = true;
    this.lasting = false;
    this.#end(false);
    const read = this.#feed.read && !this.#heard;
    this.#feed.end();
    if (!read) return;
    this.#promise.catch(() => undefined);
    void this.#feed.unread().then(() => {
      setImmediate(() => {
        if (!this.#heard) void this.#promise.then(() => undefined);
      });
    });
  }

  // Whoever awaits a job awaits its `then`: only what was noted at its beginning leads to the caller's line.
  #withLine(error: unknown): unknown {
    if (error instanceof LibvirtError) {
      const frames = this.#begun.stack?.split('\n').slice(2) ?? [];
      error.stack = [error.stack, ...frames].join('\n');
    }
    return error;
  }
}

function isNoJobYet(error: unknown): boolean {
  const codes = ['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_INVALID_ARG'];
  return error instanceof LibvirtError && codes.includes(error.code);
}

function toLimitError(error: unknown, limit: Limit, { signal, timeout }: CallOptions, released: AbortSignal): unknown {
  const reason: unknown = signal?.reason;
  const unstarted = released.aborted && error === released.reason;
  if (limit === 'signal' && unstarted) return reason;
  if (!(error instanceof LibvirtError)) return error;
  const { operation } = error;
  if (limit === 'timeout') {
    const how = released.aborted ? 'and may still happen: libvirt cannot stop it' : 'and was aborted';
    const message = `${operation} took longer than ${String(timeout)} ms ${unstarted ? 'and did not start' : how}`;
    return ownError('ERR_LIBVIRT_TIMEOUT', operation, message, error);
  }
  if (error.code === 'ERR_LIBVIRT_ABANDONED') {
    return ownError('ERR_LIBVIRT_ABANDONED', operation, error.message, reason);
  }
  error.cause ??= reason;
  return error;
}

/** @internal The same object for calls with these options and no others. */
export function within<T extends object>(object: T, options: CallOptions): T {
  const view = Object.create(object) as T;
  Object.defineProperty(view, 'options', { value: options });
  return view;
}
