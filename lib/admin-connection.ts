import { AdminAccess, type AdminLine, AdminListeners } from './admin-access.js';
import { AdminServer } from './admin-server.js';
import type { CloseOptions } from './closing.js';
import { checkCloseTimeout, checkMaxCalls } from './connection-open.js';
import type { AdmConnectDaemonShutdownFlags, ConnectCloseReason } from './constants.js';
import { toFacadeError } from './errors.js';
import type { HealthEvents } from './events/health-events.js';
import { type CallOptions, checkCallOptions, type Limits } from './limits.js';
import { native } from './native.js';
import type { virAdmConnect } from './native-types.js';
import { LibvirtObject } from './object.js';
import { checkedReconnect, type ReconnectOptions } from './reconnect.js';
import { Session } from './session.js';

/** How an {@link AdminConnection} is opened and kept. */
export interface AdminOpenOptions extends CallOptions {
  /**
   * Makes the connection again when its link is lost, until it is closed; true: with the times that
   * {@link ReconnectOptions} says. Servers that were found on it go on; clients do not, as the daemon is another one.
   */
  reconnect?: ReconnectOptions | boolean;
  /** How many calls run at once, 4. */
  maxCalls?: number;
  /** How long `close()` waits for calls that run, in milliseconds; 10,000. */
  closeTimeout?: number;
}

const defaultCloseTimeout = 10_000;

/**
 * A connection to a daemon itself, to administrate it: who is connected, how many may be, what it logs. Only root may open
 * one, or for a session's daemon its owner.
 *
 * @example
 * ```ts
 * const admin = await AdminConnection.open('libvirtd:///system');
 * for (const server of await admin.listServers()) {
 *   for (const client of await server.listClients()) console.log(server.name, client.id);
 * }
 * await admin.close();
 * ```
 * @see {@link https://libvirt.org/html/libvirt-libvirt-admin.html}
 */
export class AdminConnection extends LibvirtObject<virAdmConnect> implements AsyncDisposable {
  /** The URI that was opened, as libvirt has it; where none was given, the one that libvirt chose. */
  readonly uri: string;
  /** @internal */
  readonly session: Session<virAdmConnect>;
  private readonly closeTimeout: number;
  // Shared by all views.
  private readonly listeners = new AdminListeners();

  private constructor(session: Session<virAdmConnect>, closeTimeout: number) {
    super();
    this.session = session;
    this.uri = (session.line as AdminLine).uri;
    this.closeTimeout = closeTimeout;
    session.listener = this.listeners;
  }

  /**
   * Opens a connection to a daemon.
   *
   * Without a URI it is the one of the environment variable `LIBVIRT_ADMIN_DEFAULT_URI`, or else libvirt's own choice:
   * `libvirtd:///system` for root.
   *
   * @param uri - `daemon:///system` or `daemon:///session`, such as `virtqemud:///system`, with `?socket=` for a socket
   * that is elsewhere
   * @throws LibvirtError
   * @see virAdmConnectOpen
   * @since libvirt 2.0.0
   */
  static async open(uri?: string, options: AdminOpenOptions = {}): Promise<AdminConnection> {
    checkOptions(uri, options);
    options.signal?.throwIfAborted();
    // Read here and not by libvirt: worker threads and test runners have a copy of the environment of their own.
    const name = uri ?? (process.env['LIBVIRT_ADMIN_DEFAULT_URI'] || null);
    const reconnect = checkedReconnect('AdminConnection.open: reconnect', options.reconnect);
    const { signal, timeout } = options;
    const limits = { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
    const session = await Session.open(new AdminAccess(name, options.maxCalls, reconnect), limits);
    return new AdminConnection(session, options.closeTimeout ?? defaultCloseTimeout);
  }

  /** @internal */
  protected override handle(limits: Limits): virAdmConnect | Promise<virAdmConnect> {
    return this.session.handle(limits.left);
  }

  /** @internal */
  protected override toError(error: unknown): unknown {
    return this.session.toError(error);
  }

  /**
   * Listens to what becomes of the connection: `close`, and, where it is made again, `disconnect`, `reconnect` and
   * `resync`. Listening does not keep the process alive.
   *
   * @see virAdmConnectRegisterCloseCallback
   * @since libvirt 2.0.0
   */
  on<Name extends keyof HealthEvents>(name: Name, listener: (...args: HealthEvents[Name]) => unknown): this {
    this.listeners.on(name, listener);
    return this;
  }

  /** As {@link on}, for the next time only. */
  once<Name extends keyof HealthEvents>(name: Name, listener: (...args: HealthEvents[Name]) => unknown): this {
    this.listeners.once(name, listener);
    return this;
  }

  /**
   * Listens no more.
   *
   * @see virAdmConnectUnregisterCloseCallback
   * @since libvirt 2.0.0
   */
  off<Name extends keyof HealthEvents>(name: Name, listener: (...args: HealthEvents[Name]) => unknown): this {
    this.listeners.off(name, listener);
    return this;
  }

  /**
   * Resolves when the connection has ended for good, with the reason: after {@link close}, or when the link was lost and
   * is not to be made again. It never rejects.
   */
  get closed(): Promise<ConnectCloseReason> {
    return this.session.closed;
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { uri: this.uri };
  }

  /**
   * Closes the connection and everything that was found through it. What waits in the queue is rejected at once with
   * `ERR_LIBVIRT_CLOSED`; calls that run are waited for, at most `timeout`. Closing again does nothing more.
   *
   * @see virAdmConnectClose
   * @since libvirt 2.0.0
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkCallOptions(options, 'close: ');
    await this.session.close({ ...options, timeout: options.timeout ?? this.closeTimeout });
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Whether the link to the daemon stands, as far as this side knows: the daemon is not asked.
   *
   * @see virAdmConnectIsAlive
   * @since libvirt 2.0.0
   */
  isAlive(): Promise<boolean> {
    return this.session.isLost ? Promise.resolve(false) : this.call((conn) => native.virAdmConnectIsAlive(conn));
  }

  /**
   * The URI as libvirt has it, the same as the property `uri`.
   *
   * @see virAdmConnectGetURI
   * @since libvirt 2.0.0
   */
  getURI(): Promise<string> {
    return this.call((conn) => native.virAdmConnectGetURI(conn));
  }

  /**
   * The daemon's version: `major * 1000000 + minor * 1000 + release`.
   *
   * @see virAdmConnectGetLibVersion
   * @since libvirt 2.0.0
   */
  getLibVersion(): Promise<number> {
    return this.call(async (conn) => Number(await native.virAdmConnectGetLibVersion(conn)));
  }

  /**
   * The daemon's servers, such as `libvirtd` and `admin`: each has clients and limits of its own.
   *
   * @param flags - none are defined; 0
   * @see virAdmConnectListServers
   * @since libvirt 2.0.0
   */
  listServers(flags = 0): Promise<AdminServer[]> {
    return this.call(async (conn) =>
      (await native.virAdmConnectListServers(conn, flags)).map((server) => AdminServer.of(this.itself, server)),
    );
  }

  /**
   * The server with this name.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_SERVER`
   * @see virAdmConnectLookupServer
   * @since libvirt 2.0.0
   */
  lookupServer(name: string, flags = 0): Promise<AdminServer> {
    return this.call(async (conn) =>
      AdminServer.of(this.itself, await native.virAdmConnectLookupServer(conn, name, flags)),
    );
  }

  /**
   * Where the daemon writes its log, in the spelling of `log_outputs` in its configuration.
   *
   * @param flags - none are defined; 0
   * @see virAdmConnectGetLoggingOutputs
   * @since libvirt 3.0.0
   */
  getLoggingOutputs(flags = 0): Promise<string> {
    return this.call((conn) => native.virAdmConnectGetLoggingOutputs(conn, flags));
  }

  /**
   * Says where the daemon is to write its log.
   *
   * @param outputs - such as `1:file:/var/log/libvirt/debug.log`, several with spaces between; null or empty: as by default
   * @param flags - none are defined; 0
   * @see virAdmConnectSetLoggingOutputs
   * @since libvirt 3.0.0
   */
  setLoggingOutputs(outputs: string | null, flags = 0): Promise<void> {
    return this.call((conn) => native.virAdmConnectSetLoggingOutputs(conn, outputs, flags));
  }

  /**
   * Which parts of the daemon log how much, in the spelling of `log_filters` in its configuration.
   *
   * @param flags - none are defined; 0
   * @see virAdmConnectGetLoggingFilters
   * @since libvirt 3.0.0
   */
  getLoggingFilters(flags = 0): Promise<string> {
    return this.call((conn) => native.virAdmConnectGetLoggingFilters(conn, flags));
  }

  /**
   * Says which parts of the daemon are to log how much.
   *
   * @param filters - such as `1:qemu 3:rpc`; null or empty: none
   * @param flags - none are defined; 0
   * @see virAdmConnectSetLoggingFilters
   * @since libvirt 3.0.0
   */
  setLoggingFilters(filters: string | null, flags = 0): Promise<void> {
    return this.call((conn) => native.virAdmConnectSetLoggingFilters(conn, filters, flags));
  }

  /**
   * Says after how many seconds without clients and machines the daemon ends itself.
   *
   * @param timeout - seconds; 0: never
   * @param flags - none are defined; 0
   * @see virAdmConnectSetDaemonTimeout
   * @since libvirt 8.6.0
   */
  setDaemonTimeout(timeout: number, flags = 0): Promise<void> {
    return this.call((conn) => native.virAdmConnectSetDaemonTimeout(conn, timeout, flags));
  }

  /**
   * Ends the daemon. Machines run on, unless the flags say otherwise.
   *
   * @param flags - `AdmConnectDaemonShutdownFlags.PRESERVE` saves their state first, as the daemon's configuration says
   * @see virAdmConnectDaemonShutdown
   * @since libvirt 11.2.0
   */
  daemonShutdown(flags: AdmConnectDaemonShutdownFlags = 0): Promise<void> {
    return this.call((conn) => native.virAdmConnectDaemonShutdown(conn, flags));
  }
}

/**
 * The version of the administration library that is loaded in this process, counted as `getVersion` counts.
 *
 * @see virAdmGetVersion
 * @since libvirt 2.0.0
 */
export function getAdminVersion(): number {
  try {
    return Number(native.virAdmGetVersion());
  } catch (error) {
    throw toFacadeError(error);
  }
}

function checkOptions(uri: unknown, options: AdminOpenOptions): void {
  if (uri !== undefined && typeof uri !== 'string') {
    throw new TypeError(`AdminConnection.open: uri must be a string but is ${typeof uri}`);
  }
  checkCallOptions(options, 'AdminConnection.open: ');
  checkMaxCalls('AdminConnection.open: ', options.maxCalls);
  checkCloseTimeout('AdminConnection.open: ', options.closeTimeout);
}
