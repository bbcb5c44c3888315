import { DomainJobType } from './constants.js';
import type { JobStats } from './domain-jobs.js';
import type { JobMeasure, JobPart } from './job-progress.js';
import type { TypedParams } from './native-types.js';
import { nest } from './nested.js';
import type { JobStatsParameters } from './params.js';

/** What the raw layer gives for a machine's job. */
export interface RawJobStats {
  readonly type: number;
  readonly params: TypedParams;
}

export function toJobStats({ type, params }: RawJobStats): JobStats {
  return { ...(nest(params) as JobStatsParameters), type: type as DomainJobType };
}

type Sizes = Pick<JobPart, 'total' | 'processed' | 'remaining'>;

function sizesOf(
  total: bigint | undefined,
  processed: bigint | undefined,
  remaining: bigint | undefined,
): Sizes | null {
  if (total === undefined || processed === undefined || remaining === undefined) return null;
  // At the beginning there are zeros in place of what is not known yet.
  return total === 0n ? null : { total, processed, remaining };
}

function withRate(sizes: Sizes | null, rate: bigint | undefined): JobPart | null {
  // QEMU says 0 as long as it does not know.
  return sizes && { ...sizes, rate: rate === undefined || rate === 0n ? null : Number(rate) };
}

/** How far a job is by what libvirt tells of it. */
export function measureOf(raw: RawJobStats): JobMeasure {
  const stats = toJobStats(raw);
  const { timeElapsed, timeRemaining, memoryBps = 0n, diskBps = 0n } = stats;
  const memory = sizesOf(stats.memoryTotal, stats.memoryProcessed, stats.memoryRemaining);
  const disk = sizesOf(stats.diskTotal, stats.diskProcessed, stats.diskRemaining);
  // A dump of the memory alone has no sums.
  const whole = sizesOf(stats.dataTotal, stats.dataProcessed, stats.dataRemaining) ?? memory ?? disk;
  return {
    ...(whole ?? {}),
    rate: memoryBps + diskBps > 0n ? Number(memoryBps + diskBps) : null,
    ...(timeElapsed === undefined ? {} : { elapsed: Number(timeElapsed) }),
    left: timeRemaining === undefined || timeRemaining === 0n ? null : Number(timeRemaining),
    memory: withRate(memory, memoryBps),
    disk: withRate(disk, diskBps),
    stats,
  };
}

/** Whether statistics are those of a kind of operation. Before 3.3.0 libvirt did not tell which. */
export function isOf({ type, params }: RawJobStats, operation: number): boolean {
  const { operation: told } = params;
  return type !== DomainJobType.NONE && (told === undefined || told === operation);
}
