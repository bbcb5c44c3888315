import type {
  MaybeNull,
  virConnect,
  virDomain,
  virNetwork,
  virNodeDevice,
  virSecret,
  virStoragePool,
} from './common.js';

/** How events wait for the JavaScript thread. */
export interface EventQueueOptions {
  /** How many may wait, 10,000; the newest beyond that are dropped. */
  limit?: number;
  /** Called where events were dropped, with how many. */
  overflow?: (count: number) => void;
}

/** An argument of the event GRAPHICS. */
export interface virDomainEventGraphicsAddress {
  family: number;
  node: string;
  service: string;
}

/** An argument of the event GRAPHICS. */
export interface virDomainEventGraphicsSubject {
  identities: { type: string; name: string }[];
}

/** What comes after connection and object are C's arguments, by the event. */
export type EventCallback<H> = (conn: virConnect, object: H, ...payload: never[]) => void;

/**
 * Registrations give a number that is the connection's own; the same function may be registered any number of times. `queue`
 * is ours, not C's. Payloads are C's arguments without `opaque`.
 */
export interface NativeEvents {
  virConnectDomainEventRegisterAny(
    conn: virConnect,
    dom: MaybeNull<virDomain>,
    eventID: number,
    cb: EventCallback<virDomain>,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectDomainEventDeregisterAny(conn: virConnect, callbackID: number): Promise<void>;
  /** Known by its function, as in C. */
  virConnectDomainEventRegister(
    conn: virConnect,
    cb: (conn: virConnect, dom: virDomain, event: number, detail: number) => void,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<void>;
  virConnectDomainEventDeregister(conn: virConnect, cb: EventCallback<virDomain>): Promise<void>;
  virConnectDomainQemuMonitorEventRegister(
    conn: virConnect,
    dom: MaybeNull<virDomain>,
    event: MaybeNull<string>,
    cb: (
      conn: virConnect,
      dom: virDomain,
      event: string,
      seconds: bigint,
      micros: number,
      details: string | null,
    ) => void,
    flags: number,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectDomainQemuMonitorEventDeregister(conn: virConnect, callbackID: number): Promise<void>;
  virConnectNetworkEventRegisterAny(
    conn: virConnect,
    net: MaybeNull<virNetwork>,
    eventID: number,
    cb: EventCallback<virNetwork>,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectNetworkEventDeregisterAny(conn: virConnect, callbackID: number): Promise<void>;
  virConnectNodeDeviceEventRegisterAny(
    conn: virConnect,
    dev: MaybeNull<virNodeDevice>,
    eventID: number,
    cb: EventCallback<virNodeDevice>,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectNodeDeviceEventDeregisterAny(conn: virConnect, callbackID: number): Promise<void>;
  virConnectSecretEventRegisterAny(
    conn: virConnect,
    secret: MaybeNull<virSecret>,
    eventID: number,
    cb: EventCallback<virSecret>,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectSecretEventDeregisterAny(conn: virConnect, callbackID: number): Promise<void>;
  virConnectStoragePoolEventRegisterAny(
    conn: virConnect,
    pool: MaybeNull<virStoragePool>,
    eventID: number,
    cb: EventCallback<virStoragePool>,
    queue?: MaybeNull<EventQueueOptions>,
  ): Promise<number>;
  virConnectStoragePoolEventDeregisterAny(conn: virConnect, callbackID: number): Promise<void>;
}
