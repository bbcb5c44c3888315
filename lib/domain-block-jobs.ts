import { setTimeout as delay } from 'node:timers/promises';
import { DomainBlockJobType, DomainJobOperation, DomainJobType, ErrorDomain, ErrorNumber } from './constants.js';
import { chainLength, hasReadyMirror } from './disk-chain.js';
import { LibvirtError, ownError } from './errors.js';
import type { JobControl } from './job.js';
import type { JobMeasure } from './job-progress.js';
import { measureOf } from './job-stats.js';
import type { TypedParams, virDomainBlockJobInfo } from './native-types.js';

/** What libvirt does with a disk in the background, and how far it is. */
export interface BlockJobInfo {
  type: DomainBlockJobType;
  /** The limit of its speed in MiB/s, or in bytes/s with `DomainBlockJobInfoFlags.BANDWIDTH_BYTES`; 0: none. */
  bandwidth: number;
  /** How far it is, in a unit of its own; with QEMU in bytes. */
  cur: bigint;
  /** Where it ends. A copy or an active commit that has come here keeps up with the guest until it is ended. */
  end: bigint;
}

export function toBlockJobInfo(raw: virDomainBlockJobInfo): BlockJobInfo {
  return { ...raw, type: raw.type as DomainBlockJobType };
}

const milliseconds = { atFirst: 20, atMost: 500 };

/** Asks, ever more rarely, until there is an answer. */
async function poll(control: JobControl, operation: string, ask: () => Promise<boolean>): Promise<void> {
  for (let pause = milliseconds.atFirst; !(await ask()); pause = Math.min(2 * pause, milliseconds.atMost)) {
    await delay(pause);
    if (control.released.aborted) {
      const message = `nobody waits for ${operation} any more, but it goes on: libvirt cannot stop it`;
      throw ownError('ERR_LIBVIRT_ABANDONED', operation, message);
    }
  }
}

function failed(name: 'OPERATION_ABORTED' | 'OPERATION_FAILED', operation: string, message: string): LibvirtError {
  return new LibvirtError({ code: ErrorNumber[name], domain: ErrorDomain.NONE, operation, message });
}

const mirroring: ReadonlySet<number> = new Set([DomainBlockJobType.COPY, DomainBlockJobType.ACTIVE_COMMIT]);

function measureOfBlock(info: BlockJobInfo, whole: boolean): JobMeasure {
  // At the very beginning there is no end yet.
  if (info.end === 0n) return { block: info };
  return { total: info.end, processed: whole ? info.end : info.cur, block: info };
}

/**
 * Whether a mirror is whole. The numbers do not tell: what a guest writes without pause is always on its way to a mirror,
 * and where they meet, QEMU knows already while libvirt still refuses to pivot. libvirt's description of the machine does, for whoever may read it.
 */
async function isWhole(info: virDomainBlockJobInfo, { xml, disk }: BlockJobQuestions): Promise<boolean> {
  if (!mirroring.has(info.type)) return false;
  return (await hasReadyMirror(xml, disk)) ?? (info.end > 0n && info.cur === info.end);
}

/** What is asked about a block job while it runs and when it is over. */
export interface BlockJobQuestions {
  readonly operation: string;
  readonly disk: string;
  /** Whether what was begun is a mirror; one that failed at once is gone before anybody has seen that. */
  readonly mirrors: () => boolean;
  readonly info: () => Promise<virDomainBlockJobInfo | null>;
  readonly xml: () => Promise<string>;
}

/**
 * How a block job that libvirt knows no longer has ended. libvirt tells the end by an event alone; without one, what is
 * left of the disk's chain does, which a job that was successful has shortened.
 */
class Outcome {
  readonly #before: number | undefined;

  private constructor(before: number | undefined) {
    this.#before = before;
  }

  static async before({ xml, disk }: BlockJobQuestions): Promise<Outcome> {
    return new Outcome(await chainLength(xml, disk));
  }

  /** Undefined when nobody can say. */
  async succeeded({ xml, disk }: BlockJobQuestions): Promise<boolean | undefined> {
    const after = await chainLength(xml, disk);
    if (this.#before === undefined || this.#before === 0 || after === undefined) return undefined;
    return after < this.#before;
  }
}

/** Begins a block job, and waits until it is over, or, when it mirrors the disk, until the mirror is whole. */
export async function runBlockJob(
  control: JobControl,
  start: () => Promise<void>,
  questions: BlockJobQuestions,
): Promise<void> {
  const { operation, disk } = questions;
  const outcome = await Outcome.before(questions);
  await start();
  const seen = { mirror: questions.mirrors(), whole: false, end: 0n };
  await poll(control, operation, async () => {
    const info = await questions.info();
    if (info === null) return true;
    seen.mirror ||= mirroring.has(info.type);
    seen.end = info.end;
    seen.whole = await isWhole(info, questions);
    control.report(measureOfBlock(toBlockJobInfo(info), seen.whole));
    return seen.whole;
  });
  if (seen.whole) {
    control.lasts();
    return;
  }
  if (await control.aborted()) throw failed('OPERATION_ABORTED', operation, `the block job of ${disk} was aborted`);
  if (seen.mirror) {
    const message = `the block job of ${disk} ended before the mirror was whole: it failed, or somebody else ended it`;
    throw failed('OPERATION_FAILED', operation, message);
  }
  if ((await outcome.succeeded(questions)) === false) {
    const message = `the block job of ${disk} ended and changed nothing: it failed, or somebody else ended it`;
    throw failed('OPERATION_FAILED', operation, message);
  }
  if (seen.end > 0n) control.report({ total: seen.end, processed: seen.end });
}

/** Waits until the backup that was begun is over. */
export async function untilBackupIsOver(
  control: JobControl,
  ask: (completed: boolean) => Promise<{ type: number; params: TypedParams }>,
): Promise<void> {
  const operation = 'virDomainBackupBegin';
  const running = ({ type, params }: { type: number; params: TypedParams }): boolean =>
    type !== DomainJobType.NONE && params['operation'] === DomainJobOperation.BACKUP;
  await poll(control, operation, async () => {
    const answer = await ask(false);
    if (!running(answer)) return true;
    control.report(measureOf(answer));
    return false;
  });
  const completed = await ask(true);
  const { type, params } = completed;
  // libvirt keeps the statistics of one job, until somebody takes them.
  if (params['operation'] !== DomainJobOperation.BACKUP) {
    throw failed('OPERATION_FAILED', operation, 'the backup is over, and libvirt no longer tells how it ended');
  }
  control.report(measureOf(completed));
  const { errmsg } = params;
  if (type === DomainJobType.CANCELLED) throw failed('OPERATION_ABORTED', operation, 'the backup was aborted');
  if (type === DomainJobType.FAILED) {
    throw failed('OPERATION_FAILED', operation, typeof errmsg === 'string' ? errmsg : 'the backup failed');
  }
}
