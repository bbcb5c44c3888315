import type { Connection } from './connection.js';
import { isLinkLost, isNotFound, LibvirtError, ownError } from './errors.js';
import type { LibvirtEventName } from './events/event-map.js';
import { type EventOptions, type EventSubscription, listen } from './events/subscription.js';
import { type CallOptions, checkCallOptions } from './limits.js';
import { Patience } from './patience.js';

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
  /** Brings it about, once it is known that it has not happened yet. */
  readonly ask?: () => Promise<void>;
  /** Milliseconds between looks where no event tells; they double up to `most`. */
  readonly poll?: { readonly least: number; readonly most: number };
}

/** @throws TypeError when the options of a wait are none; else they and those of the view that it was asked of. */
export function waitOptions<T extends WaitOptions>(operation: string, view: CallOptions, options: T): T {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw new TypeError(`${operation}: options must be an object`);
  return { ...view, ...options };
}

/**
 * Looks once the triggers stand, and again whenever one fires, or stands on another link: so nothing can happen unseen in
 * between.
 */
export async function waitUntil<T>(wait: Wait<T>, options: WaitOptions): Promise<T> {
  checkCallOptions(options);
  options.signal?.throwIfAborted();
  const armed = new AbortController();
  const bell = new Bell();
  const patience = new Patience(options, () => {
    const message = `${wait.operation}: ${wait.what} did not happen within ${String(options.timeout)} ms`;
    return ownError('ERR_LIBVIRT_TIMEOUT', wait.operation, message);
  });
  try {
    await Promise.race([patience.over, arm(wait, bell, armed.signal, patience.end)]);
    return await watch(wait, bell, patience);
  } finally {
    patience[Symbol.dispose]();
    bell.reset();
    armed.abort();
  }
}

async function watch<T>(wait: Wait<T>, bell: Bell, { over }: Patience): Promise<T> {
  let pause = wait.poll?.least;
  let asking: Promise<void> | undefined;
  let refused: { error: unknown } | undefined;
  for (;;) {
    bell.reset();
    // What it is refused with may be just that it has happened: so this is thrown only after a look.
    const final = refused;
    const found = await Promise.race([over, look(wait)]);
    if (found !== undefined) return found;
    if (final !== undefined) throw final.error;
    asking ??= wait.ask?.().catch((error: unknown) => {
      refused = { error };
      bell.ring();
    });
    await Promise.race([over, bell.rung(pause)]);
    if (pause !== undefined && wait.poll !== undefined) pause = Math.min(pause * 2, wait.poll.most);
  }
}

/** While the link is away there is nothing to see; the triggers ring when it stands again. */
async function look<T>({ connection, look: see }: Wait<T>): Promise<T | undefined> {
  const { link, session } = connection;
  try {
    return await see();
  } catch (error) {
    if (isLinkLost(error) && (session.isAway || connection.link !== link)) return undefined;
    throw error;
  }
}

async function arm<T>(
  { connection, triggers }: Wait<T>,
  bell: Bell,
  signal: AbortSignal,
  stop: (reason: unknown) => void,
): Promise<void> {
  const ring = () => {
    bell.ring();
  };
  const armed = triggers.map(async ({ name, object, optional = false }): Promise<EventSubscription | undefined> => {
    const limits = { signal, limit: 1, overflow: () => undefined };
    const options = (object === undefined ? limits : { ...limits, object }) as EventOptions;
    try {
      return await listen(connection.hub, { name, options, deliver: ring, renewed: ring }, {});
    } catch (error) {
      if (optional && error instanceof LibvirtError && error.code === 'VIR_ERR_NO_SUPPORT') return undefined;
      // It is gone: that is for the look to judge.
      if (isNotFound(error)) return undefined;
      throw error;
    }
  });
  const closed = () => {
    const message = 'the connection was closed while something was waited for';
    stop(ownError('ERR_LIBVIRT_CLOSED', 'virConnectClose', message));
  };
  for (const subscription of await Promise.all(armed)) {
    subscription?.ended.then(closed, (reason: unknown) => {
      if (isNotFound(reason)) ring();
      else stop(reason);
    });
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
