import { ConnectCloseReason } from './constants.js';
import { isErrorRecord } from './errors.js';
import { native } from './native.js';
import type { virConnect } from './native-types.js';

/** When a daemon that gives no sign of life is given up. */
export interface KeepAliveOptions {
  /** Seconds between two questions. */
  interval: number;
  /** How many may stay unanswered. */
  count: number;
}

/**
 * Asks the daemon regularly whether it lives, and gives the link up when it does not answer.
 *
 * This is ours and not libvirt's, whose own keepalive fails when several calls wait: on libvirt 9.0 only one of them
 * returned, the others hung for ever, and when the daemon woke up again the process crashed (CVE-2024-4418).
 */
export class KeepAlive {
  readonly #conn: virConnect;
  readonly #lost: (reason?: ConnectCloseReason) => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting = false;
  #missed = 0;

  /** @param lost - told when the daemon does not answer, and, without a reason, when the link is found dead */
  constructor(conn: virConnect, lost: (reason?: ConnectCloseReason) => void = () => undefined) {
    this.#conn = conn;
    this.#lost = lost;
  }

  /** @returns whether the other side takes part. */
  start({ interval, count }: KeepAliveOptions): boolean {
    this.stop();
    // With an interval of 0 libvirt asks nothing itself, but says whether there is a daemon to ask.
    const takesPart = native.virConnectSetKeepAlive(this.#conn, 0, 0) === 0;
    if (takesPart && interval > 0) {
      this.#timer = setInterval(() => {
        this.#tick(count);
      }, interval * 1000);
      this.#timer.unref();
    }
    return takesPart;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#missed = 0;
  }

  #tick(count: number): void {
    if (!this.#waiting) {
      this.#ask();
      return;
    }
    this.#missed += 1;
    // An answer may have come while the event loop was kept busy: it is looked at before this is.
    if (this.#missed >= count) {
      setImmediate(() => {
        this.#giveUp(count);
      });
    }
  }

  #ask(): void {
    this.#waiting = true;
    const answered = () => {
      this.#waiting = false;
      this.#missed = 0;
    };
    native.runtime.ping(this.#conn).then(answered, (error: unknown) => {
      // Refused by the daemon's access rules is an answer, too.
      if (!isErrorRecord(error)) answered();
      else if (error.disconnected === true) {
        this.stop();
        this.#lost();
      } else if (typeof error.code === 'string') this.stop();
      else answered();
    });
  }

  #giveUp(count: number): void {
    if (!this.#waiting || this.#missed < count) return;
    this.stop();
    native.runtime.lose(this.#conn, 'connection closed due to keepalive timeout');
    this.#lost(ConnectCloseReason.KEEPALIVE);
  }
}
