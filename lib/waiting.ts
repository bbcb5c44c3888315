import type { Connection } from './connection.js';
import { LibvirtError, ownError } from './errors.js';
import type { LibvirtEventName } from './events/event-map.js';
import type { EventOptions, EventSubscription } from './events/subscription.js';
import { type CallOptions, checkCallOptions, onAbort } from './limits.js';

/** How long something is waited for. */
export interface WaitOptions {
  /** Ends the wait, which rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds after which it rejects with `ERR_LIBVIRT_TIMEOUT`; without it there is no limit. */
  timeout?: number;
}

/** What wakes the one who waits. */
export interface Trigger {
  readonly name: LibvirtEventName;
  readonly object?: unknown;
  /** The wait is as good without it, where the driver does not have it. */
  readonly optional?: boolean;
}

export interface Wait<T> {
  readonly connection: Connection;
  /** For errors, such as `Domain.waitForState`. */
  readonly operation: string;
  /** What is waited for. */
  readonly what: string;
  readonly triggers: readonly Trigger[];
  /** Looks whether it has happened: undefined when it has not. */
  readonly look: () => Promise<T | undefined>;
  /** Milliseconds between looks where no event tells; they double up to `most`. */
  readonly poll?: { readonly least: number; readonly most: number };
}

/** @throws TypeError when the options of a wait are none; else they and those of the view that it was asked of. */
export function waitOptions<T extends WaitOptions>(operation: string, view: CallOptions, options: T): T {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw new TypeError(`${operation}: options must be an object`);
  return { ...view, ...options };
}

/** Looks once the triggers stand, and again whenever one fires: so nothing can happen unseen in between. */
export async function waitUntil<T>(wait: Wait<T>, options: WaitOptions): Promise<T> {
  checkCallOptions(options);
  const { signal, timeout } = options;
  signal?.throwIfAborted();
  const over = new AbortController();
  const bell = new Bell();
  let stop!: (reason: unknown) => void;
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  stopped.catch(() => undefined);
  const tooLong = () => {
    const message = `${wait.operation}: ${wait.what} did not happen within ${String(timeout)} ms`;
    stop(ownError('ERR_LIBVIRT_TIMEOUT', wait.operation, message));
  };
  const timer = timeout === undefined ? undefined : setTimeout(tooLong, timeout);
  const forget =
    signal &&
    onAbort(signal, () => {
      stop(signal.reason);
    });
  try {
    await Promise.race([stopped, arm(wait, bell, over.signal, stop)]);
    let pause = wait.poll?.least;
    for (;;) {
      bell.reset();
      const found = await Promise.race([stopped, wait.look()]);
      if (found !== undefined) return found;
      await Promise.race([stopped, bell.rung(pause)]);
      if (pause !== undefined && wait.poll !== undefined) pause = Math.min(pause * 2, wait.poll.most);
    }
  } finally {
    clearTimeout(timer);
    forget?.();
    bell.reset();
    over.abort();
  }
}

async function arm<T>(
  { connection, triggers }: Wait<T>,
  bell: Bell,
  signal: AbortSignal,
  stop: (reason: unknown) => void,
): Promise<void> {
  const armed = triggers.map(async ({ name, object, optional = false }): Promise<EventSubscription | undefined> => {
    const limits = { signal, limit: 1, overflow: () => undefined };
    const options = (object === undefined ? limits : { ...limits, object }) as EventOptions;
    try {
      return await connection.subscribe(
        name,
        () => {
          bell.ring();
        },
        options,
      );
    } catch (error) {
      if (optional && error instanceof LibvirtError && error.code === 'VIR_ERR_NO_SUPPORT') return undefined;
      throw error;
    }
  });
  for (const subscription of await Promise.all(armed)) {
    const closed = () => {
      const message = 'the connection was closed while something was waited for';
      stop(ownError('ERR_LIBVIRT_CLOSED', 'virConnectClose', message));
    };
    subscription?.ended.then(closed, stop);
  }
}

/** Rings are not lost while nobody waits for them. */
class Bell {
  #rung = false;
  #answer: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  ring(): void {
    this.#rung = true;
    this.#answer?.();
  }

  reset(): void {
    this.#rung = false;
    clearTimeout(this.#timer);
  }

  rung(atMost: number | undefined): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      this.#answer = resolve;
      if (atMost !== undefined) this.#timer = setTimeout(resolve, atMost);
    });
  }
}
