import type { AdminServer } from './admin-server.js';
import type { ClientTransport } from './constants.js';
import { native } from './native.js';
import type { virAdmClient } from './native-types.js';
import { nest } from './nested.js';
import { LibvirtObject } from './object.js';
import type { ClientInfo } from './params.js';

/**
 * Somebody who is connected to a daemon.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-admin.html}
 */
export class AdminClient extends LibvirtObject<virAdmClient> {
  /** The server that it is connected to. */
  readonly server: AdminServer;
  /**
   * Its number at the server.
   *
   * @see virAdmClientGetID
   * @since libvirt 2.0.0
   */
  readonly id: bigint;
  private readonly current: virAdmClient;

  /** @internal */
  protected constructor(server: AdminServer, handle: virAdmClient) {
    super();
    this.server = server;
    this.current = handle;
    this.id = native.virAdmClientGetID(handle);
  }

  /** @internal */
  static of(server: AdminServer, handle: virAdmClient): AdminClient {
    return new AdminClient(server, handle);
  }

  /** @internal */
  protected override handle(): virAdmClient {
    return this.current;
  }

  /** @internal A client of a link that is lost is none of the daemon's any more. */
  protected override toError(error: unknown): unknown {
    return this.server.connection.session.toError(error);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { id: this.id, server: this.server.name };
  }

  /**
   * Since when it has been connected.
   *
   * @see virAdmClientGetTimestamp
   * @since libvirt 2.0.0
   */
  getTimestamp(): Promise<Date> {
    return this.call((client) => new Date(Number(native.virAdmClientGetTimestamp(client)) * 1000));
  }

  /**
   * How it is connected.
   *
   * @see virAdmClientGetTransport
   * @since libvirt 2.0.0
   */
  getTransport(): Promise<ClientTransport> {
    return this.call((client) => native.virAdmClientGetTransport(client) as ClientTransport);
  }

  /**
   * Who it is.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_CLIENT` when it is gone
   * @see virAdmClientGetInfo
   * @since libvirt 2.0.0
   */
  getInfo(flags = 0): Promise<ClientInfo> {
    return this.call(async (client) => nest(await native.virAdmClientGetInfo(client, flags)));
  }

  /**
   * Throws it out: its link is cut.
   *
   * @param flags - none are defined; 0
   * @see virAdmClientClose
   * @since libvirt 2.0.0
   */
  close(flags = 0): Promise<void> {
    return this.call((client) => native.virAdmClientClose(client, flags));
  }
}
