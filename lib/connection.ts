import { type CloseOptions, untilOver } from './closing.js';
import { checkKeepAlive, ConnectionAccess, type ConnectionLine, type OpenOptions } from './connection-open.js';
import { ConnectionEvents } from './connection-events.js';
import { ConnectionUri } from './connection-uri.js';
import { EventHub } from './events/hub.js';
import type { ConnectCloseReason } from './constants.js';
import { checkCallOptions, limitsOf } from './limits.js';
import { native } from './native.js';
import type { virConnect } from './native-types.js';
import { Session } from './session.js';
import { StreamLinks } from './stream-links.js';

export type { CloseOptions } from './closing.js';

/**
 * A connection to a hypervisor: everything begins here.
 *
 * At most `maxCalls` calls run at once. The others wait, and quick ones, such as `getState()` or `destroy()`, may overtake
 * them: await a call where the order matters. An open connection that nobody waits for does not keep the process alive.
 *
 * @example
 * ```ts
 * const connection = await Connection.open('qemu:///system');
 * for (const domain of await connection.listAllDomains()) console.log(domain.name);
 * await connection.close();
 * ```
 * @see {@link https://libvirt.org/html/libvirt-libvirt-host.html}
 */
export class Connection extends ConnectionEvents implements AsyncDisposable {
  /** The URI that was opened, as libvirt has it; where none was given, the one that libvirt chose. */
  readonly uri: string;
  /** @internal */
  override readonly session: Session<virConnect>;
  /** @internal All that is listened to. */
  override readonly hub: EventHub;
  // Views share what belongs to the connection itself.
  /** @internal */
  protected override readonly base: Connection;
  /** @internal */
  override readonly streams: StreamLinks;
  private readonly access: ConnectionAccess;

  private constructor(access: ConnectionAccess, session: Session<virConnect>) {
    super();
    this.access = access;
    this.session = session;
    this.uri = (session.line as ConnectionLine).uri;
    this.streams = new StreamLinks(session, access);
    session.streams = this.streams;
    this.base = this;
    this.hub = new EventHub(this);
    session.listener = this.hub;
  }

  /**
   * Opens a connection.
   *
   * Without a URI it is the one of the environment variable `LIBVIRT_DEFAULT_URI`, or else libvirt's own choice. Opening
   * has no time limit in libvirt: give a `signal` or a `timeout` where the other side may hang. Nothing is ever asked on
   * the process's terminal unless `interactive` says so. While two opens of a URI that nobody waits for any more have not
   * been ended by libvirt, further ones wait: for ever, without a limit.
   *
   * @param uri - `driver[+transport]://[user@][host][:port]/[path][?parameters]`, or an alias of libvirt.conf
   * @throws LibvirtError whose message and `hints` say which socket or host was tried and what to look at
   * @throws whatever the function throws that is asked for credentials
   * @see virConnectOpen, virConnectOpenReadOnly, virConnectOpenAuth
   * @since libvirt 0.0.3; with credentials 0.4.0
   */
  static async open(uri?: string | ConnectionUri, options: OpenOptions = {}): Promise<Connection> {
    const access = new ConnectionAccess(uri, options);
    const { signal, timeout } = options;
    signal?.throwIfAborted();
    const limits = { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
    return new Connection(access, await Session.open(access, limits));
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    // Some people write a password there.
    return { uri: ConnectionUri.parse(this.uri).toDisplayString() };
  }

  /**
   * Closes the connection and everything that was found through it.
   *
   * What waits in the queue is rejected at once with `ERR_LIBVIRT_CLOSED`. Calls that run are waited for, at most
   * `timeout`; C cannot stop them, so after that time their callers are rejected, and the link goes when they return.
   * Closing again does nothing more.
   *
   * @see virConnectClose
   * @since libvirt 0.0.3
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkCallOptions(options, 'close: ');
    const bounded = { ...options, timeout: options.timeout ?? this.access.closeTimeout };
    const limits = limitsOf(bounded);
    await this.session.close(bounded);
    await untilOver(this.streams.close(), limits);
  }

  /**
   * Resolves when the connection has ended for good, with the reason: after {@link close}, or when the link was lost and
   * is not to be made again; then the event `close` comes, too. It never rejects.
   *
   * Drivers without a daemon, as `test:///default`, have no link that could be lost: there it settles after `close()`
   * only.
   */
  get closed(): Promise<ConnectCloseReason> {
    return this.session.closed;
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Whether the link to the daemon stands, as far as this side knows: the daemon is not asked.
   *
   * @see virConnectIsAlive
   * @since libvirt 0.9.8
   */
  isAlive(): Promise<boolean> {
    // A call may be one that waits until the link stands again.
    return this.session.isLost ? Promise.resolve(false) : this.call((conn) => native.virConnectIsAlive(conn));
  }

  /**
   * Asks the daemon every `interval` seconds whether it lives, and gives the link up when `count` more intervals pass
   * without an answer: every call then rejects with `ERR_LIBVIRT_DISCONNECTED`. Connections do this from the start
   * unless `keepAlive` was false.
   *
   * @param interval - seconds; 0 or less: never
   * @param count - intervals; 0 is the same as 1
   * @returns whether the other side takes part
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` when there is no daemon, as with the test driver
   * @see virConnectSetKeepAlive
   * @since libvirt 0.9.8
   */
  setKeepAlive(interval: number, count: number): Promise<boolean> {
    return this.call(() => {
      checkKeepAlive('setKeepAlive: ', { interval, count });
      const { keepAlive } = this.session.line as ConnectionLine;
      this.access.keepAlive = interval > 0 ? { interval, count } : false;
      return keepAlive.start({ interval, count });
    });
  }
}
