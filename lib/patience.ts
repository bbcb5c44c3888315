import type { CallOptions } from './limits.js';
import { onAbort } from './limits.js';

/** How long somebody waits for something: until a signal or the time says that it is enough. */
export class Patience {
  /** Rejects when it is over, with the signal's reason or the error for being late: every wait is a race with it. */
  readonly over: Promise<never>;
  readonly end: (reason: unknown) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #forget: (() => void) | undefined;

  constructor({ signal, timeout }: CallOptions, late: () => Error) {
    let end!: (reason: unknown) => void;
    this.over = new Promise((_, reject) => (end = reject));
    this.over.catch(() => undefined);
    this.end = end;
    const tooLong = () => {
      end(late());
    };
    this.#timer = timeout === undefined ? undefined : setTimeout(tooLong, timeout);
    this.#forget =
      signal &&
      onAbort(signal, () => {
        end(signal.reason);
      });
  }

  /** Nobody waits any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#forget?.();
  }
}
