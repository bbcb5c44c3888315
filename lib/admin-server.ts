import { AdminClient } from './admin-client.js';
import type { AdminConnection } from './admin-connection.js';
import type { Limits } from './limits.js';
import { native } from './native.js';
import type { virAdmServer } from './native-types.js';
import { nest } from './nested.js';
import { LibvirtObject } from './object.js';
import {
  type ClientLimits,
  type ClientLimitSettings,
  type Settable,
  type ThreadPoolParameters,
  type ThreadPoolSettings,
  toWire,
} from './params.js';
import { mapInTurns } from './turns.js';

/**
 * A server of a daemon: what listens on its sockets and has clients.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-admin.html}
 */
export class AdminServer extends LibvirtObject<virAdmServer> {
  /** The connection that it was found on. */
  readonly connection: AdminConnection;
  /**
   * Its name, such as `libvirtd`.
   *
   * @see virAdmServerGetName
   * @since libvirt 2.0.0
   */
  readonly name: string;
  private readonly current: { handle: virAdmServer; generation: number };

  /** @internal */
  protected constructor(connection: AdminConnection, handle: virAdmServer) {
    super();
    this.connection = connection;
    this.current = { handle, generation: connection.session.link.generation };
    this.name = native.virAdmServerGetName(handle);
  }

  /** @internal */
  static of(connection: AdminConnection, handle: virAdmServer): AdminServer {
    return new AdminServer(connection, handle);
  }

  /** @internal */
  protected override async handle(limits: Limits): Promise<virAdmServer> {
    const { session } = this.connection;
    const conn = await session.handle(limits.left);
    const { generation } = session.link;
    if (this.current.generation !== generation) {
      this.current.handle = await limits.within(() => native.virAdmConnectLookupServer(conn, this.name, 0));
      this.current.generation = generation;
    }
    return this.current.handle;
  }

  /** @internal */
  protected override toError(error: unknown): unknown {
    return this.connection.session.toError(error);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name };
  }

  /**
   * Everybody who is connected to the server.
   *
   * @param flags - none are defined; 0
   * @see virAdmServerListClients
   * @since libvirt 2.0.0
   */
  listClients(flags = 0): Promise<AdminClient[]> {
    return this.call(async (server) =>
      mapInTurns(await native.virAdmServerListClients(server, flags), (client) => AdminClient.of(this.itself, client)),
    );
  }

  /**
   * The client with this number.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_CLIENT`
   * @see virAdmServerLookupClient
   * @since libvirt 2.0.0
   */
  lookupClient(id: bigint | number, flags = 0): Promise<AdminClient> {
    return this.call(async (server) =>
      AdminClient.of(this.itself, await native.virAdmServerLookupClient(server, id, flags)),
    );
  }

  /**
   * How many clients there are and may be.
   *
   * @param flags - none are defined; 0
   * @see virAdmServerGetClientLimits
   * @since libvirt 2.0.0
   */
  getClientLimits(flags = 0): Promise<ClientLimits> {
    return this.call(async (server) => nest(await native.virAdmServerGetClientLimits(server, flags)));
  }

  /**
   * Says how many clients there may be, until the daemon ends. What is left out stays as it is.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when more may be unauthenticated than may be there
   * @see virAdmServerSetClientLimits
   * @since libvirt 2.0.0
   */
  setClientLimits(limits: Settable<ClientLimitSettings>, flags = 0): Promise<void> {
    return this.call((server) =>
      native.virAdmServerSetClientLimits(
        server,
        toWire('virAdmServerSetClientLimits', 'adminClientLimits', limits),
        flags,
      ),
    );
  }

  /**
   * The threads that the server has for its clients' calls.
   *
   * @param flags - none are defined; 0
   * @see virAdmServerGetThreadPoolParameters
   * @since libvirt 2.0.0
   */
  getThreadPoolParameters(flags = 0): Promise<ThreadPoolParameters> {
    return this.call(async (server) => nest(await native.virAdmServerGetThreadPoolParameters(server, flags)));
  }

  /**
   * Says how many threads the server may have, until the daemon ends. What is left out stays as it is.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when the minimum is above the maximum
   * @see virAdmServerSetThreadPoolParameters
   * @since libvirt 2.0.0
   */
  setThreadPoolParameters(params: Settable<ThreadPoolSettings>, flags = 0): Promise<void> {
    return this.call((server) =>
      native.virAdmServerSetThreadPoolParameters(
        server,
        toWire('virAdmServerSetThreadPoolParameters', 'adminThreadpool', params),
        flags,
      ),
    );
  }

  /**
   * Lets the server read its certificates and keys again, for clients that come from now on.
   *
   * @param flags - none are defined; 0
   * @see virAdmServerUpdateTlsFiles
   * @since libvirt 2.0.0
   */
  updateTlsFiles(flags = 0): Promise<void> {
    return this.call((server) => native.virAdmServerUpdateTlsFiles(server, flags));
  }
}
