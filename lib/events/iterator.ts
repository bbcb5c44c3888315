import { onAbort } from '../limits.js';
import type { LibvirtEventName } from './event-map.js';
import type { EventHub } from './hub.js';
import { defaultLimit, type Registration } from './registration.js';
import { type EventOptions, overflowOf, wishOf } from './subscription.js';
import { rethrow } from './target.js';

interface Waiter<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (reason: unknown) => void;
}

/**
 * What {@link Connection.events} gives, for `for await`. Events wait in it until they are asked for, at most `limit`;
 * the newest beyond that are dropped and counted.
 */
export class EventIterator<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** Events, and where some are missing, how many. */
  readonly #waiting: (T | number)[] = [];
  /** How many of these are events. */
  #count = 0;
  readonly #asked: Waiter<T>[] = [];
  readonly #limit: number;
  readonly #overflow: (count: number) => void;
  readonly #registration: Registration;
  readonly #forget: (() => void) | undefined;
  #lost = 0;
  #end: { reason: unknown } | undefined;

  /** @internal */
  constructor(hub: EventHub, name: LibvirtEventName, options: EventOptions) {
    const { signal, limit = defaultLimit } = options;
    this.#limit = limit;
    this.#overflow = overflowOf(hub, name, options);
    this.#registration = hub.register({
      ...wishOf(name, options),
      deliver: (event) => {
        this.#deliver(event as T);
      },
      ended: (reason) => {
        this.#finish(reason);
      },
      overflow: (count) => {
        this.#dropped(count);
      },
    });
    this.#registration.ready.catch((error: unknown) => {
      this.#finish(hub.toError(error));
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
    const value = this.#shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
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
    this.#count = 0;
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
    else if (this.#count >= this.#limit) this.#dropped(1);
    else {
      this.#waiting.push(event);
      this.#count += 1;
    }
  }

  #dropped(count: number): void {
    this.#lost += count;
    const last = this.#waiting.at(-1);
    if (typeof last === 'number') this.#waiting[this.#waiting.length - 1] = last + count;
    else if (this.#asked.length > 0) this.#tell(count);
    else this.#waiting.push(count);
  }

  #shift(): T | undefined {
    let next = this.#waiting.shift();
    for (; typeof next === 'number'; next = this.#waiting.shift()) this.#tell(next);
    if (next !== undefined) this.#count -= 1;
    return next;
  }

  #tell(count: number): void {
    try {
      this.#overflow(count);
    } catch (error) {
      rethrow(error);
    }
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
