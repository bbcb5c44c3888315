import type { BlockJobInfo } from './domain-block-jobs.js';
import type { JobStats } from './domain-jobs.js';

/** How far a part of a job is, in bytes. */
export interface JobPart {
  total: bigint;
  processed: bigint;
  remaining: bigint;
  /** Bytes each second; null where it is not known. */
  rate: number | null;
}

/** How far a job is. What libvirt does not tell, and cannot be reckoned from what it tells, is null. */
export interface JobProgress {
  /** All that there is to do, in bytes. It may grow: a guest that runs writes its memory while that is sent. */
  total: bigint | null;
  /** What is done, in bytes. More than `total` where the same was sent more than once, less where pages are empty. */
  processed: bigint | null;
  /** What is left, in bytes. */
  remaining: bigint | null;
  /** Bytes each second: as libvirt tells, or else between this progress and the one before. */
  rate: number | null;
  /** In milliseconds; what remains is libvirt's estimate, or else reckoned from the rate. */
  time: { elapsed: number; remaining: number | null };
  /** From 0 to 100, by what remains. */
  percentage: number | null;
  /** The machine's memory; null in a job that has to do with disks only. */
  memory: JobPart | null;
  /** The disks; null in a job that has to do with memory only. */
  disk: JobPart | null;
  /** All that libvirt tells of a machine's job; null for a block job and a transfer. */
  stats: JobStats | null;
  /** All that libvirt tells of a block job; null for others. */
  block: BlockJobInfo | null;
}

/** What a job's source knows; the rest is reckoned. */
export type JobMeasure = Partial<Omit<JobProgress, 'time' | 'percentage'>> & {
  /** Milliseconds, where the source tells better than a clock here. */
  readonly elapsed?: number;
  /** Milliseconds that remain, where the source has an estimate. */
  readonly left?: number | null;
};

function percentageOf(total: bigint | null, remaining: bigint | null): number | null {
  if (total === null || remaining === null || total <= 0n) return null;
  if (remaining <= 0n) return 100;
  const hundredths = 10_000 - Number((remaining * 10_000n) / total);
  return Math.min(Math.max(hundredths, 0), 9_999) / 100;
}

/** Milliseconds for what remains. When nothing does, no rate is needed. */
function timeFor(total: bigint | null, remaining: bigint | null, rate: number | null): number | null {
  if (remaining === 0n && total !== null && total > 0n) return 0;
  return remaining !== null && rate !== null && rate > 0 ? (Number(remaining) / rate) * 1000 : null;
}

/** Makes progress of one measure after another. */
class Reckoner {
  #before: { at: number; processed: bigint } | undefined;

  reckon(measure: JobMeasure, elapsedHere: number): JobProgress {
    const { elapsed = elapsedHere, left = null } = measure;
    const { total = null, processed = null, memory = null, disk = null, stats = null, block = null } = measure;
    const { remaining = total !== null && processed !== null ? total - processed : null } = measure;
    const rate = measure.rate ?? this.#rateSince(processed, elapsed);
    const estimated = timeFor(total, remaining, rate);
    return {
      total,
      processed,
      remaining,
      rate,
      time: { elapsed: Math.round(elapsed), remaining: left ?? (estimated === null ? null : Math.round(estimated)) },
      percentage: percentageOf(total, remaining),
      memory,
      disk,
      stats,
      block,
    };
  }

  #rateSince(processed: bigint | null, at: number): number | null {
    const before = this.#before;
    this.#before = processed === null ? undefined : { at, processed };
    if (before === undefined || processed === null || at <= before.at || processed < before.processed) return null;
    return Math.round(Number(processed - before.processed) / ((at - before.at) / 1000));
  }
}

// A job lets nobody ask until it is ready for that. libvirt holds a question that came too early for 30 seconds.
const milliseconds = { beforeFirst: 100, atFirst: 50, atMost: 500 };

/** @internal Asks for a measure; null when there is none at the moment. */
export type Ask = () => Promise<JobMeasure | null>;

interface Reader {
  /** The number of the progress that it was given last. */
  seen: number;
  readonly waiting: ((result: IteratorResult<JobProgress, undefined>) => void)[];
}

const done = { done: true, value: undefined } as const;

/**
 * @internal Brings a job's progress to all who iterate over it. There is no queue: who comes late gets the latest.
 * Nobody is asked unless somebody iterates.
 */
export class ProgressFeed {
  readonly #ask: Ask | undefined;
  readonly #begun = performance.now();
  readonly #readers = new Set<Reader>();
  readonly #reckoner = new Reckoner();
  #latest: JobProgress | undefined;
  #number = 0;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #pause = milliseconds.atFirst;
  #whenUnread: (() => void)[] = [];

  constructor(ask: Ask | undefined) {
    this.#ask = ask;
  }

  /** Whether somebody iterates. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  get latest(): JobProgress | undefined {
    return this.#latest;
  }

  /** Progress of a measure that is told to nobody. */
  reckon(measure: JobMeasure): JobProgress {
    return this.#reckoner.reckon(measure, performance.now() - this.#begun);
  }

  tell(measure: JobMeasure): void {
    if (this.#over) return;
    this.#latest = this.reckon(measure);
    this.#number += 1;
    for (const reader of this.#readers) this.#serve(reader);
  }

  /** No more progress comes, but for the last one; who has not seen that still gets it. */
  end(last?: JobProgress): void {
    if (this.#over) return;
    this.#over = true;
    if (last !== undefined) {
      this.#latest = last;
      this.#number += 1;
    }
    clearTimeout(this.#timer);
    for (const reader of [...this.#readers]) this.#serve(reader);
  }

  /** Resolves when nobody iterates any more. */
  unread(): Promise<void> {
    return this.read ? new Promise((resolve) => this.#whenUnread.push(resolve)) : Promise.resolve();
  }

  iterate(): AsyncIterableIterator<JobProgress, undefined> {
    const reader: Reader = { seen: 0, waiting: [] };
    let state: 'new' | 'open' | 'closed' = 'new';
    const iterator: AsyncIterableIterator<JobProgress, undefined> = {
      next: () => {
        if (state === 'closed' || (state === 'new' && this.#over)) return Promise.resolve(done);
        if (state === 'new') {
          state = 'open';
          // What was asked for when others iterated may be old.
          if (this.#ask !== undefined && !this.read) reader.seen = this.#number;
          this.#readers.add(reader);
          this.#wake();
        } else if (!this.#readers.has(reader)) return Promise.resolve(done);
        return new Promise((resolve) => {
          reader.waiting.push(resolve);
          this.#serve(reader);
        });
      },
      return: () => {
        state = 'closed';
        this.#remove(reader);
        return Promise.resolve(done);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #serve(reader: Reader): void {
    if (this.#latest !== undefined && reader.seen < this.#number) {
      const next = reader.waiting.shift();
      if (next === undefined) return;
      reader.seen = this.#number;
      next({ done: false, value: this.#latest });
    }
    if (this.#over && reader.waiting.length > 0) this.#remove(reader);
  }

  #remove(reader: Reader): void {
    this.#readers.delete(reader);
    for (const next of reader.waiting.splice(0)) next(done);
    if (this.read) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#whenUnread.splice(0)) resolve();
  }

  #wake(): void {
    if (this.#ask === undefined || this.#asking || this.#timer !== undefined) return;
    this.#pause = milliseconds.atFirst;
    this.#askLater(this.#ask, milliseconds.beforeFirst - (performance.now() - this.#begun));
  }

  #askLater(ask: Ask, wait: number): void {
    this.#timer = setTimeout(() => void this.#askOnce(ask), wait);
  }

  // A question that fails tells nothing: how the job ends, the job itself says.
  async #askOnce(ask: Ask): Promise<void> {
    this.#timer = undefined;
    this.#asking = true;
    const measure = await ask().catch(() => null);
    this.#asking = false;
    if (this.#over || !this.read) return;
    if (measure !== null) this.tell(measure);
    this.#askLater(ask, this.#pause);
    this.#pause = Math.min(2 * this.#pause, milliseconds.atMost);
  }
}
