import { ChildObject } from './child.js';
import type { ListenerOf, ListeningEvents } from './events/event-map.js';
import type { Target } from './events/target.js';
import { limitsOf } from './limits.js';

/** An object whose events libvirt tells of. A view of it, as `with` gives, has the same listeners. */
export abstract class WatchedObject<H, Events extends object> extends ChildObject<H> {
  /** @internal What its events begin with on a connection, `domain` for `domain:lifecycle`. */
  protected abstract readonly prefix: string;
  // Shared by all views.
  private readonly listening: { target?: Target } = {};

  /** @internal */
  get watched(): { readonly prefix: string; handle(): unknown; readonly target: Target } {
    const { prefix } = this;
    const handle = () => this.handle(limitsOf(this.options));
    this.listening.target ??= this.connection.hub.targetOf(this, { prefix, handle });
    return { prefix, handle, target: this.listening.target };
  }

  /**
   * Listens to an event of this object alone: the connection's events without what stands before the colon. All else is as
   * it is there; `error` and `overflow` come here, and to the connection when nobody listens here.
   *
   * The listener stays when the object is collected.
   *
   * @throws TypeError when there is no such event
   */
  on<Name extends keyof (Events & ListeningEvents)>(
    name: Name,
    listener: ListenerOf<Events & ListeningEvents, Name>,
  ): this {
    this.watched.target.on(name as string, listener);
    return this;
  }

  /** As {@link on}, for the next time only. */
  once<Name extends keyof (Events & ListeningEvents)>(
    name: Name,
    listener: ListenerOf<Events & ListeningEvents, Name>,
  ): this {
    this.watched.target.once(name as string, listener);
    return this;
  }

  /** Listens no more. */
  off<Name extends keyof (Events & ListeningEvents)>(
    name: Name,
    listener: ListenerOf<Events & ListeningEvents, Name>,
  ): this {
    this.watched.target.removeListener(name as string, listener);
    return this;
  }

  /** The same as {@link on}. */
  addListener<Name extends keyof (Events & ListeningEvents)>(
    name: Name,
    listener: ListenerOf<Events & ListeningEvents, Name>,
  ): this {
    return this.on(name, listener);
  }

  /** The same as {@link off}. */
  removeListener<Name extends keyof (Events & ListeningEvents)>(
    name: Name,
    listener: ListenerOf<Events & ListeningEvents, Name>,
  ): this {
    return this.off(name, listener);
  }

  /** Removes all listeners of an event, or of all events of this object. */
  removeAllListeners(name?: keyof (Events & ListeningEvents)): this {
    this.watched.target.removeAllListeners(name as string | undefined);
    return this;
  }

  /** How many listeners an event has on this object. */
  listenerCount(name: keyof (Events & ListeningEvents)): number {
    return this.watched.target.listenerCount(name as string);
  }
}

/** Such a child that libvirt knows by a UUID, whatever its name becomes. */
export abstract class NamedObject<H, Events extends object> extends WatchedObject<H, Events> {
  /** Its name at the time when it was found. */
  readonly name: string;
  /** Its UUID in the usual form of 36 characters. */
  readonly uuid: string;

  /** @internal */
  constructor(connection: WatchedObject<H, Events>['connection'], handle: H, name: string, uuid: string) {
    super(connection, handle);
    this.name = name;
    this.uuid = uuid;
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, uuid: this.uuid };
  }
}
