import { isErrorRecord, LibvirtError, ownError } from './errors.js';
import { native } from './native.js';
import { isPromise } from './promises.js';

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

/**
 * Where it is aborted already, `end` comes at once, but not before the caller has what takes it back.
 *
 * @returns what takes it back.
 */
export function onAbort(signal: AbortSignal, end: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal);
  all.ends.add(end);
  if (signal.aborted) {
    queueMicrotask(() => {
      if (all.ends.has(end)) end();
    });
  }
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

/**
 * Refuses what no timer can wait for.
 *
 * @param where - what the message begins with, such as `close: `
 */
export function checkCallOptions(options: CallOptions, where = ''): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw new TypeError(`${where}options must be an object`);
  const { timeout, signal } = options;
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0 && timeout <= 0x7fffffff)) {
    const wanted = `${where}timeout must be a number of milliseconds from 0 to 2147483647`;
    throw new RangeError(`${wanted} but is ${String(timeout)}`);
  }
  if (signal !== undefined && !isSignal(signal)) throw new TypeError(`${where}signal must be an AbortSignal`);
}

function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value;
}

/** What bounds something from its beginning, through everything that it waits for. */
export interface Limits {
  /** For what takes options: what is left of the time. */
  readonly left: CallOptions;
  /**
   * Makes one call of the raw layer and waits for it; once the signal is aborted none is made. The call has to be the
   * last that is made before `make` returns, since by that it is known.
   */
  readonly within: <T>(make: () => T | Promise<T>) => T | Promise<T>;
  /** Waits for a call of the raw layer by its number. */
  bound<T>(pending: Promise<T>, call: number): Promise<T>;
  /**
   * Waits for what others may wait for as well: when it is enough only this caller is released, with the signal's reason
   * or with the error that `late` makes.
   */
  race<T>(pending: Promise<T>, late: (timeout: number) => Error): Promise<T>;
  /** Calls `end` once, when it is enough. @returns what takes it back. */
  watch(end: (by: Limit) => void): () => void;
}

export const unlimited: Limits = {
  left: {},
  within: (make) => make(),
  bound: (pending) => pending,
  race: (pending) => pending,
  watch: () => () => undefined,
};

/** The time begins now. */
export function limitsOf(options: CallOptions): Limits {
  return options.signal === undefined && options.timeout === undefined ? unlimited : new Deadline(options);
}

class Deadline implements Limits {
  readonly #options: CallOptions;
  readonly #until: number;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#until = performance.now() + (options.timeout ?? Infinity);
  }

  get left(): CallOptions {
    return this.#options.timeout === undefined ? this.#options : { ...this.#options, timeout: this.#msLeft() };
  }

  readonly within = async <T>(make: () => T | Promise<T>): Promise<T> => {
    this.#options.signal?.throwIfAborted();
    const made = make();
    return isPromise(made) ? await this.bound(made, native.runtime.lastCall()) : made;
  };

  async bound<T>(pending: Promise<T>, call: number): Promise<T> {
    let limit: Limit | undefined;
    const forget = this.watch((by) => {
      limit = by;
      native.runtime.cancel(call);
    });
    try {
      return await pending;
    } catch (error) {
      throw limit === undefined ? error : toLimitError(error, limit, this.#options);
    } finally {
      forget();
    }
  }

  race<T>(pending: Promise<T>, late: (timeout: number) => Error): Promise<T> {
    const { signal, timeout = Infinity } = this.#options;
    return new Promise((resolve, reject) => {
      const forget = this.watch((by) => {
        reject(by === 'timeout' ? late(timeout) : (signal?.reason as Error));
      });
      pending.then(resolve, reject).finally(forget);
    });
  }

  watch(end: (by: Limit) => void): () => void {
    const { signal, timeout } = this.#options;
    const over = (by: Limit) => {
      forget();
      end(by);
    };
    const timer = timeout === undefined ? undefined : setTimeout(over, this.#msLeft(), 'timeout');
    const leave =
      signal &&
      onAbort(signal, () => {
        over('signal');
      });
    const forget = () => {
      clearTimeout(timer);
      leave?.();
    };
    return forget;
  }

  // Whole ones, as timers take them.
  #msLeft(): number {
    return Math.max(0, Math.ceil(this.#until - performance.now()));
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
