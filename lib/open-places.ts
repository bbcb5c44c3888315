import { LibvirtError, ownError } from './errors.js';
import type { Limits } from './limits.js';

const most = 2;

/**
 * Opens of one URI that nobody waits for any more but that libvirt goes on with: it has no time limit for them. Each
 * keeps a thread, so once there are two, whoever wants to open the same URI waits for one of them to end.
 */
class Places {
  /** Those that somebody waits for, whether they were begun or not. */
  #wanted = 0;
  #abandoned = 0;
  readonly #waiting = new Set<() => void>();

  get idle(): boolean {
    return this.#wanted === 0 && this.#abandoned === 0;
  }

  get full(): boolean {
    return this.#abandoned >= most;
  }

  enter(): void {
    this.#wanted += 1;
  }

  leave(): void {
    this.#wanted -= 1;
  }

  keep(returned: Promise<void>): Promise<void> {
    this.#abandoned += 1;
    return returned.then(() => {
      this.#abandoned -= 1;
    });
  }

  /** Resolves when there is a place, or rejects as the limits say. */
  async wait(operation: string, limits: Limits): Promise<void> {
    let leave: (() => void) | undefined;
    const place = new Promise<void>((resolve) => {
      leave = () => this.#waiting.delete(resolve);
      this.#waiting.add(resolve);
    });
    try {
      await limits.race(place, (timeout) => {
        const waited = `${operation} took longer than ${String(timeout)} ms and did not start`;
        return ownError('ERR_LIBVIRT_TIMEOUT', operation, `${waited}: two earlier tries still hang`);
      });
    } finally {
      leave?.();
    }
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

/** What opens something within the same limits, and knows when libvirt is done with it. */
export type StartOpen<T> = () => { opened: Promise<T>; returned: Promise<void> };

/** Opens as soon as there is a place. */
export async function openInPlace<T>(key: string, operation: string, start: StartOpen<T>, limits: Limits): Promise<T> {
  const places = all.get(key) ?? new Places();
  all.set(key, places);
  places.enter();
  const tidy = () => {
    places.next();
    if (places.idle) all.delete(key);
  };
  try {
    if (places.full) await places.wait(operation, limits);
    const { opened, returned } = start();
    try {
      return await opened;
    } catch (error) {
      if (isAbandoned(error)) void places.keep(returned).then(tidy);
      throw error;
    }
  } finally {
    places.leave();
    tidy();
  }
}

function isAbandoned(error: unknown): boolean {
  return error instanceof LibvirtError && /^ERR_LIBVIRT_(ABANDONED|TIMEOUT)$/.test(error.code);
}
