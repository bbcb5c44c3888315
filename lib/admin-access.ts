import { EventEmitter } from 'node:events';
import type { ConnectCloseReason } from './constants.js';
import { toFacadeError } from './errors.js';
import { tellAll } from './events/target.js';
import { type CallOptions, limitsOf } from './limits.js';
import { native } from './native.js';
import type { virAdmConnect } from './native-types.js';
import { openInPlace } from './open-places.js';
import type { Reconnecting } from './reconnect.js';
import type { Access, Line, SessionListener } from './session.js';

/** A link to a daemon's administration. */
export interface AdminLine extends Line<virAdmConnect> {
  /** As libvirt has it. Read at once, since a link that is lost does not tell it any more. */
  readonly uri: string;
}

/** Opens one connection to a daemon's administration, as often as that is needed. */
export class AdminAccess implements Access<virAdmConnect> {
  readonly operation = 'virAdmConnectOpen';
  readonly reconnect: Reconnecting | undefined;
  readonly #name: string | null;
  readonly #maxCalls: number | undefined;

  constructor(name: string | null, maxCalls: number | undefined, reconnect: Reconnecting | undefined) {
    this.#name = name;
    this.#maxCalls = maxCalls;
    this.reconnect = reconnect;
  }

  async open(options: CallOptions, lost: (reason?: ConnectCloseReason) => void): Promise<AdminLine> {
    const limits = limitsOf(options);
    const start = () => {
      limits.left.signal?.throwIfAborted();
      const opening = native.virAdmConnectOpen(this.#name, 0);
      const call = native.runtime.lastCall();
      return { returned: native.runtime.returned(call), opened: limits.bound(opening, call) };
    };
    try {
      const handle = await openInPlace(`admin ${this.#name ?? ''}`, this.operation, start, limits);
      return this.#line(handle, lost);
    } catch (error) {
      throw toFacadeError(error);
    }
  }

  #line(handle: virAdmConnect, lost: (reason?: ConnectCloseReason) => void): AdminLine {
    try {
      if (this.#maxCalls !== undefined) native.runtime.setMaxCalls(handle, this.#maxCalls);
      const uri = native.virAdmConnectGetURI(handle);
      native.virAdmConnectRegisterCloseCallback(handle, (_, reason) => {
        lost(reason as ConnectCloseReason);
      });
      return { handle, uri, stop: () => undefined };
    } catch (error) {
      void native.virAdmConnectClose(handle).catch(() => undefined);
      throw error;
    }
  }

  close(handle: virAdmConnect): Promise<unknown> {
    return native.virAdmConnectClose(handle);
  }
}

/** Who listens to a connection that has no events but its own. */
export class AdminListeners extends EventEmitter implements SessionListener {
  override emit(name: string | symbol, ...args: unknown[]): boolean {
    return tellAll(this.rawListeners(name), this, args);
  }

  registerAgain(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    // Nothing was asked of the daemon.
  }
}
