import { checkCallOptions, onAbort } from '../limits.js';
import type { Network } from '../network.js';
import type { NodeDevice } from '../node-device.js';
import type { Secret } from '../secret.js';
import type { StoragePool } from '../storage-pool.js';
import type { LibvirtEventName } from './event-map.js';
import type { EventHub } from './hub.js';
import type { Registration, RegistrationSpec } from './registration.js';
import type { Domain } from '../domain.js';

/** What an event is about. */
export type SubjectOf<Name extends LibvirtEventName> = Name extends `domain:${string}`
  ? Domain
  : Name extends `network:${string}`
    ? Network
    : Name extends `storage-pool:${string}`
      ? StoragePool
      : Name extends `node-device:${string}`
        ? NodeDevice
        : Secret;

/** What is listened to, and how. */
export interface EventOptions<Name extends LibvirtEventName = LibvirtEventName> {
  /** Only the events of this object. */
  object?: SubjectOf<Name>;
  /** Ends it. */
  signal?: AbortSignal;
  /** How many events may wait while the JavaScript thread is busy, 10,000; the newest beyond that are dropped. */
  limit?: number;
  /** Called where events were dropped, with how many; without it the connection's `overflow` tells. */
  overflow?: (count: number) => void;
  /** For `domain:qemu-monitor`: the only events wanted, by QEMU's name; with `flags` as a pattern. */
  pattern?: string;
  /** For `domain:qemu-monitor`: `ConnectDomainQemuMonitorEventRegisterFlags`, what `pattern` is. */
  flags?: number;
}

interface Watched {
  readonly watched: { readonly prefix: string };
}

const most = 1_000_000;

/** @internal */
export function checkEventOptions(where: string, name: unknown, options: EventOptions): void {
  const { object, limit, overflow, pattern, flags } = options;
  checkCallOptions(options.signal === undefined ? {} : { signal: options.signal });
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= most)) {
    throw new RangeError(`${where}: limit must be an integer from 1 to ${String(most)} but is ${String(limit)}`);
  }
  if (overflow !== undefined && typeof overflow !== 'function') {
    throw new TypeError(`${where}: overflow must be a function but is ${typeof overflow}`);
  }
  if ((pattern !== undefined || flags !== undefined) && name !== 'domain:qemu-monitor') {
    throw new TypeError(`${where}: pattern and flags are for domain:qemu-monitor, not for ${String(name)}`);
  }
  if (object === undefined) return;
  const prefix = (object as Partial<Watched> | null)?.watched?.prefix;
  if (prefix === undefined || !String(name).startsWith(`${prefix}:`)) {
    throw new TypeError(`${where}: object must be what ${String(name)} is about`);
  }
}

/** @internal */
export function specOf(
  hub: EventHub,
  name: LibvirtEventName,
  { object, limit, overflow, pattern, flags }: EventOptions,
  rest: Pick<RegistrationSpec, 'deliver' | 'ended'> & { lost: (count: number) => void },
): RegistrationSpec {
  const watched = object?.watched;
  return {
    name,
    object: watched && (() => watched.handle()),
    limit,
    filter: { pattern, flags },
    deliver: rest.deliver,
    ended: rest.ended,
    overflow: (count) => {
      rest.lost(count);
      if (overflow === undefined) hub.emit('overflow', { name, count });
      else overflow(count);
    },
  };
}

/** What {@link Connection.subscribe} gives: an event is listened to until this ends. */
export class EventSubscription implements Disposable, AsyncDisposable {
  /** The name of the event. */
  readonly name: LibvirtEventName;
  /**
   * Settles when nothing comes any more: resolves after `unsubscribe()`, the signal or the connection's `close()`, and
   * rejects when the connection was lost for good.
   */
  readonly ended: Promise<void>;
  readonly #registration: Registration;
  readonly #lost: () => number;
  readonly #finish: () => void;

  /** @internal */
  constructor(
    name: LibvirtEventName,
    registration: Registration,
    ended: { promise: Promise<void>; resolve: () => void },
    lost: () => number,
    signal: AbortSignal | undefined,
  ) {
    this.name = name;
    this.ended = ended.promise;
    this.#registration = registration;
    this.#lost = lost;
    const forget =
      signal &&
      onAbort(signal, () => {
        this[Symbol.dispose]();
      });
    this.#finish = () => {
      forget?.();
      ended.resolve();
    };
    const over = () => forget?.();
    ended.promise.then(over, over);
  }

  /** How many events were dropped because the queue was full. */
  get lost(): number {
    return this.#lost();
  }

  /** Nothing is delivered from now on; resolves when libvirt has been told. */
  async unsubscribe(): Promise<void> {
    this.#finish();
    await this.#registration.end();
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

  /** The same as {@link unsubscribe}, without the wait, for `using`. */
  [Symbol.dispose](): void {
    this.unsubscribe().catch(() => undefined);
  }

  /** The same as {@link unsubscribe}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.unsubscribe();
  }
}
