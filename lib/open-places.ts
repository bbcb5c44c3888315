import { LibvirtError, ownError } from './errors.js';
import { type CallOptions, onAbort } from './limits.js';

const most = 2;

/**
 * Opens of one URI that nobody waits for any more but that libvirt goes on with: it has no time limit for them. Each
 * keeps a thread, so there are no more than two; whoever wants to open the same URI then waits for one of them to end.
 */
class Places {
  #abandoned = 0;
  readonly #waiting = new Set<() => void>();

  get idle(): boolean {
    return this.#abandoned === 0 && this.#waiting.size === 0;
  }

  get full(): boolean {
    return this.#abandoned >= most;
  }

  keep(returned: Promise<void>): Promise<void> {
    this.#abandoned += 1;
    return returned.then(() => {
      this.#abandoned -= 1;
    });
  }

  wait(go: () => void): () => void {
    this.#waiting.add(go);
    return () => this.#waiting.delete(go);
  }

  /** Lets as many go on as there may be given up. */
  next(): void {
    for (const go of [...this.#waiting].slice(0, Math.max(0, most - this.#abandoned))) {
      this.#waiting.delete(go);
      go();
    }
  }
}

const all = new Map<string, Places>();

/** What opens something, and knows when libvirt is done with it. */
export type StartOpen<T> = (limits: CallOptions) => { opened: Promise<T>; returned: Promise<void> };

/** Opens as soon as there is a place. */
export async function openInPlace<T>(key: string, operation: string, start: StartOpen<T>, limits: CallOptions) {
  const places = all.get(key) ?? new Places();
  all.set(key, places);
  const tidy = () => {
    places.next();
    if (places.idle) all.delete(key);
  };
  try {
    const left = places.full ? await turn(places, operation, limits) : limits;
    const { opened, returned } = start(left);
    try {
      return await opened;
    } catch (error) {
      if (isAbandoned(error)) void places.keep(returned).then(tidy);
      throw error;
    }
  } finally {
    tidy();
  }
}

function isAbandoned(error: unknown): boolean {
  return error instanceof LibvirtError && /^ERR_LIBVIRT_(ABANDONED|TIMEOUT)$/.test(error.code);
}

/** @returns what is left of the limits */
function turn(places: Places, operation: string, limits: CallOptions): Promise<CallOptions> {
  const { signal, timeout } = limits;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const leave = places.wait(() => {
      done();
      const left = timeout === undefined ? undefined : Math.max(0, timeout - (performance.now() - began));
      resolve(left === undefined ? limits : { ...limits, timeout: left });
    });
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            const waited = `${operation} took longer than ${String(timeout)} ms and did not start`;
            done();
            reject(ownError('ERR_LIBVIRT_TIMEOUT', operation, `${waited}: two earlier tries still hang`));
          }, timeout);
    const forget =
      signal &&
      onAbort(signal, () => {
        done();
        reject(signal.reason as Error);
      });
    const done = () => {
      leave();
      clearTimeout(timer);
      forget?.();
    };
  });
}
