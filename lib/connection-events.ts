import { ConnectionInterfaces } from './connection-interfaces.js';
import type {
  ConnectionEvents as Events,
  ConnectionListener,
  LibvirtEventName,
  LibvirtEvents,
} from './events/event-map.js';
import type { EventHub } from './events/hub.js';
import { EventIterator } from './events/iterator.js';
import { checkEventOptions, type EventOptions, type EventSubscription, listen } from './events/subscription.js';
import { eventRow } from './events/table.js';
import { checkCallOptions } from './limits.js';

/** The part of {@link Connection} that listens. */
export abstract class ConnectionEvents extends ConnectionInterfaces {
  /** @internal */
  abstract readonly hub: EventHub;

  /**
   * Listens to an event: of the host, such as `domain:lifecycle`, or of the connection itself, such as `close`.
   *
   * What the host tells is asked of the daemon with the first listener. This returns at once, but no call that is made
   * after it is sent before that stands: nothing that they cause is missed. Where libvirt cannot do it, the connection
   * emits `error` and the listener is removed; {@link subscribe} rejects instead.
   *
   * A listener for what the host tells keeps the process alive, unless {@link unref} says otherwise. A listener that
   * throws keeps no other from being called; what it throws becomes an uncaught exception.
   *
   * @throws TypeError when there is no such event
   * @example
   * ```ts
   * connection.on('domain:lifecycle', ({ domain, event }) => {
   *   if (event === DomainEventType.STARTED) console.log(`${domain.name} has started`);
   * });
   * ```
   * @see virConnectDomainEventRegisterAny, virConnectDomainEventRegister, virConnectDomainQemuMonitorEventRegister,
   * virConnectNetworkEventRegisterAny, virConnectNodeDeviceEventRegisterAny, virConnectSecretEventRegisterAny,
   * virConnectStoragePoolEventRegisterAny, virConnectRegisterCloseCallback
   * @since libvirt 0.5.0; other events than `lifecycle` 0.8.0, `close` 0.10.0, networks 1.2.1, QEMU's monitor 1.2.3, pools
   * 2.0.0, devices 2.2.0, secrets 3.0.0
   */
  on<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    this.hub.target.on(name, listener);
    return this;
  }

  /** As {@link on}, for the next time only. */
  once<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    this.hub.target.once(name, listener);
    return this;
  }

  /**
   * Listens no more. With the last listener the daemon is told that nobody does.
   *
   * @see virConnectDomainEventDeregisterAny, virConnectDomainEventDeregister,
   * virConnectDomainQemuMonitorEventDeregister, virConnectNetworkEventDeregisterAny,
   * virConnectNodeDeviceEventDeregisterAny, virConnectSecretEventDeregisterAny,
   * virConnectStoragePoolEventDeregisterAny, virConnectUnregisterCloseCallback
   * @since libvirt 0.5.0; other events than `lifecycle` 0.8.0, `close` 0.10.0, networks 1.2.1, QEMU's monitor 1.2.3, pools
   * 2.0.0, devices 2.2.0, secrets 3.0.0
   */
  off<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    this.hub.target.removeListener(name, listener);
    return this;
  }

  /** The same as {@link on}. */
  addListener<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    return this.on(name, listener);
  }

  /** The same as {@link off}. */
  removeListener<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    return this.off(name, listener);
  }

  /** As {@link on}, before the listeners that are there. */
  prependListener<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    this.hub.target.prependListener(name, listener);
    return this;
  }

  /** As {@link once}, before the listeners that are there. */
  prependOnceListener<Name extends keyof Events>(name: Name, listener: ConnectionListener<Name>): this {
    this.hub.target.prependOnceListener(name, listener);
    return this;
  }

  /** Removes all listeners of an event, or of all events. */
  removeAllListeners(name?: keyof Events): this {
    this.hub.target.removeAllListeners(name);
    return this;
  }

  /** How many listeners an event has. */
  listenerCount(name: keyof Events): number {
    return this.hub.target.listenerCount(name);
  }

  /** The listeners of an event. */
  listeners<Name extends keyof Events>(name: Name): ConnectionListener<Name>[] {
    return this.hub.target.listeners(name) as ConnectionListener<Name>[];
  }

  /** The names of the events that have listeners. */
  eventNames(): (keyof Events)[] {
    return this.hub.target.eventNames() as (keyof Events)[];
  }

  /** After how many listeners of one event Node.js warns of a leak: 10; 0 for never. */
  setMaxListeners(count: number): this {
    this.hub.target.setMaxListeners(count);
    return this;
  }

  /** See {@link setMaxListeners}. */
  getMaxListeners(): number {
    return this.hub.target.getMaxListeners();
  }

  /** Listeners, subscriptions and iterators keep the process alive, as they do from the start. */
  ref(): this {
    this.hub.setRefed(true);
    return this;
  }

  /** None of them keeps the process alive. */
  unref(): this {
    this.hub.setRefed(false);
    return this;
  }

  /**
   * Listens to what the host tells, and says whether that can be: it resolves when libvirt has taken it up. It has a queue
   * of its own, and can be for one object alone. As a call does, it rejects while the link is away, unless `reconnect` says
   * that calls wait; one that stands outlives its link.
   *
   * @param name - such as `domain:lifecycle`
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` when the libvirt or the driver does not have the event
   * @example
   * ```ts
   * await using watching = await connection.subscribe('domain:reboot', () => console.log('again'), { object: domain });
   * ```
   */
  async subscribe<Name extends LibvirtEventName>(
    name: Name,
    listener: (...args: LibvirtEvents[Name]) => unknown,
    options: EventOptions<Name> = {},
  ): Promise<EventSubscription> {
    this.checkEvent('subscribe', name, options);
    if (typeof (listener as unknown) !== 'function') {
      throw new TypeError(`subscribe: listener must be a function but is ${typeof listener}`);
    }
    checkCallOptions(this.options);
    const deliver = (event: object) => void listener(...([event] as LibvirtEvents[Name]));
    return await listen(this.hub, { name, options, deliver, atOnce: !this.session.callsWait }, this.options);
  }

  /**
   * Listens by a loop. What happens from this call on waits in the iterator, at most `limit` events, until the loop asks
   * for it. The loop ends when it is left, with the connection's `close()`, or with an error: the signal's reason, that the
   * connection was lost, or that libvirt does not have the event.
   *
   * @example
   * ```ts
   * for await (const { domain, event } of connection.events('domain:lifecycle', { signal })) {
   *   console.log(domain.name, nameOf(DomainEventType, event));
   * }
   * ```
   * @throws TypeError when there is no such event
   */
  events<Name extends LibvirtEventName>(
    name: Name,
    options: EventOptions<Name> = {},
  ): EventIterator<LibvirtEvents[Name][0]> {
    this.checkEvent('events', name, options);
    return new EventIterator(this.hub, name, options);
  }

  private checkEvent(where: string, name: string, options: EventOptions): void {
    if (eventRow(name) === undefined) throw new TypeError(`${where}: there is no event "${name}"`);
    checkEventOptions(where, name, options);
  }
}
