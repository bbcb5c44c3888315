import { messageOf } from './refusal.js';

interface Action {
  what: string;
  run: () => Promise<unknown>;
}

/** What has to be done to put everything back as it was. The last change is the first to be undone. */
export class UndoStack {
  /** What was changed or made: `network default`. */
  readonly touched = new Set<string>();
  /** What could not be undone. */
  readonly failed: string[] = [];
  readonly #actions: Action[] = [];

  /** To be called as soon as a change was made, so that nothing can come between. */
  add(verb: string, object: string, run: () => Promise<unknown>): void {
    this.touched.add(object);
    this.#actions.push({ what: `${verb} ${object}`, run });
  }

  /** What is still to be undone, the next one first. */
  get pending(): string[] {
    return this.#actions.map(({ what }) => what).reverse();
  }

  /** Undoes everything. What fails is reported, and the rest goes on. */
  async run(report: (what: string, problem?: string) => void): Promise<void> {
    for (let action = this.#actions.at(-1); action !== undefined; action = this.#actions.at(-1)) {
      try {
        await action.run();
        report(action.what);
      } catch (error) {
        this.failed.push(action.what);
        report(action.what, messageOf(error));
      }
      // Only now: until it is done it is pending.
      this.#actions.pop();
    }
  }
}
