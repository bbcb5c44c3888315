import { resolveUri } from './client-config.js';
import { ConnectionUri } from './connection-uri.js';
import { type ConnectCloseReason, ConnectFlags } from './constants.js';
import { Answers, type Credentials, type CredentialsCallback } from './credentials.js';
import { LibvirtError, isErrorRecord, toFacadeError } from './errors.js';
import { KeepAlive, type KeepAliveOptions } from './keepalive.js';
import { type CallOptions, checkCallOptions, type Limits, limitsOf } from './limits.js';
import { native } from './native.js';
import type { ErrorRecord, virConnect, virConnectAuth } from './native-types.js';
import { adviseOnOpen, noPromptUri } from './open-advice.js';
import { openInPlace } from './open-places.js';
import { checkedReconnect, type Reconnecting, type ReconnectOptions } from './reconnect.js';
import type { Access, Line } from './session.js';

/** How a connection is opened and kept. */
export interface OpenOptions extends CallOptions {
  /** Only look: calls that change something are refused with `VIR_ERR_OPERATION_DENIED`. */
  readOnly?: boolean;
  /** Names and passwords, or a function that is asked for them. Without it whatever asks for some is refused. */
  credentials?: Credentials | CredentialsCallback;
  /**
   * After how many seconds of silence the daemon is asked whether it lives, and how often in vain before the link is
   * given up. On by default (every 5 seconds, 5 times) where the other side can do it; false: never.
   */
  keepAlive?: KeepAliveOptions | false;
  /**
   * Makes the connection again when its link is lost, with the same credentials, until it is closed; true: with the
   * times that {@link ReconnectOptions} says. Objects that were found on it go on.
   */
  reconnect?: ReconnectOptions | boolean;
  /** How many calls run at once, 4; all but one of them may be such as wait for a guest or a disk. */
  maxCalls?: number;
  /** How long `close()` waits for calls that run, in milliseconds; 10,000. */
  closeTimeout?: number;
  /** Lets ssh ask for a password or a host key on the process's terminal. */
  interactive?: boolean;
}

/** A link to a daemon or to a driver in the process. */
export interface ConnectionLine extends Line<virConnect> {
  /** As libvirt has it. Read at once, since a link that is lost does not tell it any more. */
  readonly uri: string;
  readonly keepAlive: KeepAlive;
}

const defaults = { keepAlive: { interval: 5, count: 5 }, closeTimeout: 10_000 };

/** Opens one connection, as often as that is needed. */
export class ConnectionAccess implements Access<virConnect> {
  readonly reconnect: Reconnecting | undefined;
  readonly closeTimeout: number;
  /** As it was chosen last: a link that is made again has the same. */
  keepAlive: KeepAliveOptions | false;
  readonly #wanted: string | undefined;
  readonly #readOnly: boolean;
  readonly #interactive: boolean;
  readonly #maxCalls: number | undefined;
  readonly #answers: Answers | undefined;

  constructor(given: string | ConnectionUri | undefined, options: OpenOptions) {
    const uri = given instanceof ConnectionUri ? given.toString() : given;
    checkOpenOptions(uri, options);
    // Read here and not by libvirt: worker threads and test runners have a copy of the environment of their own.
    this.#wanted = uri || process.env['LIBVIRT_DEFAULT_URI'] || undefined;
    this.#readOnly = options.readOnly ?? false;
    this.#interactive = options.interactive ?? false;
    this.#maxCalls = options.maxCalls;
    const { credentials } = options;
    this.#answers = credentials === undefined ? undefined : new Answers('Connection.open: credentials', credentials);
    this.reconnect = checkedReconnect('Connection.open: reconnect', options.reconnect);
    this.keepAlive = options.keepAlive ?? defaults.keepAlive;
    this.closeTimeout = options.closeTimeout ?? defaults.closeTimeout;
  }

  get operation(): string {
    if (this.#answers !== undefined) return 'virConnectOpenAuth';
    return this.#readOnly ? 'virConnectOpenReadOnly' : 'virConnectOpen';
  }

  async open(options: CallOptions, lost: (reason?: ConnectCloseReason) => void): Promise<ConnectionLine> {
    const limits = limitsOf(options);
    const handle = await this.#openHandle(limits);
    try {
      if (this.#maxCalls !== undefined) native.runtime.setMaxCalls(handle, this.#maxCalls);
      const uri = native.virConnectGetURI(handle);
      await watch(handle, lost, limits);
      return this.#line(handle, uri, lost);
    } catch (error) {
      void native.virConnectClose(handle).catch(() => undefined);
      throw toFacadeError(error);
    }
  }

  #line(handle: virConnect, uri: string, lost: (reason?: ConnectCloseReason) => void): ConnectionLine {
    const keepAlive = new KeepAlive(handle, lost);
    if (this.keepAlive !== false) startKeepAlive(keepAlive, this.keepAlive);
    const stop = () => {
      keepAlive.stop();
    };
    return { handle, uri, keepAlive, stop };
  }

  close(handle: virConnect): Promise<unknown> {
    return native.virConnectClose(handle);
  }

  /** One more, for one stream: nothing watches over it and nothing makes it again. */
  openForStream(options: CallOptions): Promise<virConnect> {
    return this.#openHandle(limitsOf(options), (name, auth, flags) => native.runtime.openForStream(name, auth, flags));
  }

  async #openHandle(limits: Limits, open = this.#open.bind(this)): Promise<virConnect> {
    const answering = this.#answers?.begin();
    try {
      const name = uriToOpen(this.#wanted, this.#interactive);
      const start = () => {
        limits.left.signal?.throwIfAborted();
        const opening = open(name, answering?.auth ?? null, this.#readOnly ? ConnectFlags.RO : 0);
        const call = native.runtime.lastCall();
        return { returned: native.runtime.returned(call), opened: limits.bound(opening, call) };
      };
      return await openInPlace(`${this.#readOnly ? 'r' : 'w'} ${name ?? ''}`, this.operation, start, limits);
    } catch (error) {
      if (answering?.isThrown(error) === true) throw error;
      if (isErrorRecord(error) && typeof error.code === 'number') {
        throw openError(this.#wanted, { ...error, code: error.code, operation: this.operation });
      }
      throw toFacadeError(error);
    } finally {
      answering?.end();
    }
  }

  #open(name: string | null, auth: virConnectAuth | null, flags: number): Promise<virConnect> {
    if (auth !== null) return native.virConnectOpenAuth(name, auth, flags);
    return flags === 0 ? native.virConnectOpen(name) : native.virConnectOpenReadOnly(name);
  }
}

/** Lets libvirt tell of the end of a link. Where it refuses, keepalive and calls find out as well, only later. */
async function watch(handle: virConnect, lost: (reason: ConnectCloseReason) => void, limits: Limits) {
  const told = teller(lost);
  try {
    await limits.within(() => native.virConnectRegisterCloseCallback(handle, told));
  } catch (error) {
    if (!isErrorRecord(error) || error.disconnected === true) throw error;
  }
}

// A function of its own: what libvirt keeps must not hold the handle, which closures beside it do.
function teller(lost: (reason: ConnectCloseReason) => void) {
  return (_: virConnect | null, reason: number): void => {
    lost(reason as ConnectCloseReason);
  };
}

// libvirt gets the name as it was given, unless what it stands for has to be told to be silent.
function uriToOpen(wanted: string | undefined, interactive: boolean): string | null {
  const resolved = resolveUri(wanted);
  const silent = resolved === undefined ? undefined : noPromptUri(resolved, interactive);
  return (silent === resolved ? wanted : silent) ?? null;
}

// Drivers inside the process have no daemon to ask, and old daemons do not answer: neither is a failure.
function startKeepAlive(keepAlive: KeepAlive, options: KeepAliveOptions): void {
  try {
    keepAlive.start(options);
  } catch (error) {
    if (!isErrorRecord(error)) throw error;
  }
}

function openError(uri: string | undefined, record: ErrorRecord & { code: number }): LibvirtError {
  const { target, hints } = adviseOnOpen(uri, { ...record, domain: record.domain ?? 0 });
  const lines = [record.message, `  tried: ${target}`, ...hints.map((hint) => `  look at: ${hint}`)];
  return new LibvirtError(record, { message: lines.join('\n'), hints });
}

function checkOpenOptions(uri: unknown, options: OpenOptions): void {
  if (uri !== undefined && typeof uri !== 'string') {
    throw new TypeError(`Connection.open: uri must be a string or a ConnectionUri but is ${typeof uri}`);
  }
  checkCallOptions(options, 'Connection.open: ');
  const { maxCalls, closeTimeout, keepAlive, readOnly, interactive } = options;
  for (const [name, value] of Object.entries({ readOnly, interactive })) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`Connection.open: ${name} must be a boolean but is ${typeof value}`);
    }
  }
  checkMaxCalls('Connection.open: ', maxCalls);
  checkCloseTimeout('Connection.open: ', closeTimeout);
  if (keepAlive !== undefined && keepAlive !== false) checkKeepAlive('Connection.open: keepAlive.', keepAlive);
}

export function checkMaxCalls(where: string, maxCalls: number | undefined): void {
  if (maxCalls !== undefined && !(Number.isInteger(maxCalls) && maxCalls >= 1 && maxCalls <= 1024)) {
    throw new RangeError(`${where}maxCalls must be an integer from 1 to 1024 but is ${String(maxCalls)}`);
  }
}

export function checkCloseTimeout(where: string, closeTimeout: number | undefined): void {
  if (
    closeTimeout !== undefined &&
    !(typeof closeTimeout === 'number' && closeTimeout >= 0 && closeTimeout <= 0x7fffffff)
  ) {
    throw new RangeError(`${where}closeTimeout must be milliseconds but is ${String(closeTimeout)}`);
  }
}

export function checkKeepAlive(where: string, { interval, count }: KeepAliveOptions): void {
  const longest = Math.floor(0x7fffffff / 1000); // what a timer of Node.js can wait
  if (!(Number.isInteger(interval) && interval <= longest)) {
    throw new RangeError(`${where}interval must be whole seconds up to ${String(longest)} but is ${String(interval)}`);
  }
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`${where}count must be an integer of 0 or more but is ${String(count)}`);
  }
}
