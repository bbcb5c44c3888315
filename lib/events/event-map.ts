import type {
  NetworkEventLifecycleType,
  NetworkMetadataType,
  NodeDeviceEventLifecycleType,
  SecretEventLifecycleType,
  StoragePoolEventLifecycleType,
} from '../constants.js';
import type { LibvirtError } from '../errors.js';
import type { Network } from '../network.js';
import type { NodeDevice } from '../node-device.js';
import type { Secret } from '../secret.js';
import type { StoragePool } from '../storage-pool.js';
import type { DomainEvents } from './domain-events.js';
import type { HealthEvents } from './health-events.js';

export type * from './domain-events.js';
export type * from './health-events.js';

/** What all events of a network have. */
export interface NetworkEvent {
  /** The network, as a look-up finds it. */
  readonly network: Network;
}

/** A network was defined, undefined, started or stopped. */
export interface NetworkLifecycleEvent extends NetworkEvent {
  readonly event: NetworkEventLifecycleType;
  /** 0: libvirt has no details yet. */
  readonly detail: number;
}

/** Title, description or an element of a network's metadata was changed. */
export interface NetworkMetadataChangeEvent extends NetworkEvent {
  readonly type: NetworkMetadataType;
  /** The namespace, for an element. */
  readonly nsuri: string | null;
}

/** The events of networks. On a connection each has `network:` before its name. */
export interface NetworkEvents {
  /** @since libvirt 1.2.1 */
  lifecycle: [event: NetworkLifecycleEvent];
  /** @since libvirt 9.8.0 */
  'metadata-change': [event: NetworkMetadataChangeEvent];
}

/** What all events of a storage pool have; one that tells nothing more has only this. */
export interface StoragePoolEvent {
  /** The pool, as a look-up finds it. */
  readonly pool: StoragePool;
}

/** A pool was defined, undefined, built, started, stopped or deleted. */
export interface StoragePoolLifecycleEvent extends StoragePoolEvent {
  readonly event: StoragePoolEventLifecycleType;
  /** 0: libvirt has no details yet. */
  readonly detail: number;
}

/** The events of storage pools; volumes have none. On a connection each has `storage-pool:` before its name. */
export interface StoragePoolEvents {
  /** @since libvirt 2.0.0 */
  lifecycle: [event: StoragePoolLifecycleEvent];
  /**
   * The pool was looked through again.
   *
   * @since libvirt 2.0.0
   */
  refresh: [event: StoragePoolEvent];
}

/** What all events of a device of the host have; one that tells nothing more has only this. */
export interface NodeDeviceEvent {
  /** The device, as a look-up finds it. */
  readonly device: NodeDevice;
}

/** A device of the host came or went, was defined or undefined. */
export interface NodeDeviceLifecycleEvent extends NodeDeviceEvent {
  readonly event: NodeDeviceEventLifecycleType;
  /** 0: libvirt has no details yet. */
  readonly detail: number;
}

/** The events of the host's devices. On a connection each has `node-device:` before its name. */
export interface NodeDeviceEvents {
  /** @since libvirt 2.2.0 */
  lifecycle: [event: NodeDeviceLifecycleEvent];
  /**
   * The device's description changed.
   *
   * @since libvirt 2.2.0
   */
  update: [event: NodeDeviceEvent];
}

/** What all events of a secret have; one that tells nothing more has only this. */
export interface SecretEvent {
  /** The secret, as a look-up finds it. */
  readonly secret: Secret;
}

/** A secret was defined or undefined. */
export interface SecretLifecycleEvent extends SecretEvent {
  readonly event: SecretEventLifecycleType;
  /** 0: libvirt has no details yet. */
  readonly detail: number;
}

/** The events of secrets. On a connection each has `secret:` before its name. */
export interface SecretEvents {
  /** @since libvirt 3.0.0 */
  lifecycle: [event: SecretLifecycleEvent];
  /**
   * The secret has another value.
   *
   * @since libvirt 3.0.0
   */
  'value-changed': [event: SecretEvent];
}

type Prefixed<Prefix extends string, Events> = {
  [Name in keyof Events & string as `${Prefix}:${Name}`]: Events[Name];
};

/** The events that libvirt tells of, under their names on a connection: `domain:lifecycle` and so on. */
export interface LibvirtEvents
  extends
    Prefixed<'domain', DomainEvents>,
    Prefixed<'network', NetworkEvents>,
    Prefixed<'storage-pool', StoragePoolEvents>,
    Prefixed<'node-device', NodeDeviceEvents>,
    Prefixed<'secret', SecretEvents> {}

/** The name of an event that libvirt tells of. */
export type LibvirtEventName = keyof LibvirtEvents;

/** Events came faster than they were listened to, and the queue was full: some were dropped. */
export interface EventOverflow {
  /** The name of what was dropped, such as `domain:lifecycle`. */
  readonly name: LibvirtEventName;
  /** How many. */
  readonly count: number;
}

/** What listens to an event of one object. */
export type ListenerOf<Events, Name extends keyof Events> = Events[Name] extends unknown[]
  ? (...args: Events[Name]) => unknown
  : never;

/** What any emitter tells of its own listeners. */
export interface ListeningEvents {
  /**
   * What was listened to cannot be: the libvirt or the driver does not have it. The listeners are removed. As with any
   * emitter of Node.js, an `error` that nobody listens to is an uncaught exception; all but one that says that the object
   * is gone, as it may be after a reconnection.
   */
  error: [error: LibvirtError];
  /** Told where the gap is: after what came before it, and before what came later. */
  overflow: [overflow: EventOverflow];
}

/** All events of a connection. */
export interface ConnectionEvents extends LibvirtEvents, ListeningEvents, HealthEvents {}

/** What listens to an event of a connection. */
export type ConnectionListener<Name extends keyof ConnectionEvents> = (...args: ConnectionEvents[Name]) => unknown;
