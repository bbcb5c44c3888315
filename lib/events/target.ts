import { EventEmitter } from 'node:events';
import { isNotFound, type LibvirtError } from '../errors.js';
import type { EventOverflow, LibvirtEventName } from './event-map.js';
import type { EventHub } from './hub.js';
import type { Registration } from './registration.js';
import { eventRow } from './table.js';

export type Listener = Parameters<EventEmitter['on']>[1];
type Stored = Listener & { listener?: Listener };

/** An object whose events alone are listened to. */
export interface Subject {
  /** `domain` where its events are called `domain:…` on the connection. */
  readonly prefix: string;
  readonly handle: () => unknown;
}

/**
 * The listeners of one emitter, a connection or an object on it. While there is a listener for what libvirt tells of,
 * there is a registration for it; all its listeners share that.
 */
export class Target extends EventEmitter {
  readonly #hub: EventHub;
  readonly #owner: object;
  readonly #subject: Subject | undefined;
  readonly #registrations = new Map<string, Registration>();

  constructor(hub: EventHub, owner: object, subject?: Subject) {
    super();
    this.#hub = hub;
    this.#owner = owner;
    this.#subject = subject;
  }

  override on(name: string | symbol, listener: Listener): this {
    this.#check(name, listener);
    super.on(name, listener);
    return this.#sync(name);
  }

  override prependListener(name: string | symbol, listener: Listener): this {
    this.#check(name, listener);
    super.prependListener(name, listener);
    return this.#sync(name);
  }

  override once(name: string | symbol, listener: Listener): this {
    this.#check(name, listener);
    return this.on(name, this.#onlyOnce(name, listener));
  }

  override prependOnceListener(name: string | symbol, listener: Listener): this {
    this.#check(name, listener);
    return this.prependListener(name, this.#onlyOnce(name, listener));
  }

  override removeListener(name: string | symbol, listener: Listener): this {
    super.removeListener(name, listener);
    return this.#sync(name);
  }

  override removeAllListeners(name?: string | symbol): this {
    const names = name === undefined ? this.eventNames() : [name];
    for (const one of names) {
      super.removeAllListeners(one);
      this.#sync(one);
    }
    return this;
  }

  /**
   * Calls every listener, also when one of them throws: what it throws becomes an uncaught exception.
   *
   * @returns whether there was one
   */
  tell(name: string, ...args: unknown[]): boolean {
    return tellAll(this.rawListeners(name), this.#owner, args);
  }

  #onlyOnce(name: string | symbol, listener: Listener): Stored {
    const once: Stored = (...args: unknown[]) => {
      this.removeListener(name, once);
      Reflect.apply(listener, this.#owner, args);
    };
    // By this property Node.js finds the one that is wrapped.
    once.listener = listener;
    return once;
  }

  #check(name: string | symbol, listener: unknown): void {
    if (typeof listener !== 'function') throw new TypeError(`a listener must be a function but is ${typeof listener}`);
    if (typeof name === 'symbol' || this.#fullName(name) !== undefined || this.#hub.isOwn(name, this.#subject)) return;
    throw new TypeError(`there is no event "${name}"`);
  }

  #fullName(name: string | symbol): LibvirtEventName | undefined {
    if (typeof name === 'symbol') return undefined;
    const full = this.#subject === undefined ? name : `${this.#subject.prefix}:${name}`;
    return eventRow(full) === undefined ? undefined : (full as LibvirtEventName);
  }

  #sync(name: string | symbol): this {
    const full = this.#fullName(name);
    if (typeof name === 'symbol' || full === undefined) return this;
    const registration = this.#registrations.get(name);
    const wanted = this.listenerCount(name) > 0;
    if (wanted && registration === undefined) this.#register(name, full);
    // Not at once: who listens to one event after another by `once` would lose those that wait meanwhile.
    if (!wanted && registration !== undefined) {
      setImmediate(() => {
        this.#release(name, registration);
      });
    }
    return this;
  }

  #release(name: string, registration: Registration): void {
    if (this.listenerCount(name) > 0 || this.#registrations.get(name) !== registration) return;
    this.#registrations.delete(name);
    registration.end().catch((error: unknown) => {
      this.#fail(error);
    });
  }

  #register(name: string, full: LibvirtEventName): void {
    const registration = this.#hub.register({
      name: full,
      object: this.#subject?.handle,
      deliver: (event) => {
        this.tell(name, event);
      },
      overflow: (count) => {
        this.#overflowed({ name: full, count });
      },
      ended: (reason) => {
        this.#registrations.delete(name);
        if (reason !== undefined && !this.#hub.over) this.#refused(name, reason);
      },
    });
    this.#registrations.set(name, registration);
    registration.ready.catch((error: unknown) => {
      // Given up meanwhile, by the last listener or with the connection.
      if (this.#registrations.get(name) !== registration) return;
      this.#registrations.delete(name);
      this.#refused(name, this.#hub.toError(error));
    });
  }

  #refused(name: string, error: unknown): void {
    // Nobody listens any more.
    if (this.listenerCount(name) === 0) return;
    super.removeAllListeners(name);
    this.#fail(error);
  }

  // That an object is gone is no fault of whoever listens to it.
  #fail(error: unknown): void {
    if (this.tell('error', error) || this.#hub.emit('error', error as LibvirtError)) return;
    if (!isNotFound(error)) rethrow(error);
  }

  #overflowed(overflow: EventOverflow): void {
    if (!this.tell('overflow', overflow) && this.#subject !== undefined) this.#hub.emit('overflow', overflow);
  }
}

/**
 * Calls every listener, also when one of them throws: what it throws becomes an uncaught exception.
 *
 * @returns whether there was one
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Node.js types them
export function tellAll(listeners: readonly Function[], owner: object, args: readonly unknown[]): boolean {
  for (const listener of listeners) {
    try {
      Reflect.apply(listener, owner, args);
    } catch (error) {
      rethrow(error);
    }
  }
  return listeners.length > 0;
}

/** As if it had been thrown where nobody catches: it must not keep others from being told. */
export function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
