import { isErrorRecord, ownError } from './errors.js';
import type { Limits } from './limits.js';
import { native } from './native.js';
import type { virAdmConnect, virConnect } from './native-types.js';

/** How long closing may take. */
export interface CloseOptions {
  /** Milliseconds to wait for calls that run; `closeTimeout` of the connection when left out. */
  timeout?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** Waits until a connection is closed; after the time is up, the callers of what still runs are released. */
export async function untilClosed(
  handle: virConnect | virAdmConnect,
  closing: Promise<unknown>,
  { timeout, signal }: CloseOptions & { timeout: number },
): Promise<void> {
  const abandon = () => {
    native.runtime.abandon(handle);
  };
  const timer = setTimeout(abandon, timeout);
  signal?.addEventListener('abort', abandon, { once: true });
  if (signal?.aborted === true) abandon();
  try {
    await closing;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abandon);
  }
}

/** Waits for what goes on by itself when the time is up. */
export function untilOver(pending: Promise<void>, limits: Limits): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = limits.watch(() => {
      resolve();
    });
    pending.then(resolve, reject).finally(forget);
  });
}

/** Abandoned, or closed through the raw layer before: either way there is nothing more to close. */
export function ignoreClosed(error: unknown): void {
  if (!isErrorRecord(error) || error.code !== 'ERR_LIBVIRT_CLOSED') {
    throw isErrorRecord(error) ? ownError('ERR_LIBVIRT_CLOSED', error.operation, error.message, error) : error;
  }
}
