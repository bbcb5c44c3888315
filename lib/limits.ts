import { isErrorRecord, LibvirtError, ownError } from './errors.js';
import { native } from './native.js';

/** What concerns a call and not libvirt. */
export interface CallOptions {
  /**
   * Ends the wait for a call. One that has not started is taken out of the queue and rejects with the signal's reason;
   * one that runs cannot be stopped: its caller is released with `ERR_LIBVIRT_ABANDONED`, and it may still happen.
   */
  signal?: AbortSignal;
  /** Milliseconds after which the wait ends with `ERR_LIBVIRT_TIMEOUT`; what runs by then may still happen. */
  timeout?: number;
}

interface Waiting {
  ends: Set<() => void>;
  listener: () => void;
}

// One listener for all calls of a signal: Node.js warns of more than ten as of a leak.
const waiting = new WeakMap<AbortSignal, Waiting>();

/** @returns what takes it back. */
export function onAbort(signal: AbortSignal, end: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal);
  all.ends.add(end);
  return () => {
    all.ends.delete(end);
    if (all.ends.size > 0) return;
    signal.removeEventListener('abort', all.listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const ends = new Set<() => void>();
  const listener = () => {
    for (const end of ends) end();
  };
  const all = { ends, listener };
  waiting.set(signal, all);
  signal.addEventListener('abort', listener, { once: true });
  return all;
}

type Limit = 'signal' | 'timeout';

/** Refuses what no timer can wait for. */
export function checkCallOptions({ timeout, signal }: CallOptions): void {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0 && timeout <= 0x7fffffff)) {
    throw new RangeError(`timeout must be a number of milliseconds from 0 to 2147483647 but is ${String(timeout)}`);
  }
  if (signal !== undefined && !(typeof signal === 'object' && 'aborted' in signal)) {
    throw new TypeError('signal must be an AbortSignal');
  }
}

/** What is left of the limits, each time it is asked for, for several calls that are one to the caller. */
export function leftOf({ signal, timeout }: CallOptions): () => CallOptions {
  const began = performance.now();
  return () => ({
    ...(signal && { signal }),
    ...(timeout !== undefined && { timeout: Math.max(0, timeout - (performance.now() - began)) }),
  });
}

/** Waits for a call of the raw layer, until it settles or the options say that it is enough. */
export async function withinLimits<T>(pending: Promise<T>, call: number, options: CallOptions): Promise<T> {
  const { signal, timeout } = options;
  let limit: Limit | undefined;
  const end = (by: Limit) => {
    limit ??= by;
    native.runtime.cancel(call);
  };
  const timer = timeout === undefined ? undefined : setTimeout(end, timeout, 'timeout');
  const forget =
    signal &&
    onAbort(signal, () => {
      end('signal');
    });
  try {
    return await pending;
  } catch (error) {
    throw limit === undefined ? error : toLimitError(error, limit, options);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

function toLimitError(error: unknown, limit: Limit, { signal, timeout }: CallOptions): unknown {
  if (!isErrorRecord(error) || !(error.code === 'ERR_LIBVIRT_CANCELLED' || error.code === 'ERR_LIBVIRT_ABANDONED')) {
    return error;
  }
  const started = error.code === 'ERR_LIBVIRT_ABANDONED';
  const { operation } = error;
  if (limit === 'timeout') {
    const how = started ? 'and may still happen: libvirt cannot stop it' : 'and did not start';
    return ownError('ERR_LIBVIRT_TIMEOUT', operation, `${operation} took longer than ${String(timeout)} ms ${how}`);
  }
  const reason: unknown = signal?.reason;
  if (!started) return reason;
  const message = `nobody waits for ${operation} any more, but it may still happen: libvirt cannot stop it`;
  return new LibvirtError({ code: 'ERR_LIBVIRT_ABANDONED', operation, message }, { cause: reason });
}
