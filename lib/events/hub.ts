import type { Connection } from '../connection.js';
import type { ConnectionEvents, HealthEvents, ListeningEvents } from './event-map.js';
import { Registration, type RegistrationSpec } from './registration.js';
import { type Subject, Target } from './target.js';

type OwnEvents = HealthEvents & ListeningEvents;

const ofConnection = new Set<string>(['close', 'disconnect', 'reconnect', 'resync'] satisfies (keyof HealthEvents)[]);
const ofEverybody = new Set(['error', 'overflow', 'newListener', 'removeListener']);

/**
 * All that is listened to on one connection; there is one for each, and it lives as long as the connection does.
 *
 * - `emit('close', reason)`, `emit('disconnect', reason)`, …: tells the connection's listeners of what it is itself about.
 * - `await registerAgain()`: after `connection.link` was replaced by a new one, puts everything that is listened to on it,
 *   the listeners unchanged. What the new link refuses ends with its error. Nothing of an old link is delivered any more.
 * - `end(reason)`: the connection has ended for good. Subscriptions and iterators end: with the reason, or, after the user's
 *   own `close()`, without one. Nothing is asked of libvirt: closing the native connection takes the registrations down.
 *   It emits nothing. Doing it again does nothing more.
 * - `over`: whether that has happened.
 * - `listenerCount(name)` and all else about listeners: `target`.
 */
export class EventHub {
  readonly connection: Connection;
  /** The connection's own listeners. */
  readonly target: Target;
  readonly registrations = new Set<Registration>();
  refed = true;
  over = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.target = new Target(this, connection);
  }

  /** @returns whether anybody listened */
  emit<Name extends keyof OwnEvents>(name: Name, ...args: OwnEvents[Name]): boolean {
    return this.target.tell(name, ...args);
  }

  async registerAgain(): Promise<void> {
    await Promise.all([...this.registrations].map((registration) => registration.again()));
  }

  end(reason?: unknown): void {
    this.over = true;
    for (const registration of [...this.registrations]) registration.drop(reason);
  }

  /** The listeners of an object. */
  targetOf(owner: object, subject: Subject): Target {
    return new Target(this, owner, subject);
  }

  register(spec: RegistrationSpec): Registration {
    return new Registration(this, spec);
  }

  setRefed(refed: boolean): void {
    this.refed = refed;
    for (const registration of this.registrations) registration.updateHold();
  }

  /** Whether a name is that of an event which needs no registration. */
  isOwn(name: string, subject: Subject | undefined): boolean {
    return ofEverybody.has(name) || (subject === undefined && ofConnection.has(name));
  }

  toError(error: unknown): unknown {
    return this.connection.session.toError(error);
  }
}

export type { ConnectionEvents };
