import { setTimeout as delay } from 'node:timers/promises';
import { DomainBlockJobType, DomainJobOperation, DomainJobType, ErrorDomain, ErrorNumber } from './constants.js';
import { LibvirtError, ownError } from './errors.js';
import type { JobControl } from './job.js';
import type { TypedParams, virDomainBlockJobInfo } from './native-types.js';

/** What libvirt does with a disk in the background, and how far it is. */
export interface BlockJobInfo {
  type: DomainBlockJobType;
  /** The limit of its speed in MiB/s, or in bytes/s with `DomainBlockJobInfoFlags.BANDWIDTH_BYTES`; 0: none. */
  bandwidth: number;
  /** How far it is, in a unit of its own. */
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

const mirrors: ReadonlySet<number> = new Set([DomainBlockJobType.COPY, DomainBlockJobType.ACTIVE_COMMIT]);

/** Waits until a block job is over, or, when it mirrors the disk, until the mirror is whole. */
export async function untilBlockJobIsOver(
  control: JobControl,
  operation: string,
  ask: () => Promise<virDomainBlockJobInfo | null>,
): Promise<void> {
  let type: number | undefined;
  await poll(control, operation, async () => {
    const info = await ask();
    if (info !== null) {
      ({ type } = info);
      return mirrors.has(type) && info.end > 0n && info.cur === info.end;
    }
    if (await control.aborted()) throw failed('OPERATION_ABORTED', operation, 'the block job was aborted');
    if (type !== undefined && mirrors.has(type)) {
      throw failed('OPERATION_FAILED', operation, 'the block job ended before the mirror was whole');
    }
    return true;
  });
}

/** Waits until the backup that was begun is over. */
export async function untilBackupIsOver(
  control: JobControl,
  ask: (completed: boolean) => Promise<{ type: number; params: TypedParams }>,
): Promise<void> {
  const operation = 'virDomainBackupBegin';
  const running = ({ type, params }: { type: number; params: TypedParams }): boolean =>
    type !== DomainJobType.NONE && params['operation'] === DomainJobOperation.BACKUP;
  await poll(control, operation, async () => !running(await ask(false)));
  const { type, params } = await ask(true);
  if (params['operation'] !== DomainJobOperation.BACKUP) return;
  const { errmsg } = params;
  if (type === DomainJobType.CANCELLED) throw failed('OPERATION_ABORTED', operation, 'the backup was aborted');
  if (type === DomainJobType.FAILED) {
    throw failed('OPERATION_FAILED', operation, typeof errmsg === 'string' ? errmsg : 'the backup failed');
  }
}
