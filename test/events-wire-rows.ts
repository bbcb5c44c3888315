import { type LibvirtEventName, NetworkMetadataType, StoragePoolEventLifecycleType } from '../lib/index.js';
import { domainEvents } from './events-wire-domain-rows.js';
import { xdr } from './remote-protocol.js';

const { int, optional } = xdr;

/** One event of a kind, on the wire and as a listener gets it. */
export interface Telling {
  /** What comes between the registration's number and the object. */
  before?: Buffer;
  /** What comes after the object. */
  after: Buffer[];
  /** The event without its object. */
  payload: object;
}

/** A kind of event in libvirt's remote protocol. */
export interface WireEvent {
  /** The libvirt that brought it, where one without it may be loaded. */
  since?: string;
  /** The number that is registered for; QEMU's events have none. */
  id?: number;
  /** The number of the message. */
  message: number;
  tellings: [Telling, ...Telling[]];
}

/** What tells nothing but that it happened. */
const bare: Telling = { after: [], payload: {} };
const change = (event: number, detail: number): Telling => ({
  after: [int(event), int(detail)],
  payload: { event, detail },
});

/** Values differ from field to field, so that no two can be taken for each other. */
export const wireEvents: Record<LibvirtEventName, WireEvent> = {
  ...domainEvents,
  'network:lifecycle': { id: 0, message: 315, tellings: [change(3, 8), change(-1, 2 ** 31 - 1)] },
  'network:metadata-change': {
    since: '9.8.0',
    id: 1,
    message: 446,
    tellings: [
      {
        after: [int(NetworkMetadataType.ELEMENT), optional('urn:größe')],
        payload: { type: NetworkMetadataType.ELEMENT, nsuri: 'urn:größe' },
      },
      { after: [int(1), optional(null)], payload: { type: NetworkMetadataType.TITLE, nsuri: null } },
    ],
  },
  'storage-pool:lifecycle': {
    id: 0,
    message: 370,
    tellings: [change(StoragePoolEventLifecycleType.DELETED, 9), change(99, -1)],
  },
  'storage-pool:refresh': { id: 1, message: 373, tellings: [bare] },
  'node-device:lifecycle': { id: 0, message: 376, tellings: [change(2, 6), change(99, -1)] },
  'node-device:update': { id: 1, message: 377, tellings: [bare] },
  'secret:lifecycle': { id: 0, message: 382, tellings: [change(1, 4), change(99, -1)] },
  'secret:value-changed': { id: 1, message: 383, tellings: [bare] },
};
