import { type CloseOptions, ignoreClosed, untilClosed } from './closing.js';
import { ConnectCloseReason, nameOf } from './constants.js';
import { isErrorRecord, LibvirtError, ownError, toFacadeError } from './errors.js';
import { type CallOptions, checkCallOptions, onAbort } from './limits.js';
import { native } from './native.js';
import type { virAdmConnect, virConnect } from './native-types.js';
import { delayOf, type Reconnecting } from './reconnect.js';

/** What a connection is joined to at the moment; a new one for every time that it is opened. */
export interface Link<C = virConnect> {
  readonly handle: C;
  readonly generation: number;
}

/** A link with what watches over it. */
export interface Line<C> {
  readonly handle: C;
  /** Watches no more. */
  stop(): void;
}

/** How a connection is opened, for the first time and again. */
export interface Access<C> {
  /** The C function. */
  readonly operation: string;
  readonly reconnect: Reconnecting | undefined;
  /** @param lost - told when the link ends, whoever notices it; some know no reason */
  open(limits: CallOptions, lost: (reason?: ConnectCloseReason) => void): Promise<Line<C>>;
  close(handle: C): Promise<unknown>;
}

/** Whoever listens to a connection. */
export interface SessionListener {
  emit(name: 'close' | 'disconnect', reason: ConnectCloseReason): unknown;
  emit(name: 'reconnect' | 'resync'): unknown;
  /** The link is another one: what was registered is registered again, beginning at once. */
  registerAgain(): Promise<void>;
  /** It is over; a reason where it was not the user who ended it. */
  end(reason?: unknown): void;
}

/** What has links of its own, and ends with the connection's. */
export interface Dependent {
  /** The link is lost; another may follow. */
  lose(error: Error): void;
  /** Resolves when they are closed. */
  close(): Promise<void>;
}

/** How long whoever knows the reason has to tell it, in milliseconds, when a call finds the link dead. */
const grace = 1000;

// Whoever waits for the end of a connection need not keep the connection as well.
const awaited = new Set<object>();

/** A connection over all its links, from the first until it is closed or given up. */
export class Session<C extends virConnect | virAdmConnect> {
  listener: SessionListener | undefined;
  streams: Dependent | undefined;
  #access: Access<C>;
  #line: Line<C>;
  #link: Link<C>;
  #state: 'up' | 'away' | 'over' = 'up';
  #noticing: NodeJS.Timeout | undefined;
  #why: Error | undefined;
  #closing: Promise<unknown> | undefined;
  #gone: Promise<unknown> | undefined;
  #told = false;
  #saidAway = false;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<(error?: Error) => void>();
  readonly #closed: Promise<ConnectCloseReason>;
  #settleClosed!: (reason: ConnectCloseReason) => void;
  #timer: NodeJS.Timeout | undefined;
  #forgetSignal: (() => void) | undefined;

  private constructor(access: Access<C>, line: Line<C>) {
    this.#access = access;
    this.#line = line;
    this.#link = { handle: line.handle, generation: 1 };
    this.#closed = new Promise((resolve) => (this.#settleClosed = resolve));
  }

  static async open<C extends virConnect | virAdmConnect>(access: Access<C>, limits: CallOptions): Promise<Session<C>> {
    // Whatever the library's own threads hold must not keep a connection that the program has forgotten.
    const known: { self?: WeakRef<Session<C>>; early?: ConnectCloseReason } = {};
    const line = await access.open(limits, (reason) => {
      if (reason !== undefined) known.early ??= reason;
      known.self?.deref()?.hear(1, reason);
    });
    const session = new Session(access, line);
    known.self = new WeakRef(session);
    if (known.early !== undefined) session.hear(1, known.early);
    const signal = session.#state === 'over' ? undefined : access.reconnect?.signal;
    session.#forgetSignal = signal && onAbort(signal, () => known.self?.deref()?.giveUp());
    return session;
  }

  get link(): Link<C> {
    return this.#link;
  }

  /** Whether it is known that the link does not stand, although nobody closed it. */
  get isLost(): boolean {
    return this.#closing === undefined && (this.#state !== 'up' || this.#noticing !== undefined);
  }

  /** Whether it is being sought again. */
  get isAway(): boolean {
    return this.isLost && this.#state !== 'over' && this.#access.reconnect !== undefined;
  }

  /** Whether a call that is made while it is away waits for the next link. */
  get callsWait(): boolean {
    return this.#access.reconnect?.calls === 'wait';
  }

  /** Whether it is joined by this link and by no other, as far as is known. */
  stands(link: Link<C>): boolean {
    return this.#state === 'up' && this.#link === link;
  }

  get line(): Line<C> {
    return this.#line;
  }

  get closed(): Promise<ConnectCloseReason> {
    if (!this.#told) awaited.add(this);
    return this.#closed;
  }

  /** The handle for a call, at once or when the link stands again. */
  handle(limits: CallOptions): C | Promise<C> {
    const away = this.#state === 'away' || this.#noticing !== undefined;
    return away && this.callsWait ? this.#wait(limits) : this.#link.handle;
  }

  /** What a caller gets for what came out of the raw layer. */
  toError(error: unknown): unknown {
    if (!isErrorRecord(error)) return toFacadeError(error);
    if (error.disconnected === true) this.#noticed();
    if (error.code !== 'ERR_LIBVIRT_CLOSED' || this.#why === undefined || this.#closing) return toFacadeError(error);
    // A link that is lost is closed as well, unless it was the last.
    const { operation } = error;
    const message = `${operation}: the connection to the daemon is lost (${firstLine(this.#why)})`;
    return ownError('ERR_LIBVIRT_DISCONNECTED', operation, message, this.#why);
  }

  /** The link has ended. */
  #lost(reason: ConnectCloseReason): void {
    if (this.#state !== 'up' || this.#closing) return;
    clearTimeout(this.#noticing);
    this.#noticing = undefined;
    const message = lostBecause(reason);
    const { operation, reconnect } = this.#access;
    this.#why = new LibvirtError({ code: 1, domain: 7, level: 2, message, operation });
    this.#line.stop();
    const { handle } = this.#link;
    native.runtime.lose(handle, message);
    const lost = `the connection to the daemon is lost (${message})`;
    this.streams?.lose(ownError('ERR_LIBVIRT_DISCONNECTED', operation, lost, this.#why));
    if (reconnect === undefined || reconnect.signal?.aborted === true) {
      this.#end(reason);
      return;
    }
    this.#state = 'away';
    this.#gone = this.#access.close(handle).catch(ignoreClosed);
    void this.#comeBack(reason, reconnect);
  }

  /** No more tries. */
  giveUp(): void {
    this.#ending.abort();
  }

  async close(options: CloseOptions & { timeout: number }): Promise<void> {
    checkCallOptions(options);
    this.#closing ??= this.#shut();
    await untilClosed(this.#link.handle, this.#closing, options);
  }

  #shut(): Promise<unknown> {
    const wasOver = this.#state === 'over';
    this.#line.stop();
    clearTimeout(this.#noticing);
    this.#noticing = undefined;
    this.#state = 'over';
    this.#forgetSignal?.();
    this.#ending.abort();
    this.listener?.end();
    void this.streams?.close();
    this.#release(ownError('ERR_LIBVIRT_CLOSED', this.#access.operation, 'the connection is closed'));
    const closing = this.#gone ?? this.#access.close(this.#link.handle).catch(ignoreClosed);
    if (!wasOver) {
      void closing
        .catch(() => undefined)
        .then(() => {
          this.#tell(ConnectCloseReason.CLIENT);
        });
    }
    return closing;
  }

  /** Somebody has noticed that the link is gone, and may know why. */
  hear(generation: number, reason: ConnectCloseReason | undefined): void {
    if (generation !== this.#link.generation) return;
    if (reason !== undefined) this.#lost(reason);
    else this.#noticed();
  }

  // Whoever libvirt tells knows the reason, but a call may fail a moment before that.
  #noticed(): void {
    if (this.#state !== 'up' || this.#noticing !== undefined || this.#closing) return;
    this.#noticing = setTimeout(() => {
      // It may have been told while the event loop was kept busy: that is looked at before this is.
      setImmediate(() => {
        if (this.#noticing !== undefined) this.#lost(ConnectCloseReason.ERROR);
      });
    }, grace);
  }

  #end(reason: ConnectCloseReason): void {
    this.#state = 'over';
    this.#forgetSignal?.();
    const { operation } = this.#access;
    const cause = this.#why;
    const error = (message: string) => ownError('ERR_LIBVIRT_DISCONNECTED', operation, message, cause);
    const lost = `the connection to the daemon is lost (${cause === undefined ? '' : firstLine(cause)})`;
    this.listener?.end(error(lost));
    this.#release(error(`the call was not made: ${lost}`));
    this.#tell(reason);
  }

  #tell(reason: ConnectCloseReason): void {
    if (this.#told) return;
    this.#told = true;
    awaited.delete(this);
    this.#settleClosed(reason);
    this.listener?.emit('close', reason);
  }

  async #comeBack(reason: ConnectCloseReason, reconnect: Reconnecting): Promise<void> {
    // It may be lost again before anybody was told that it had come back.
    if (!this.#saidAway) this.listener?.emit('disconnect', reason);
    this.#saidAway = true;
    for (let attempt = 0; !this.#isOver(); attempt += 1) {
      await this.#pause(delayOf(attempt, reconnect));
      if (this.#isOver()) break;
      const line = await this.#tryToOpen(reconnect);
      if (line === undefined) continue;
      if (this.#isOver()) {
        this.#drop(line);
        break;
      }
      await this.#up(line);
      return;
    }
    if (this.#closing === undefined) this.#end(reason);
  }

  async #tryToOpen({ timeout }: Reconnecting): Promise<Line<C> | undefined> {
    const self = new WeakRef(this);
    const generation = this.#link.generation + 1;
    const state: { early?: ConnectCloseReason | undefined } = {};
    try {
      const line = await this.#access.open({ timeout, signal: this.#ending.signal }, (reason) => {
        state.early ??= reason;
        self.deref()?.hear(generation, reason);
      });
      if (state.early === undefined) return line;
      this.#drop(line);
    } catch (error) {
      // libvirt's, or what a function threw that was asked for credentials.
      if (!this.#isOver()) this.#why = error instanceof Error ? error : new Error(String(error));
    }
    return undefined;
  }

  #isOver(): boolean {
    return this.#ending.signal.aborted;
  }

  #drop(line: Line<C>): void {
    line.stop();
    void this.#access.close(line.handle).catch(() => undefined);
  }

  async #up(line: Line<C>): Promise<void> {
    this.#line = line;
    this.#link = { handle: line.handle, generation: this.#link.generation + 1 };
    this.#state = 'up';
    this.#gone = undefined;
    const link = this.#link;
    // Before the calls that wait: no event of what they do is missed.
    const registered = this.listener?.registerAgain();
    this.#release();
    await registered;
    if (this.#link !== link || this.isLost || this.#closing !== undefined) return;
    this.#saidAway = false;
    this.listener?.emit('reconnect');
    this.listener?.emit('resync');
  }

  // The process need not wait for a daemon that nobody waits for.
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#ending;
      const end = () => {
        clearTimeout(this.#timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#timer = setTimeout(end, ms);
      this.#updateRef();
      signal.addEventListener('abort', end, { once: true });
    });
  }

  #updateRef(): void {
    if (this.#waiting.size > 0) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #wait({ signal, timeout }: CallOptions): Promise<C> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        this.#waiting.delete(settle);
        this.#updateRef();
        clearTimeout(timer);
        forget?.();
        if (error === undefined) resolve(this.#link.handle);
        else reject(error);
      };
      const late = () => {
        const { operation } = this.#access;
        const message = `the connection to the daemon is lost, and was not made again within ${String(timeout)} ms`;
        settle(ownError('ERR_LIBVIRT_TIMEOUT', operation, message, this.#why));
      };
      const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
      const forget =
        signal &&
        onAbort(signal, () => {
          settle(signal.reason as Error);
        });
      this.#waiting.add(settle);
      this.#updateRef();
    });
  }

  #release(error?: Error): void {
    for (const settle of [...this.#waiting]) settle(error);
  }
}

const firstLine = ({ message }: Error): string => message.split('\n', 1)[0] ?? '';

const reasons = {
  ERROR: 'the connection failed',
  EOF: 'the daemon closed the connection',
  KEEPALIVE: 'connection closed due to keepalive timeout',
  CLIENT: 'this side closed the connection',
} as const;

function lostBecause(reason: ConnectCloseReason): string {
  return reasons[nameOf(ConnectCloseReason, reason) ?? 'ERROR'];
}
