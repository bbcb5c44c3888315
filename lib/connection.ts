import { checkKeepAlive, openConnection, type Opened, type OpenOptions } from './connection-open.js';
import type { ConnectionUri } from './connection-uri.js';
import type {
  ConnectListAllDomainsFlags,
  ConnectListAllNetworksFlags,
  DomainCreateFlags,
  DomainDefineFlags,
  DomainStatsTypes,
  NetworkCreateFlags,
  NetworkDefineFlags,
} from './constants.js';
import { Domain } from './domain.js';
import { type DomainStats, toDomainStats } from './domain-stats.js';
import { isErrorRecord, ownError } from './errors.js';
import type { KeepAlive } from './keepalive.js';
import { type CallOptions, checkCallOptions } from './limits.js';
import { native } from './native.js';
import type { virConnect, virDomain, virDomainStatsRecord } from './native-types.js';
import { Network } from './network.js';
import { isPromise, LibvirtObject } from './object.js';
import { mapInTurns } from './turns.js';

/** @internal What a connection is joined to at the moment; a new number for every time that it is opened. */
export interface Link {
  readonly handle: virConnect;
  readonly generation: number;
}

/** How long closing may take. */
export interface CloseOptions {
  /** Milliseconds to wait for calls that run; `closeTimeout` of the connection when left out. */
  timeout?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** The host as libvirt sees it. */
export interface NodeInfo {
  /** The CPU's architecture, such as `x86_64`. */
  model: string;
  /** Memory in KiB. */
  memory: number;
  /** Active CPUs. */
  cpus: number;
  /** The CPUs' expected frequency in MHz; 0 when it is not known. */
  mhz: number;
  /** NUMA cells. */
  nodes: number;
  /** Sockets of each cell. */
  sockets: number;
  /** Cores of each socket. */
  cores: number;
  /** Threads of each core. */
  threads: number;
}

/** One machine's share of the bulk statistics. */
export interface DomainStatsRecord {
  domain: Domain;
  stats: DomainStats;
}

/**
 * A connection to a hypervisor: everything begins here.
 *
 * Calls start in the order in which they are made; at most `maxCalls` of them run at once. An open connection that
 * nobody waits for does not keep the process alive.
 *
 * @example
 * ```ts
 * const connection = await Connection.open('qemu:///system');
 * for (const domain of await connection.listAllDomains()) console.log(domain.name);
 * await connection.close();
 * ```
 * @see {@link https://libvirt.org/html/libvirt-libvirt-host.html}
 */
export class Connection extends LibvirtObject<virConnect> implements AsyncDisposable {
  /** The URI that was opened, as libvirt has it; where none was given, the one that libvirt chose. */
  readonly uri: string;
  /** @internal */
  readonly link: Link;
  // Views share what belongs to the connection itself.
  private readonly base: this;
  private readonly closeTimeout: number;
  private readonly state: { closing?: Promise<unknown> };

  private readonly keepAlive: KeepAlive;

  private constructor({ handle, closeTimeout, keepAlive }: Opened) {
    super();
    this.link = { handle, generation: 1 };
    this.uri = native.virConnectGetURI(handle);
    this.closeTimeout = closeTimeout;
    this.keepAlive = keepAlive;
    this.base = this;
    this.state = {};
  }

  /**
   * Opens a connection.
   *
   * Without a URI it is the one of the environment variable `LIBVIRT_DEFAULT_URI`, or else libvirt's own choice. Opening
   * has no time limit in libvirt: give a `signal` or a `timeout` where the other side may hang. Nothing is ever asked on
   * the process's terminal unless `interactive` says so.
   *
   * @param uri - `driver[+transport]://[user@][host][:port]/[path][?parameters]`, or an alias of libvirt.conf
   * @throws LibvirtError whose message and `hints` say which socket or host was tried and what to look at
   * @see virConnectOpen, virConnectOpenReadOnly
   * @since libvirt 0.0.3
   */
  static async open(uri?: string | ConnectionUri, options: OpenOptions = {}): Promise<Connection> {
    return new Connection(await openConnection(uri, options));
  }

  /** @internal */
  protected override handle(): virConnect {
    return this.link.handle;
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { uri: this.uri };
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
    checkCallOptions(options);
    const { handle } = this.link;
    this.keepAlive.stop();
    this.state.closing ??= native.virConnectClose(handle).catch(ignoreClosed);
    const abandon = () => {
      native.runtime.abandon(handle);
    };
    const timer = setTimeout(abandon, options.timeout ?? this.closeTimeout);
    options.signal?.addEventListener('abort', abandon, { once: true });
    if (options.signal?.aborted === true) abandon();
    try {
      await this.state.closing;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abandon);
    }
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
    return this.call((conn) => native.virConnectIsAlive(conn));
  }

  /**
   * Whether nobody can listen in: the link is encrypted or does not leave the host.
   *
   * @see virConnectIsSecure
   * @since libvirt 0.7.3
   */
  isSecure(): Promise<boolean> {
    return this.call((conn) => native.virConnectIsSecure(conn));
  }

  /**
   * Whether the link is encrypted.
   *
   * @see virConnectIsEncrypted
   * @since libvirt 0.7.3
   */
  isEncrypted(): Promise<boolean> {
    return this.call((conn) => native.virConnectIsEncrypted(conn));
  }

  /**
   * The URI as libvirt has it, the same as the property `uri`.
   *
   * @see virConnectGetURI
   * @since libvirt 0.3.0
   */
  getURI(): Promise<string> {
    return this.call((conn) => native.virConnectGetURI(conn));
  }

  /**
   * The driver's name, such as `QEMU`, `Test` or `LXC`.
   *
   * @see virConnectGetType
   * @since libvirt 0.0.3
   */
  getType(): Promise<string> {
    return this.call((conn) => native.virConnectGetType(conn));
  }

  /**
   * The hypervisor's version: `major * 1000000 + minor * 1000 + release`.
   *
   * @see virConnectGetVersion
   * @since libvirt 0.0.3
   */
  getVersion(): Promise<number> {
    return this.call((conn) => native.virConnectGetVersion(conn));
  }

  /**
   * The version of libvirt on the other side: `major * 1000000 + minor * 1000 + release`.
   *
   * @see virConnectGetLibVersion
   * @since libvirt 0.7.3
   */
  getLibVersion(): Promise<number> {
    return this.call((conn) => native.virConnectGetLibVersion(conn));
  }

  /**
   * The host's name.
   *
   * @see virConnectGetHostname
   * @since libvirt 0.3.0
   */
  getHostname(): Promise<string> {
    return this.call((conn) => native.virConnectGetHostname(conn));
  }

  /**
   * What the host and its hypervisor can do: an XML document.
   *
   * @see virConnectGetCapabilities
   * @since libvirt 0.2.1
   */
  getCapabilities(): Promise<string> {
    return this.call((conn) => native.virConnectGetCapabilities(conn));
  }

  /**
   * The host's CPUs and memory.
   *
   * @see virNodeGetInfo
   * @since libvirt 0.1.0
   */
  getNodeInfo(): Promise<NodeInfo> {
    return this.call((conn) => native.virNodeGetInfo(conn));
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
      checkKeepAlive('setKeepAlive', { interval, count });
      return this.keepAlive.start({ interval, count });
    });
  }

  /**
   * The machines of the host.
   *
   * @param flags - only some of them: `ConnectListAllDomainsFlags.ACTIVE` and others; 0 for all
   * @see virConnectListAllDomains
   * @since libvirt 0.9.13
   */
  listAllDomains(flags: ConnectListAllDomainsFlags = 0): Promise<Domain[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllDomains(conn, flags), (domain) => Domain.of(this.base, domain)),
    );
  }

  /**
   * The running machine with this number.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByID
   * @since libvirt 0.0.3
   */
  lookupDomainByID(id: number): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByID(conn, id)));
  }

  /**
   * The machine with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByName
   * @since libvirt 0.0.3
   */
  lookupDomainByName(name: string): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByName(conn, name)));
  }

  /**
   * The machine with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByUUIDString
   * @since libvirt 0.1.1
   */
  lookupDomainByUUID(uuid: string): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByUUIDString(conn, uuid)));
  }

  /**
   * Defines a machine, or changes the definition of the one with the same UUID. It is not started.
   *
   * @param flags - `DomainDefineFlags.VALIDATE` checks the XML against its schema
   * @see virDomainDefineXML, virDomainDefineXMLFlags
   * @since libvirt 0.1.1; with flags 1.2.12
   */
  defineDomainXML(xml: string, flags: DomainDefineFlags = 0): Promise<Domain> {
    return this.call(async (conn) =>
      Domain.of(
        this.base,
        await (flags === 0 ? native.virDomainDefineXML(conn, xml) : native.virDomainDefineXMLFlags(conn, xml, flags)),
      ),
    );
  }

  /**
   * Starts a machine that has no definition: it is gone when it stops.
   *
   * @see virDomainCreateXML
   * @since libvirt 0.5.0
   */
  createDomainXML(xml: string, flags: DomainCreateFlags = 0): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainCreateXML(conn, xml, flags)));
  }

  /**
   * Statistics of many machines in one call.
   *
   * @param stats - the groups that are wanted, `DomainStatsTypes`; 0 for all that the driver has
   * @param flags - which machines, and how: `ConnectGetAllDomainStatsFlags`
   * @see virConnectGetAllDomainStats
   * @since libvirt 1.2.8
   */
  getAllDomainStats(stats: DomainStatsTypes = 0, flags = 0): Promise<DomainStatsRecord[]> {
    return this.call(async (conn) => this.toStatsRecords(await native.virConnectGetAllDomainStats(conn, stats, flags)));
  }

  /**
   * Statistics of some machines, all of this connection, in one call.
   *
   * @param stats - the groups that are wanted, `DomainStatsTypes`; 0 for all that the driver has
   * @param flags - `ConnectGetAllDomainStatsFlags`
   * @see virDomainListGetStats
   * @since libvirt 1.2.8
   */
  getDomainListStats(domains: readonly Domain[], stats: DomainStatsTypes = 0, flags = 0): Promise<DomainStatsRecord[]> {
    return this.call(async () => {
      if (!Array.isArray(domains)) throw new TypeError('getDomainListStats: domains must be an array of Domain');
      const handles = domains.map((domain: Domain) => domain.currentHandle());
      // Awaited only when one has to be looked up again, since what ends a call ends the one that was made first.
      const found = handles.some(isPromise)
        ? await Promise.all(handles.map((handle) => Promise.resolve(handle)))
        : (handles as virDomain[]);
      return this.toStatsRecords(await native.virDomainListGetStats(found, stats, flags));
    });
  }

  private toStatsRecords(records: virDomainStatsRecord[]): Promise<DomainStatsRecord[]> {
    return mapInTurns(records, ({ dom, params }) => ({
      domain: Domain.of(this.base, dom),
      stats: toDomainStats(params),
    }));
  }

  /**
   * The host's virtual networks.
   *
   * @param flags - only some of them: `ConnectListAllNetworksFlags.ACTIVE` and others; 0 for all
   * @see virConnectListAllNetworks
   * @since libvirt 0.10.2
   */
  listAllNetworks(flags: ConnectListAllNetworksFlags = 0): Promise<Network[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllNetworks(conn, flags), (network) => Network.of(this.base, network)),
    );
  }

  /**
   * The network with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_NETWORK`
   * @see virNetworkLookupByName
   * @since libvirt 0.2.0
   */
  lookupNetworkByName(name: string): Promise<Network> {
    return this.call(async (conn) => Network.of(this.base, await native.virNetworkLookupByName(conn, name)));
  }

  /**
   * The network with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_NETWORK`
   * @see virNetworkLookupByUUIDString
   * @since libvirt 0.2.0
   */
  lookupNetworkByUUID(uuid: string): Promise<Network> {
    return this.call(async (conn) => Network.of(this.base, await native.virNetworkLookupByUUIDString(conn, uuid)));
  }

  /**
   * Defines a network, or changes the definition of the one with the same UUID. It is not started.
   *
   * @param flags - `NetworkDefineFlags.VALIDATE` checks the XML against its schema
   * @see virNetworkDefineXML, virNetworkDefineXMLFlags
   * @since libvirt 0.2.0; with flags 7.7.0
   */
  defineNetworkXML(xml: string, flags: NetworkDefineFlags = 0): Promise<Network> {
    return this.call(async (conn) =>
      Network.of(
        this.base,
        await (flags === 0 ? native.virNetworkDefineXML(conn, xml) : native.virNetworkDefineXMLFlags(conn, xml, flags)),
      ),
    );
  }

  /**
   * Starts a network that has no definition: it is gone when it is stopped.
   *
   * @see virNetworkCreateXML, virNetworkCreateXMLFlags
   * @since libvirt 0.2.0; with flags 7.8.0
   */
  createNetworkXML(xml: string, flags: NetworkCreateFlags = 0): Promise<Network> {
    return this.call(async (conn) =>
      Network.of(
        this.base,
        await (flags === 0 ? native.virNetworkCreateXML(conn, xml) : native.virNetworkCreateXMLFlags(conn, xml, flags)),
      ),
    );
  }
}

// Abandoned, or closed through the raw layer before: either way there is nothing more to close.
function ignoreClosed(error: unknown): void {
  if (!isErrorRecord(error) || error.code !== 'ERR_LIBVIRT_CLOSED') {
    throw isErrorRecord(error) ? ownError('ERR_LIBVIRT_CLOSED', error.operation, error.message, error) : error;
  }
}

export type { CallOptions, OpenOptions };
