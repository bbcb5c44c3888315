import type { Connection } from '../connection.js';
import { isLinkLost, ownError } from '../errors.js';
import { native } from '../native.js';
import type { virConnect } from '../native-types.js';
import { isPromise } from '../promises.js';
import type { LibvirtEventName } from './event-map.js';
import { type EventRow, eventRow, type MonitorFilter } from './table.js';

/** How many events may wait for the JavaScript thread, unless said otherwise. */
export const defaultLimit = 10_000;

export interface RegistrationSpec {
  readonly name: LibvirtEventName;
  /** The only object whose events are wanted, as a handle on the connection as it is now. */
  readonly object?: (() => unknown) | undefined;
  readonly limit?: number | undefined;
  readonly filter?: MonitorFilter | undefined;
  /** Whether it fails without a link, in place of waiting for the next one. */
  readonly atOnce?: boolean | undefined;
  readonly deliver: (event: object) => void;
  readonly overflow: (count: number) => void;
  /** It stands on another link than before: something may have been missed. */
  readonly renewed?: (() => void) | undefined;
  /** After it stood: it could not be made again, or ends with its connection, and nothing comes any more. */
  readonly ended: (reason: unknown) => void;
}

/** What a registration needs of the hub that it belongs to. */
export interface RegistrationHome {
  readonly connection: Connection;
  /** Whether listeners keep the process alive. */
  readonly refed: boolean;
  readonly registrations: Set<Registration>;
}

/** What is registered in libvirt, on one link. */
interface Standing {
  readonly conn: virConnect;
  readonly id: number;
}

/** One wish to be told of an event, from the first listener to the last, over all links of the connection. */
export class Registration {
  /** Settles when libvirt has taken it up, on whichever link, or when that will not happen any more. */
  readonly ready: Promise<void>;
  readonly #home: RegistrationHome;
  readonly #spec: RegistrationSpec;
  readonly #row: EventRow;
  #settle!: { resolve: () => void; reject: (reason: unknown) => void };
  /** On the newest link that it was tried on. */
  #attempt: Promise<Standing> | undefined;
  #stood = false;
  #over = false;
  #refed = true;
  #held = false;

  constructor(home: RegistrationHome, spec: RegistrationSpec) {
    const row = eventRow(spec.name);
    if (row === undefined) throw new TypeError(`there is no event "${spec.name}"`);
    this.#row = row;
    this.#home = home;
    this.#spec = spec;
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Whoever waits for it hears of the failure; it is no fault when nobody does.
    this.ready.catch(() => undefined);
    home.registrations.add(this);
    this.updateHold();
    if (spec.atOnce === true || !home.connection.session.isAway) void this.again();
  }

  get over(): boolean {
    return this.#over;
  }

  setRefed(refed: boolean): void {
    this.#refed = refed;
    this.updateHold();
  }

  /** The process waits for a listener, unless it was told not to. */
  updateHold(): void {
    const hold = !this.#over && this.#refed && this.#home.refed;
    if (hold === this.#held) return;
    this.#held = hold;
    if (hold) native.runtime.hold();
    else native.runtime.release();
  }

  /** Nothing is delivered from now on; resolves when libvirt has been told. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#finish(ownError('ERR_LIBVIRT_ABANDONED', this.#spec.name, 'nobody wants to be told any more'));
    // What was refused, or went with its link, need not be taken back.
    const standing = await this.#attempt?.catch(() => undefined);
    if (standing === undefined) return;
    try {
      await this.#row.deregister(standing.conn, standing.id);
    } catch (error) {
      const failure = this.#home.connection.session.toError(error);
      if (!isLinkLost(failure)) throw failure;
    }
  }

  /** The connection has ended: what there is in libvirt goes with it. */
  drop(reason: unknown): void {
    if (this.#over) return;
    const closed = ownError('ERR_LIBVIRT_CLOSED', this.#spec.name, 'the connection is closed');
    this.#finish(reason instanceof Error ? reason : closed);
    this.#spec.ended(reason);
  }

  /** On the link that the connection has now. Without one, or when it is lost meanwhile, the next one brings it about. */
  async again(): Promise<void> {
    if (this.#over) return;
    const attempt = this.#register();
    this.#attempt = attempt;
    try {
      await attempt;
    } catch (error) {
      if (this.#attempt === attempt) this.#failed(error);
      return;
    }
    if (this.over || this.#attempt !== attempt) return;
    if (this.#stood) this.#spec.renewed?.();
    this.#stood = true;
    this.#settle.resolve();
  }

  #failed(error: unknown): void {
    const { session } = this.#home.connection;
    const failure = session.toError(error);
    const mayWait = this.#spec.atOnce !== true || this.#stood;
    if (this.#over || (mayWait && isLinkLost(failure) && session.isAway)) return;
    // As it came: the error is made where somebody waits for it.
    this.#finish(error);
    if (this.#stood) this.#spec.ended(failure);
  }

  #finish(reason: unknown): void {
    this.#over = true;
    this.#home.registrations.delete(this);
    this.updateHold();
    // Without effect where it has stood.
    this.#settle.reject(reason);
  }

  // The raw call is made at once: as it is a barrier, whatever the user calls after this waits for it. Only an object
  // that has to be found again after a reconnection takes longer.
  async #register(): Promise<Standing> {
    const { connection } = this.#home;
    const { limit = defaultLimit, filter = {}, object } = this.#spec;
    const { link, session } = connection;
    // What came over an earlier link is behind the resync that the new one begins with; and when a link is lost, its
    // objects are gone at once.
    const isHeard = () => !this.#over && session.stands(link);
    const callback = (_conn: virConnect, subject: unknown, ...payload: unknown[]) => {
      if (isHeard()) this.#spec.deliver(this.#row.event(connection, subject, payload));
    };
    const overflow = (count: number) => {
      if (isHeard()) this.#spec.overflow(count);
    };
    const found = object?.();
    const handle = isPromise(found) ? await found : found;
    const id = await this.#row.register(link.handle, handle, callback, { limit, overflow }, filter);
    return { conn: link.handle, id };
  }
}
