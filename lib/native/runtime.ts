import type { MaybeNull, virAdmConnect, virConnect, virStream } from './common.js';
import type { virConnectAuth } from './connection.js';

/** What a failed call rejects with: the fields of virError, or one of the library's own codes. */
export interface ErrorRecord {
  /** virErrorNumber, or `ERR_LIBVIRT_CLOSED`, `ERR_LIBVIRT_CANCELLED`, `ERR_LIBVIRT_ABANDONED`. */
  code: number | string;
  /** virErrorDomain. */
  domain?: number;
  /** virErrorLevel. */
  level?: number;
  message: string;
  str1?: string | null;
  str2?: string | null;
  str3?: string | null;
  int1?: number;
  int2?: number;
  /** Whether the link to the daemon was dead after the failure. */
  disconnected?: boolean;
  /** The C function. */
  operation: string;
}

/** What the facade needs of the machinery beyond libvirt's functions. */
export interface Runtime {
  /** The number of the call that was made last in this environment. */
  lastCall(): number;
  /**
   * Releases whoever waits for a call. `removed`: it had not started and will not; `released`: it runs on, and nobody
   * learns how it ends; `settled`: it was over already.
   */
  cancel(call: number): 'removed' | 'released' | 'settled';
  /** When a pending call is off its thread, which may be long after its caller was released. */
  returned(call: number): Promise<void>;
  /** Releases everybody who waits for a call of a connection that is being closed. */
  abandon(conn: virConnect | virAdmConnect): void;
  /** The link is gone: rejects every call of the connection, those that run and those to come. */
  lose(conn: virConnect | virAdmConnect, message: string): void;
  /** The process has to wait for something more: a listener, a stream. Each is answered by one `release`. */
  hold(): void;
  /** It has to wait for one thing less. */
  release(): void;
  /**
   * `virConnectOpenAuth` for one stream. libvirt's loop does not serve it: nothing is read from its socket but by calls, so
   * a reader who stops stops the daemon, and it takes no part in keepalive.
   */
  openForStream(name: MaybeNull<string>, auth: MaybeNull<virConnectAuth>, flags: number): Promise<virConnect>;
  /** Ends the link of such a connection, and so every call that runs on it. False for any other. */
  cut(conn: virConnect): boolean;
  /** Asks whoever moves bytes between its stream and a file to end that, also when it waits for the file. */
  stop(conn: virConnect): void;
  /** Cuts the link when the environment ends. */
  cutAtEnd(conn: virConnect): void;
  /**
   * Gives the function that asks when a stream has something to read (1), or its connection room for something to write
   * (2); the callback is told once for each time of asking, and no thread waits for it. Asking for 0 ends it.
   */
  whenReady(stream: virStream, callback: (events: number) => void): (events: number) => void;
  /**
   * Receives up to so many bytes; `sink` gets them in large pieces as they come, and the length of each hole in its
   * place. Gives whether the stream is at its end.
   */
  receiveInto(
    stream: virStream,
    most: number,
    sparse: boolean,
    sink: (piece: Buffer | bigint) => void,
  ): Promise<boolean>;
  /** Sends all of it in its order; false when the other side has something to say, which is a failure. */
  sendFrom(stream: virStream, data: readonly Uint8Array[]): Promise<boolean>;
  /** Moves what comes by a stream into a file, on a thread of its own; gives the number of bytes, holes included. */
  pumpInto(
    stream: virStream,
    file: number,
    sparse: boolean,
    progress?: MaybeNull<(bytes: bigint) => void>,
  ): Promise<bigint>;
  /** Moves a file into a stream, up to its end; null when the other side has something to say before, a failure. */
  pumpFrom(
    stream: virStream,
    file: number,
    sparse: boolean,
    progress?: MaybeNull<(bytes: bigint) => void>,
  ): Promise<bigint | null>;
  /** Asks the daemon for a sign of life, past the queue; the process does not wait for the answer. */
  ping(conn: virConnect): Promise<number>;
  /** How many calls of a connection may run at once (4). */
  setMaxCalls(conn: virConnect | virAdmConnect, maxCalls: number): void;
  /**
   * The process's threads and handles, this environment's pending calls, and how many events the queues of the process were
   * given since its start, dropped ones included.
   */
  stats(): { threads: number; handles: number; pending: number; events: number };
  /** Every bound function: what it takes, and how it is queued. */
  functions(): {
    name: string;
    class: 'wait' | 'quick' | 'local';
    /** Not in the libvirt that is loaded. */
    missing: boolean;
    parameters: { name: string; type: string; nullable: boolean }[];
  }[];
}
