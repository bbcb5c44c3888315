import { open, type FileHandle } from 'node:fs/promises';
import { LibvirtError } from './errors.js';
import { ErrorNumber } from './constants.js';
import { Job } from './job.js';
import type { CallOptions } from './limits.js';
import { native } from './native.js';
import type { TransferProgress } from './stream-options.js';
import type { StreamSession } from './stream-session.js';

/** One end of it is a file of this machine, the other the stream. */
export interface Transfer {
  readonly operation: string;
  readonly path: string;
  /** How the file is opened. */
  readonly mode: 'r' | 'w';
  readonly sparse: boolean;
  readonly options: CallOptions;
  /** Refuses what the caller should not have asked for. */
  readonly check: () => void;
  readonly onProgress: ((progress: TransferProgress) => void) | undefined;
  /** Begins the stream. */
  readonly begin: (limits: CallOptions) => Promise<StreamSession>;
  /** How many bytes there are to move. */
  readonly total: (file: FileHandle) => Promise<bigint>;
}

/** Moves a file into a stream, or a stream into a file, and gives the number of bytes. */
export function transfer(work: Transfer): Job<bigint> {
  const aborting = new AbortController();
  let session: StreamSession | undefined;
  let failed: Error | undefined;
  return new Job<bigint>(work.options, {
    run: async (control) => {
      work.check();
      const file = await open(work.path, work.mode);
      try {
        const total = await work.total(file);
        aborting.signal.throwIfAborted();
        const begun = await work.begin({ signal: aborting.signal });
        session = begun;
        const told = (bytes: bigint): void => {
          if (failed !== undefined) return;
          control.report({ total, processed: bytes });
          try {
            work.onProgress?.({ bytes, total });
          } catch (error) {
            failed = error as Error;
            void begun.abort();
          }
        };
        const bytes = await begun.call((stream) =>
          work.mode === 'w'
            ? native.runtime.pumpInto(stream, file.fd, work.sparse, told)
            : native.runtime.pumpFrom(stream, file.fd, work.sparse, told),
        );
        await begun.finish();
        control.report({ total: bytes, processed: bytes });
        return bytes;
      } catch (error) {
        await session?.abort();
        throw failed ?? (aborting.signal.aborted && (await control.aborted()) ? abortedError(work, error) : error);
      } finally {
        await file.close();
      }
    },
    abort: async () => {
      aborting.abort();
      await session?.abort();
    },
  });
}

function abortedError({ operation }: Transfer, cause: unknown): LibvirtError {
  const message = `operation aborted: ${operation} was given up`;
  return new LibvirtError({ code: ErrorNumber.OPERATION_ABORTED, operation, message }, { cause });
}
