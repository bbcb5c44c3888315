import { toFacadeError } from '../errors.js';
import { onAbort } from '../limits.js';
import type { LibvirtEventName } from './event-map.js';
import type { EventHub } from './hub.js';
import { defaultLimit, type Registration } from './registration.js';
import { type EventOptions, specOf } from './subscription.js';

interface Waiter<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (reason: unknown) => void;
}

/**
 * What {@link Connection.events} gives, for `for await`. Events wait in it until they are asked for, at most `limit`;
 * the newest beyond that are dropped and counted.
 */
export class EventIterator<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #waiting: T[] = [];
  readonly #asked: Waiter<T>[] = [];
  readonly #limit: number;
  readonly #overflow: (count: number) => void;
  readonly #registration: Registration;
  readonly #forget: (() => void) | undefined;
  #lost = 0;
  #gap = 0;
  #end: { reason: unknown } | undefined;

  /** @internal */
  constructor(hub: EventHub, name: LibvirtEventName, options: EventOptions) {
    const { signal, limit = defaultLimit } = options;
    this.#limit = limit;
    const spec = specOf(hub, name, options, {
      deliver: (event) => {
        this.#deliver(event as T);
      },
      ended: (reason) => {
        this.#finish(reason);
      },
      lost: (count) => {
        this.#lost += count;
      },
    });
    this.#overflow = spec.overflow;
    this.#registration = hub.register(spec);
    this.#registration.ready.catch((error: unknown) => {
      this.#finish(toFacadeError(error));
    });
    const aborted = (): void => {
      this.#stop(signal?.reason);
    };
    this.#forget = signal && onAbort(signal, aborted);
    if (signal?.aborted === true) aborted();
  }

  /** How many events were dropped, because the JavaScript thread or the loop was too slow. */
  get lost(): number {
    return this.#lost;
  }

  /** The process waits for it, as it does from the start. */
  ref(): this {
    this.#registration.setRefed(true);
    return this;
  }

  /** It does not keep the process alive. */
  unref(): this {
    this.#registration.setRefed(false);
    return this;
  }

  /** The next event. Of what came before the end, everything is still given. */
  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) {
      if (this.#waiting.length === 0) this.#tellGap();
      return Promise.resolve({ value, done: false });
    }
    const end = this.#end;
    if (end === undefined) {
      return new Promise((resolve, reject) => {
        this.#asked.push({ resolve, reject });
      });
    }
    const { reason } = end;
    this.#end = { reason: undefined };
    // The reason is the caller's own, or an error of the library.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return reason === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(reason);
  }

  /** Ends it, as leaving the loop does. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting.length = 0;
    this.#finish(undefined);
    await this.#registration.end();
    return { value: undefined, done: true };
  }

  /** Itself, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as leaving the loop, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #deliver(event: T): void {
    const asked = this.#asked.shift();
    if (asked !== undefined) asked.resolve({ value: event, done: false });
    else if (this.#waiting.length < this.#limit && this.#gap === 0) this.#waiting.push(event);
    else this.#gap += 1;
  }

  // Once something was dropped everything is, until the loop has caught up: so there is one gap, and it is here.
  #tellGap(): void {
    if (this.#gap === 0) return;
    const count = this.#gap;
    this.#gap = 0;
    this.#overflow(count);
  }

  #stop(reason: unknown): void {
    this.#finish(reason);
    this.#registration.end().catch(() => undefined);
  }

  #finish(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    this.#forget?.();
    const [first, ...others] = this.#asked.splice(0);
    if (first === undefined) return;
    this.#end = { reason: undefined };
    if (reason === undefined) first.resolve({ value: undefined, done: true });
    else first.reject(reason);
    for (const { resolve } of others) resolve({ value: undefined, done: true });
  }
}
