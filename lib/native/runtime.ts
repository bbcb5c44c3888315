import type { virAdmConnect, virConnect } from './common.js';

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
  /** Asks the daemon for a sign of life, past the queue; the process does not wait for the answer. */
  ping(conn: virConnect): Promise<number>;
  /** How many calls of a connection may run at once (4). */
  setMaxCalls(conn: virConnect | virAdmConnect, maxCalls: number): void;
  /** The process's threads and handles, and this environment's pending calls. */
  stats(): { threads: number; handles: number; pending: number };
  /** Every bound function: what it takes, and how it is queued. */
  functions(): {
    name: string;
    class: 'wait' | 'quick' | 'local';
    /** Not in the libvirt that is loaded. */
    missing: boolean;
    parameters: { name: string; type: string; nullable: boolean }[];
  }[];
}
