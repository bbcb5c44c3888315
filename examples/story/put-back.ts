import type { Connection } from 'libvirt-napi';
import { compareInventories, type Inventory, takeInventory } from '../support/inventory.js';
import { done, note, say } from '../support/terminal.js';
import type { UndoStack } from '../support/undo.js';

/** Undoes all changes, and says so of each. */
export async function putBack(undo: UndoStack): Promise<void> {
  await undo.run((what, problem) => {
    if (problem === undefined) done(what);
    else note(`could not ${what}: ${problem}`);
  });
}

/** Looks whether everything is as it was; gives false when what this walk has touched is not. */
export async function checkPutBack(connection: Connection, before: Inventory, undo: UndoStack): Promise<boolean> {
  const differences = compareInventories(before, await takeInventory(connection));
  for (const [object, difference] of differences) {
    note(undo.touched.has(object) ? `Not as before: ${difference}.` : `Changed by somebody else: ${difference}.`);
  }
  const good = undo.failed.length === 0 && ![...differences.keys()].some((object) => undo.touched.has(object));
  if (good) {
    say(undo.touched.size === 0 ? 'Nothing was changed.' : 'All networks and machines of this walk are as they were.');
  }
  return good;
}
