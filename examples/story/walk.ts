import type { Connection, ConnectionUri, Network } from 'libvirt-napi';
import type { Virtualisation } from '../steps/describe-host.js';
import { note } from '../support/terminal.js';
import { refusalOf } from '../support/refusal.js';
import type { UndoStack } from '../support/undo.js';

/** What the chapters share. */
export interface Walk {
  readonly connection: Connection;
  readonly uri: ConnectionUri;
  readonly undo: UndoStack;
  /** Ends what waits when the walk is interrupted. */
  readonly signal: AbortSignal;
  /** Set by the chapter about the connection. */
  hostname: string;
  on: Virtualisation;
  /** The network that the first machine is put on, once it is active; `started`: this walk has started it. */
  network?: { network: Network; started: boolean } | undefined;
}

export interface Chapter {
  readonly title: string;
  readonly run: (walk: Walk) => Promise<void>;
}

/** Does something that a driver may not be able to do: it then says what is missing and why, and gives undefined. */
export async function attempt<T>(missing: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    note(`${missing}. ${refusal}`);
    return undefined;
  }
}

/** Whether the driver invents everything, so that nothing really runs. */
export function isInvented({ on }: Walk): boolean {
  return on.type === 'test';
}

/** Whether a user's own daemon answers, which has not the rights that bridges need. */
export function isSession({ uri }: Walk): boolean {
  return uri.scope === 'session';
}
