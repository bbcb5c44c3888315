import { DomainJobType } from './constants.js';
import type { JobStats } from './domain-jobs.js';
import type { JobMeasure, JobPart } from './job-progress.js';
import type { TypedParams } from './native-types.js';
import { fromWire, type JobStatsParameters } from './params.js';

/** What the raw layer gives for a machine's job. */
export interface RawJobStats {
  readonly type: number;
  readonly params: TypedParams;
}

export function toJobStats({ type, params }: RawJobStats): JobStats {
  return { ...(fromWire(params) as JobStatsParameters), type: type as DomainJobType };
}

function partOf(
  total: bigint | undefined,
  processed: bigint | undefined,
  remaining: bigint | undefined,
  rate: bigint | undefined,
): JobPart | null {
  if (total === undefined || processed === undefined || remaining === undefined) return null;
  return { total, processed, remaining, rate: rate === undefined ? null : Number(rate) };
}

function rateOf(stats: JobStats): number | null {
  const { memoryBps, diskBps } = stats;
  const sum = (memoryBps ?? 0n) + (diskBps ?? 0n);
  // Before it has sent anything QEMU says 0, which means that it does not know.
  return sum > 0n ? Number(sum) : null;
}

/** How far a job is by what libvirt tells of it. */
export function measureOf(raw: RawJobStats): JobMeasure {
  const stats = toJobStats(raw);
  const { dataTotal, dataProcessed, dataRemaining, timeElapsed, timeRemaining } = stats;
  // At the beginning there are zeros in place of what is not known yet.
  const known = dataTotal !== undefined && dataTotal > 0n;
  const whole = partOf(dataTotal, dataProcessed, dataRemaining, undefined);
  return {
    ...(known && whole ? { total: whole.total, processed: whole.processed, remaining: whole.remaining } : {}),
    rate: rateOf(stats),
    ...(timeElapsed === undefined ? {} : { elapsed: Number(timeElapsed) }),
    left: timeRemaining === undefined || timeRemaining === 0n ? null : Number(timeRemaining),
    memory: partOf(stats.memoryTotal, stats.memoryProcessed, stats.memoryRemaining, stats.memoryBps),
    disk: partOf(stats.diskTotal, stats.diskProcessed, stats.diskRemaining, stats.diskBps),
    stats,
  };
}

/** Whether statistics are those of a kind of operation. Before 3.3.0 libvirt did not tell which. */
export function isOf({ type, params }: RawJobStats, operation: number): boolean {
  const { operation: told } = params;
  return type !== DomainJobType.NONE && (told === undefined || told === operation);
}
