import type { Connection } from '../connection.js';
import { DomainEventID, NetworkEventID, NodeDeviceEventID, SecretEventID, StoragePoolEventID } from '../constants.js';
import { Domain } from '../domain.js';
import { native } from '../native.js';
import type {
  EventQueueOptions,
  MaybeNull,
  TypedParams,
  virConnect,
  virDomain,
  virNetwork,
  virNodeDevice,
  virSecret,
  virStoragePool,
} from '../native-types.js';
import { nest } from '../nested.js';
import { Network } from '../network.js';
import { NodeDevice } from '../node-device.js';
import { Secret } from '../secret.js';
import { StoragePool } from '../storage-pool.js';
import type { LibvirtEventName } from './event-map.js';

/** Which of QEMU's own events are wanted. */
export interface MonitorFilter {
  pattern?: string | undefined;
  flags?: number | undefined;
}

/** What the raw layer calls: C's arguments without `opaque`. */
type RawCallback = (conn: virConnect, object: unknown, ...payload: unknown[]) => void;

/** How an event is registered for in the raw layer, and what becomes of C's arguments. */
export interface EventRow {
  register(
    conn: virConnect,
    object: unknown,
    callback: RawCallback,
    queue: EventQueueOptions,
    filter: MonitorFilter,
  ): Promise<number>;
  deregister(conn: virConnect, id: number): Promise<void>;
  /** The event as listeners get it. */
  event(connection: Connection, object: unknown, payload: readonly unknown[]): object;
}

type Payload = (payload: readonly unknown[]) => object;

/** The parameters of a callback in C become fields of the same names. */
const fields =
  (...names: string[]): Payload =>
  (payload) =>
    Object.fromEntries(names.map((name, i) => [name, payload[i]]));

const nothing: Payload = () => ({});
const change = fields('event', 'detail');
const reason = fields('reason');
const device = fields('devAlias');
const blockJob = fields('disk', 'type', 'status');
const metadata = fields('type', 'nsuri');
const graphics: Payload = ([phase, local, remote, authScheme, subject]) => {
  const { identities } = subject as { identities: object[] };
  return { phase, local, remote, authScheme, subject: identities };
};

/** Every event of a machine that is registered for by a number, under the name of its constant. */
const domainPayloads: Record<keyof typeof DomainEventID, Payload> = {
  LIFECYCLE: change,
  REBOOT: nothing,
  RTC_CHANGE: fields('utcoffset'),
  WATCHDOG: fields('action'),
  IO_ERROR: fields('srcPath', 'devAlias', 'action'),
  GRAPHICS: graphics,
  IO_ERROR_REASON: fields('srcPath', 'devAlias', 'action', 'reason'),
  CONTROL_ERROR: nothing,
  BLOCK_JOB: blockJob,
  DISK_CHANGE: fields('oldSrcPath', 'newSrcPath', 'devAlias', 'reason'),
  TRAY_CHANGE: fields('devAlias', 'reason'),
  PMWAKEUP: reason,
  PMSUSPEND: reason,
  BALLOON_CHANGE: fields('actual'),
  PMSUSPEND_DISK: reason,
  DEVICE_REMOVED: device,
  BLOCK_JOB_2: blockJob,
  TUNABLE: ([params]) => ({ params: nest(params as TypedParams) }),
  AGENT_LIFECYCLE: fields('state', 'reason'),
  DEVICE_ADDED: device,
  MIGRATION_ITERATION: fields('iteration'),
  JOB_COMPLETED: ([params]) => ({ params: nest(params as TypedParams) }),
  DEVICE_REMOVAL_FAILED: device,
  METADATA_CHANGE: metadata,
  BLOCK_THRESHOLD: fields('dev', 'path', 'threshold', 'excess'),
  MEMORY_FAILURE: fields('recipient', 'action', 'flags'),
  MEMORY_DEVICE_SIZE_CHANGE: fields('alias', 'size'),
  NIC_MAC_CHANGE: fields('alias', 'oldMAC', 'newMAC'),
  VCPU_REMOVED: fields('vcpuid'),
  CHANNEL_LIFECYCLE: fields('channelName', 'state', 'reason'),
};
const networkPayloads: Record<keyof typeof NetworkEventID, Payload> = { LIFECYCLE: change, METADATA_CHANGE: metadata };
const poolPayloads: Record<keyof typeof StoragePoolEventID, Payload> = { LIFECYCLE: change, REFRESH: nothing };
const devicePayloads: Record<keyof typeof NodeDeviceEventID, Payload> = { LIFECYCLE: change, UPDATE: nothing };
const secretPayloads: Record<keyof typeof SecretEventID, Payload> = { LIFECYCLE: change, VALUE_CHANGED: nothing };

type RegisterAny<H> = (
  conn: virConnect,
  object: MaybeNull<H>,
  eventID: number,
  callback: RawCallback,
  queue?: EventQueueOptions,
) => Promise<number>;

interface EventClass<H> {
  register: RegisterAny<H>;
  deregister: (conn: virConnect, callbackID: number) => Promise<void>;
  subject: (connection: Connection, handle: H) => object;
}

/** `LIFECYCLE` of `domain` is `domain:lifecycle`. */
function rows<H>(
  prefix: string,
  ids: Readonly<Record<string, number>>,
  payloads: Readonly<Record<string, Payload>>,
  { register, deregister, subject }: EventClass<H>,
): [string, EventRow][] {
  return Object.entries(ids).map(([constant, id]) => {
    const payload = payloads[constant] ?? nothing;
    const row: EventRow = {
      register: (conn, object, callback, queue) => register(conn, object as MaybeNull<H>, id, callback, queue),
      deregister,
      event: (connection, object, given) => ({ ...subject(connection, object as H), ...payload(given) }),
    };
    return [`${prefix}:${constant.toLowerCase().replaceAll('_', '-')}`, row];
  });
}

const domainOf = (connection: Connection, handle: virDomain) => ({ domain: Domain.of(connection, handle) });

const monitor: EventRow = {
  register: (conn, object, callback, queue, { pattern, flags }) =>
    native.virConnectDomainQemuMonitorEventRegister(
      conn,
      object as MaybeNull<virDomain>,
      pattern ?? null,
      callback,
      flags ?? 0,
      queue,
    ),
  deregister: (conn, id) => native.virConnectDomainQemuMonitorEventDeregister(conn, id),
  event: (connection, object, payload) => ({
    ...domainOf(connection, object as virDomain),
    ...fields('event', 'seconds', 'micros', 'details')(payload),
  }),
};

const table = new Map<string, EventRow>([
  ...rows<virDomain>('domain', DomainEventID, domainPayloads, {
    register: (...of) => native.virConnectDomainEventRegisterAny(...of),
    deregister: (...of) => native.virConnectDomainEventDeregisterAny(...of),
    subject: domainOf,
  }),
  ['domain:qemu-monitor', monitor],
  ...rows<virNetwork>('network', NetworkEventID, networkPayloads, {
    register: (...of) => native.virConnectNetworkEventRegisterAny(...of),
    deregister: (...of) => native.virConnectNetworkEventDeregisterAny(...of),
    subject: (connection, handle) => ({ network: Network.of(connection, handle) }),
  }),
  ...rows<virStoragePool>('storage-pool', StoragePoolEventID, poolPayloads, {
    register: (...of) => native.virConnectStoragePoolEventRegisterAny(...of),
    deregister: (...of) => native.virConnectStoragePoolEventDeregisterAny(...of),
    subject: (connection, handle) => ({ pool: StoragePool.of(connection, handle) }),
  }),
  ...rows<virNodeDevice>('node-device', NodeDeviceEventID, devicePayloads, {
    register: (...of) => native.virConnectNodeDeviceEventRegisterAny(...of),
    deregister: (...of) => native.virConnectNodeDeviceEventDeregisterAny(...of),
    subject: (connection, handle) => ({ device: NodeDevice.of(connection, handle) }),
  }),
  ...rows<virSecret>('secret', SecretEventID, secretPayloads, {
    register: (...of) => native.virConnectSecretEventRegisterAny(...of),
    deregister: (...of) => native.virConnectSecretEventDeregisterAny(...of),
    subject: (connection, handle) => ({ secret: Secret.of(connection, handle) }),
  }),
]);

/** What libvirt tells of under a name; undefined for a name that it does not know. */
export function eventRow(name: string): EventRow | undefined {
  return table.get(name);
}

/** @internal For the tests: all names. */
export function eventNames(): LibvirtEventName[] {
  return [...table.keys()] as LibvirtEventName[];
}
