import type { Domain } from '../domain.js';
import { ownError } from '../errors.js';
import { type CallOptions, checkCallOptions, onAbort } from '../limits.js';
import type { Network } from '../network.js';
import type { NodeDevice } from '../node-device.js';
import { Patience } from '../patience.js';
import type { Secret } from '../secret.js';
import type { StoragePool } from '../storage-pool.js';
import type { LibvirtEventName } from './event-map.js';
import type { EventHub } from './hub.js';
import type { Registration, RegistrationSpec } from './registration.js';

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

/** @internal What is registered for, without what becomes of it. */
export function wishOf(
  name: LibvirtEventName,
  { object, limit, pattern, flags }: EventOptions,
): Pick<RegistrationSpec, 'name' | 'object' | 'limit' | 'filter'> {
  const watched = object?.watched;
  return { name, object: watched && (() => watched.handle()), limit, filter: { pattern, flags } };
}

/** @internal Who is told that events were dropped. */
export function overflowOf(hub: EventHub, name: LibvirtEventName, { overflow }: EventOptions) {
  return overflow ?? ((count: number) => void hub.emit('overflow', { name, count }));
}

/** @internal */
export interface Wish extends Pick<RegistrationSpec, 'deliver' | 'renewed' | 'atOnce'> {
  readonly name: LibvirtEventName;
  readonly options: EventOptions;
}

/** @internal Until libvirt has taken it up. Who no longer waits wants it no more. */
export async function listen(
  hub: EventHub,
  { name, options, ...rest }: Wish,
  limits: CallOptions,
): Promise<EventSubscription> {
  const giveUp = () => {
    options.signal?.throwIfAborted();
    limits.signal?.throwIfAborted();
  };
  giveUp();
  let lost = 0;
  const ended = settled();
  const overflow = overflowOf(hub, name, options);
  const registration = hub.register({
    ...wishOf(name, options),
    ...rest,
    ended: ended.end,
    overflow: (count) => {
      lost += count;
      overflow(count);
    },
  });
  const subscription = new EventSubscription(name, registration, ended, () => lost, options.signal);
  const late = () => {
    const operation = 'Connection.subscribe';
    const message = `${operation}: ${name} was not taken up within ${String(limits.timeout)} ms`;
    return ownError('ERR_LIBVIRT_TIMEOUT', operation, message);
  };
  const patience = new Patience(limits, late);
  try {
    await Promise.race([patience.over, registration.ready]);
    giveUp();
    return subscription;
  } catch (error) {
    subscription[Symbol.dispose]();
    giveUp();
    throw hub.toError(error);
  } finally {
    patience[Symbol.dispose]();
  }
}

function settled() {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Not a fault when nobody asks how it ended.
  promise.catch(() => undefined);
  const end = (reason: unknown): void => {
    if (reason === undefined) resolve();
    else reject(reason);
  };
  return { promise, resolve, end };
}

/** What {@link Connection.subscribe} gives: an event is listened to until this ends. */
export class EventSubscription implements Disposable, AsyncDisposable {
  /** The name of the event. */
  readonly name: LibvirtEventName;
  /**
   * Settles when nothing comes any more: resolves after `unsubscribe()`, the signal or the connection's `close()`, and
   * rejects when the connection was lost for good, or when its object is gone after a reconnection.
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
