import { open, type FileHandle } from 'node:fs/promises';
import { LibvirtError } from './errors.js';
import { ErrorNumber } from './constants.js';
import { Job, type JobControl } from './job.js';
import type { CallOptions } from './limits.js';
import { native } from './native.js';
import type { TransferProgress } from './stream-options.js';
import type { StreamSession } from './stream-session.js';
import { endedEarly } from './volume-streams.js';

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
  /** How many bytes there are to move; null where that cannot be known. */
  readonly total: (file: FileHandle) => Promise<bigint | null>;
}

/** Moves a file into a stream, or a stream into a file, and gives the number of bytes. */
export function transfer(work: Transfer): Job<bigint> {
  const moving = new Moving(work);
  return new Job<bigint>(work.options, { run: (control) => moving.run(control), abort: () => moving.abort() });
}

class Moving {
  readonly #work: Transfer;
  readonly #aborting = new AbortController();
  #session: StreamSession | undefined;
  /** What the caller's listener threw. */
  #failed: Error | undefined;
  /** What that was told last. */
  #told: bigint | undefined;

  constructor(work: Transfer) {
    this.#work = work;
  }

  async run(control: JobControl): Promise<bigint> {
    this.#work.check();
    const file = await open(this.#work.path, this.#work.mode);
    try {
      return await this.#move(file, control);
    } catch (error) {
      await this.#session?.abort();
      if (this.#failed !== undefined) throw this.#failed;
      throw this.#aborting.signal.aborted && (await control.aborted()) ? abortedError(this.#work, error) : error;
    } finally {
      await file.close();
    }
  }

  async abort(): Promise<void> {
    this.#aborting.abort();
    await this.#session?.abort();
  }

  async #move(file: FileHandle, control: JobControl): Promise<bigint> {
    const { signal } = this.#aborting;
    const total = await this.#work.total(file);
    signal.throwIfAborted();
    const session = await this.#work.begin({ signal });
    this.#session = session;
    signal.throwIfAborted();
    const tell = (processed: bigint, all: bigint | null): void => {
      control.report({ total: all, processed });
      this.#tell(processed, all);
    };
    const bytes = await this.#pump(session, file, (processed) => {
      tell(processed, total);
    });
    await session.finish();
    if (bytes === null) throw endedEarly(this.#work.operation);
    // While one progress waits for its turn, newer ones are dropped, and so may have been the last.
    if (this.#told !== bytes || total !== bytes) tell(bytes, bytes);
    if (this.#failed !== undefined) throw this.#failed;
    return bytes;
  }

  #pump(session: StreamSession, file: FileHandle, progress: (bytes: bigint) => void): Promise<bigint | null> {
    const { operation, mode, sparse } = this.#work;
    return session.work(operation, (stream) =>
      mode === 'w'
        ? native.runtime.pumpInto(stream, file.fd, sparse, progress)
        : native.runtime.pumpFrom(stream, file.fd, sparse, progress),
    );
  }

  #tell(bytes: bigint, total: bigint | null): void {
    if (this.#failed !== undefined) return;
    this.#told = bytes;
    try {
      this.#work.onProgress?.({ bytes, total });
    } catch (error) {
      this.#failed = error as Error;
      void this.#session?.abort();
    }
  }
}

function abortedError({ operation }: Transfer, cause: unknown): LibvirtError {
  const message = `operation aborted: ${operation} was given up`;
  return new LibvirtError({ code: ErrorNumber.OPERATION_ABORTED, operation, message }, { cause });
}
