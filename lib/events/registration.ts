import type { Connection } from '../connection.js';
import { LibvirtError, ownError, toFacadeError } from '../errors.js';
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
  readonly deliver: (event: object) => void;
  readonly overflow: (count: number) => void;
  /** It could not be made again, or ends with its connection: nothing comes any more. */
  readonly ended: (reason: unknown) => void;
}

/** What a registration needs of the hub that it belongs to. */
export interface RegistrationHome {
  readonly connection: Connection;
  /** Whether listeners keep the process alive. */
  readonly refed: boolean;
  readonly registrations: Set<Registration>;
}

/** One wish to be told of an event, from the first listener to the last, over all links of the connection. */
export class Registration {
  /** Settles when libvirt has taken it up, or refused it. */
  readonly ready: Promise<void>;
  readonly #home: RegistrationHome;
  readonly #spec: RegistrationSpec;
  readonly #row: EventRow;
  #standing: Promise<{ conn: virConnect; id: number }>;
  #resume: ((standing: Promise<{ conn: virConnect; id: number }>) => void) | undefined;
  #over = false;
  #refed = true;
  #held = false;

  constructor(home: RegistrationHome, spec: RegistrationSpec) {
    const row = eventRow(spec.name);
    if (row === undefined) throw new TypeError(`there is no event "${spec.name}"`);
    this.#row = row;
    this.#home = home;
    this.#spec = spec;
    home.registrations.add(this);
    this.#standing = home.connection.session.isAway ? this.#later() : this.#first();
    this.updateHold();
    this.ready = this.#standing.then(
      () => undefined,
      (error: unknown) => {
        this.#finish();
        throw error;
      },
    );
    // Whoever waits for it hears of the failure; it is no fault when nobody does.
    this.ready.catch(() => undefined);
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
    this.#finish();
    if (this.#resume !== undefined) return;
    try {
      const { conn, id } = await this.#standing;
      await this.#row.deregister(conn, id);
    } catch (error) {
      // It never stood, or went with its link.
      if (!isGone(toFacadeError(error))) throw toFacadeError(error);
    }
  }

  /** The connection has ended: what there is in libvirt goes with it. */
  drop(reason: unknown): void {
    if (this.#over) return;
    this.#finish();
    const closed = ownError('ERR_LIBVIRT_CLOSED', this.#spec.name, 'the connection is closed');
    this.#resume?.(Promise.reject(reason instanceof Error ? reason : closed));
    this.#spec.ended(reason);
  }

  /** On the link that the connection has now. */
  async again(): Promise<void> {
    if (this.#over) return;
    const standing = this.#register();
    this.#resume?.(standing);
    this.#resume = undefined;
    this.#standing = standing;
    try {
      await standing;
    } catch (error) {
      const failure = toFacadeError(error);
      // The new link was lost as well: there will be another one, or the end of the connection.
      if (!isGone(failure)) this.drop(failure);
    }
  }

  // The link may be lost before it stands: then the next one brings it about.
  async #first(): Promise<{ conn: virConnect; id: number }> {
    const { connection } = this.#home;
    const { link, session } = connection;
    try {
      return await this.#register();
    } catch (error) {
      const isLost = isGone(session.toError(error)) && !this.#over;
      if (isLost && session.isAway) return this.#later();
      if (isLost && connection.link !== link) return this.#standing;
      throw error;
    }
  }

  // There is no link to register on; the next one brings it about.
  #later(): Promise<{ conn: virConnect; id: number }> {
    const standing = new Promise<{ conn: virConnect; id: number }>((resolve) => (this.#resume = resolve));
    standing.catch(() => undefined);
    return standing;
  }

  #finish(): void {
    this.#over = true;
    this.#home.registrations.delete(this);
    this.updateHold();
  }

  // The raw call is made at once: as it is a barrier, whatever the user calls after this waits for it. Only an object
  // that has to be found again after a reconnection takes longer.
  async #register(): Promise<{ conn: virConnect; id: number }> {
    const { connection } = this.#home;
    const { limit = defaultLimit, filter = {}, overflow, object } = this.#spec;
    const { link } = connection;
    const callback = (_conn: virConnect, subject: unknown, ...payload: unknown[]) => {
      // What came over an earlier link is behind the resync that the new one began with.
      if (this.#over || connection.link !== link) return;
      this.#spec.deliver(this.#row.event(connection, subject, payload));
    };
    const told = (count: number) => {
      if (!this.#over) overflow(count);
    };
    const found = object?.();
    const handle = isPromise(found) ? await found : found;
    const id = await this.#row.register(link.handle, handle, callback, { limit, overflow: told }, filter);
    return { conn: link.handle, id };
  }
}

function isGone(error: unknown): boolean {
  return error instanceof LibvirtError && /^ERR_LIBVIRT_(CLOSED|DISCONNECTED)$/.test(error.code);
}
