/** What of a volume is read or written, and how. */
export interface VolumeStreamOptions {
  /** Where it begins, in bytes; 0. */
  offset?: bigint | number;
  /** How many bytes; 0, the default, for all up to the end, or for all that come. */
  length?: bigint | number;
  /**
   * Whether holes are left out on the way. They are zeros for whoever reads; long runs of zeros that are written become
   * holes. libvirt 3.4.0.
   */
  sparse?: boolean;
  /** Ends it, with the signal's reason. */
  signal?: AbortSignal;
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes so far, with the holes. */
  bytes: bigint;
  /** Bytes in all, with the holes; null where the file does not say, as a pipe or a device. */
  total: bigint | null;
}

/** What of a volume goes into or out of a file, and how. */
export interface TransferOptions extends VolumeStreamOptions {
  /** Told as it goes on: often, but never more often than the program can listen; at the end with all that was moved. */
  onProgress?: (progress: TransferProgress) => void;
}

/** Refuses what would be misunderstood on the way. */
export function checkVolumeStreamOptions(where: string, options: VolumeStreamOptions): void {
  const { offset, length, sparse, signal } = options;
  for (const [name, value] of Object.entries({ offset, length })) {
    if (value === undefined) continue;
    if (typeof value !== 'bigint' && typeof value !== 'number') {
      throw new TypeError(`${where}: ${name} must be a bigint or a number but is ${typeof value}`);
    }
    if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value)) || value >= 2n ** 64n) {
      throw new RangeError(`${where}: ${name} must be a number of bytes but is ${String(value)}`);
    }
  }
  if (sparse !== undefined && typeof sparse !== 'boolean') {
    throw new TypeError(`${where}: sparse must be a boolean but is ${typeof sparse}`);
  }
  if (signal !== undefined && !(typeof signal === 'object' && 'aborted' in signal)) {
    throw new TypeError(`${where}: signal must be an AbortSignal`);
  }
}
