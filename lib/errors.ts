import { ErrorNumber, nameOf } from './constants.js';
import type { ErrorRecord } from './native-types.js';

/** The library's own codes, for what libvirt itself does not know of. */
export type OwnErrorCode =
  'ERR_LIBVIRT_CLOSED' | 'ERR_LIBVIRT_DISCONNECTED' | 'ERR_LIBVIRT_TIMEOUT' | 'ERR_LIBVIRT_ABANDONED';

const brand = Symbol.for('libvirt-napi.LibvirtError');

/**
 * A call failed: in libvirt, with the fields of its virError, or for one of the library's own reasons.
 *
 * `instanceof` holds between several copies of the package in one process.
 *
 * @example
 * ```ts
 * try {
 *   await connection.lookupDomainByName('pc1');
 * } catch (error) {
 *   if (error instanceof LibvirtError && error.code === 'VIR_ERR_NO_DOMAIN') console.log('no such machine');
 *   else throw error;
 * }
 * ```
 */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  /**
   * The C name of libvirt's code, such as `VIR_ERR_NO_DOMAIN`, or one of the library's own: `ERR_LIBVIRT_CLOSED` (used
   * after it was closed), `ERR_LIBVIRT_DISCONNECTED` (the link to the daemon was lost; `cause` is libvirt's error),
   * `ERR_LIBVIRT_TIMEOUT` and `ERR_LIBVIRT_ABANDONED` (nobody waits any more).
   */
  readonly code: string;
  /** libvirt's code as a number, {@link ErrorNumber}; undefined for the library's own codes. */
  readonly errno: number | undefined;
  /** The part of libvirt that failed, {@link ErrorDomain}. */
  readonly domain: number | undefined;
  /** How bad it is, {@link ErrorLevel}. */
  readonly level: number | undefined;
  /** The C function that was called. */
  readonly operation: string;
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;
  /** What a person should look at, where that is known: set when a connection could not be opened. */
  readonly hints: readonly string[];

  constructor(record: ErrorRecord, options: { cause?: unknown; message?: string; hints?: readonly string[] } = {}) {
    super(options.message ?? record.message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = typeof record.code === 'string' ? record.code : nameOfErrorNumber(record.code);
    this.errno = typeof record.code === 'number' ? record.code : undefined;
    this.domain = record.domain;
    this.level = record.level;
    this.operation = record.operation;
    this.str1 = record.str1 ?? null;
    this.str2 = record.str2 ?? null;
    this.str3 = record.str3 ?? null;
    this.int1 = record.int1 ?? 0;
    this.int2 = record.int2 ?? 0;
    this.hints = options.hints ?? [];
    Object.defineProperty(this, brand, { value: true });
  }

  /** What `instanceof` asks: it holds between several copies of the package in one process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== LibvirtError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

function nameOfErrorNumber(code: number): string {
  const name = nameOf(ErrorNumber, code) ?? String(code);
  return name.startsWith('WAR_') ? `VIR_${name}` : `VIR_ERR_${name}`;
}

/** One of the library's own errors. */
export function ownError(code: OwnErrorCode, operation: string, message: string, cause?: unknown): LibvirtError {
  return new LibvirtError({ code, operation, message }, cause === undefined ? {} : { cause });
}

/** Whether a failure is that of the link, and none of what was asked. */
export function isLinkLost(error: unknown): boolean {
  return error instanceof LibvirtError && /^ERR_LIBVIRT_(CLOSED|DISCONNECTED)$/.test(error.code);
}

const notFound = new Set(
  ['DOMAIN', 'NETWORK', 'STORAGE_POOL', 'NODE_DEVICE', 'SECRET'].map((object) => `VIR_ERR_NO_${object}`),
);

/** Whether a failure says that the object is not there, or not any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof LibvirtError && notFound.has(error.code);
}

/** Whether a value is what a call of the raw layer rejects with. */
export function isErrorRecord(value: unknown): value is ErrorRecord {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'operation' in value;
}

/**
 * What a caller of the facade gets for what came out of the raw layer. Errors are made here and not natively: so they
 * belong to the caller's realm, and their stack leads to the caller's line.
 */
export function toFacadeError(error: unknown): unknown {
  if (isErrorRecord(error)) {
    const failure = new LibvirtError(error);
    if (error.disconnected !== true) return failure;
    return ownError(
      'ERR_LIBVIRT_DISCONNECTED',
      error.operation,
      `${error.operation}: the connection to the daemon is lost (${error.message})`,
      failure,
    );
  }
  if (typeof error !== 'object' || error === null || error instanceof TypeError || error instanceof RangeError)
    return error;
  const { name, message } = error as { name?: unknown; message?: unknown };
  if (name === 'TypeError') return new TypeError(String(message));
  if (name === 'RangeError') return new RangeError(String(message));
  return error;
}
