import type { Connection } from 'libvirt-napi';
import { ConnectionUri } from 'libvirt-napi';
import { connect } from '../steps/connect.js';
import { type Inventory, takeInventory } from '../support/inventory.js';
import { Interruption, listenForInterruptions } from '../support/interruption.js';
import { messageOf, refusalOf } from '../support/refusal.js';
import { failure, heading, note, say } from '../support/terminal.js';
import { UndoStack } from '../support/undo.js';
import { checkPutBack, putBack } from './put-back.js';
import type { Chapter, Walk } from './walk.js';

/**
 * Connects, tells the chapters, and puts everything back, whatever happens.
 *
 * @returns the exit code: 0 when all went well, 1 after a failure, 128 and its number after a signal
 */
export async function tell(uri: ConnectionUri, chapters: readonly Chapter[], readOnly = false): Promise<number> {
  const undo = new UndoStack();
  const { signal, stop } = listenForInterruptions(() => undo.pending);
  let connection: Connection | undefined;
  try {
    explain(uri);
    const opened = await connect(uri, { readOnly, signal });
    connection = opened.connection;
    if (opened.readOnly) note('The connection may only look: what would change something is refused.');
    const before = await takeInventory(connection);
    const code = await tellChapters(connection, chapters, undo, signal);
    const good = await finish(connection, before, undo);
    return code === 0 && !good ? 1 : code;
  } catch (error) {
    return codeOf(error, signal);
  } finally {
    await connection?.close().catch((error: unknown) => {
      failure(messageOf(error));
    });
    stop();
  }
}

function explain(uri: ConnectionUri): void {
  const { text, warnings } = uri.explain();
  heading(`libvirt at ${uri.toDisplayString() || 'the default connection'}`);
  say(text);
  for (const warning of warnings) note(warning);
}

async function tellChapters(
  connection: Connection,
  chapters: readonly Chapter[],
  undo: UndoStack,
  signal: AbortSignal,
): Promise<number> {
  // What libvirt chose counts, not what it was asked for.
  const uri = ConnectionUri.parse(connection.uri);
  const walk: Walk = { connection, uri, undo, signal, hostname: '', on: { type: '', osType: '', arch: '' } };
  try {
    for (const { title, run } of chapters) {
      signal.throwIfAborted();
      heading(title);
      await orRefused(run(walk));
    }
    signal.throwIfAborted();
    return 0;
  } catch (error) {
    return codeOf(error, signal);
  }
}

async function orRefused(chapter: Promise<void>): Promise<void> {
  try {
    await chapter;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    note(refusal);
  }
}

async function finish(connection: Connection, before: Inventory, undo: UndoStack): Promise<boolean> {
  heading('6  Everything is put back as it was');
  await putBack(undo);
  return checkPutBack(connection, before, undo);
}

function codeOf(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) return signal.reason instanceof Interruption ? signal.reason.exitCode : 1;
  failure(messageOf(error));
  return 1;
}
