import type {
  IPAddrType,
  NetworkMetadataType,
  NetworkPortCreateFlags,
  NetworkUpdateCommand,
  NetworkUpdateFlags,
  NetworkUpdateSection,
  NetworkXMLFlags,
} from './constants.js';
import type { Connection } from './connection.js';
import type { NetworkEvents } from './events/event-map.js';
import { native } from './native.js';
import type { virConnect, virNetwork, virNetworkDHCPLease } from './native-types.js';
import { NetworkPort } from './network-port.js';
import { mapInTurns } from './turns.js';
import { waitOptions, type WaitOptions, waitUntil } from './waiting.js';
import { NamedObject } from './watched.js';

/** An address that a network's DHCP server has given out. */
export interface DHCPLease {
  /** The network's bridge, such as `virbr0`. */
  iface: string;
  /** When the lease ends; null when it does not. */
  expiryTime: Date | null;
  /** Whether the address is IPv4 or IPv6. */
  type: IPAddrType;
  /** The MAC address of the machine's interface. */
  mac: string | null;
  /** The interface's identity association; IPv6 only. */
  iaid: string | null;
  /** The address itself, such as `192.168.122.2`. */
  ipaddr: string;
  /** The length of the network part of the address in bits. */
  prefix: number;
  /** The name that the machine asked with or that the network gives it. */
  hostname: string | null;
  /** The client identifier, for IPv6 the DUID. */
  clientid: string | null;
}

/** Whose address is waited for; with both, both have to fit. */
export interface LeaseWaitOptions extends WaitOptions {
  /** The MAC address of the machine's interface. */
  mac?: string;
  /** The name that the machine has with the network. */
  hostname?: string;
}

/**
 * A virtual network: a bridge on the host with, as its XML says, addresses, DHCP, name service, NAT or routes.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-network.html}
 */
export class Network extends NamedObject<virNetwork, NetworkEvents> {
  /** @internal */
  protected override readonly prefix = 'network';

  /** @internal */
  static of(connection: Connection, handle: virNetwork): Network {
    return new Network(connection, handle, native.virNetworkGetName(handle), native.virNetworkGetUUIDString(handle));
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virNetwork> {
    return native.virNetworkLookupByUUIDString(conn, this.uuid);
  }

  /**
   * Starts a defined network: its bridge appears on the host and its DHCP server runs.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is active already
   * @see virNetworkCreate
   * @since libvirt 0.2.0
   */
  create(): Promise<void> {
    return this.call((network) => native.virNetworkCreate(network));
  }

  /**
   * Stops the network. Machines on it keep their interfaces but lose the bridge. A network that is not persistent is
   * gone afterwards.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it is not active
   * @see virNetworkDestroy
   * @since libvirt 0.2.0
   */
  destroy(): Promise<void> {
    return this.call((network) => native.virNetworkDestroy(network));
  }

  /**
   * Removes the definition. A network that is active stays so until it is destroyed.
   *
   * @see virNetworkUndefine
   * @since libvirt 0.2.0
   */
  undefine(): Promise<void> {
    return this.call((network) => native.virNetworkUndefine(network));
  }

  /**
   * The network's XML description.
   *
   * @param flags - `NetworkXMLFlags.INACTIVE` for the definition in place of what is active
   * @see virNetworkGetXMLDesc
   * @since libvirt 0.2.0
   */
  getXMLDesc(flags: NetworkXMLFlags = 0): Promise<string> {
    return this.call((network) => native.virNetworkGetXMLDesc(network, flags));
  }

  /**
   * The name of the bridge on the host, such as `virbr0`.
   *
   * @throws LibvirtError `VIR_ERR_INTERNAL_ERROR` when the network has none
   * @see virNetworkGetBridgeName
   * @since libvirt 0.2.0
   */
  getBridgeName(): Promise<string> {
    return this.call((network) => native.virNetworkGetBridgeName(network));
  }

  /**
   * Whether the network starts when the daemon does.
   *
   * @see virNetworkGetAutostart
   * @since libvirt 0.2.1
   */
  getAutostart(): Promise<boolean> {
    return this.call((network) => native.virNetworkGetAutostart(network));
  }

  /**
   * Says whether the network is to start when the daemon does.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the network is not persistent
   * @see virNetworkSetAutostart
   * @since libvirt 0.2.1
   */
  setAutostart(autostart: boolean): Promise<void> {
    return this.call((network) => native.virNetworkSetAutostart(network, autostart));
  }

  /**
   * Whether the network is started.
   *
   * @see virNetworkIsActive
   * @since libvirt 0.7.3
   */
  isActive(): Promise<boolean> {
    return this.call((network) => native.virNetworkIsActive(network));
  }

  /**
   * Whether the network has a definition that outlives its being stopped.
   *
   * @see virNetworkIsPersistent
   * @since libvirt 0.7.3
   */
  isPersistent(): Promise<boolean> {
    return this.call((network) => native.virNetworkIsPersistent(network));
  }

  /**
   * The addresses that the network's DHCP server has given out.
   *
   * @param mac - only those of the interface with this MAC address
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_SUPPORT` when the driver has no DHCP server, as the test driver
   * @see virNetworkGetDHCPLeases
   * @since libvirt 1.2.6
   */
  getDHCPLeases(mac?: string | null, flags = 0): Promise<DHCPLease[]> {
    return this.call(async (network) => (await native.virNetworkGetDHCPLeases(network, mac, flags)).map(toLease));
  }

  /**
   * Waits until the network's DHCP server has given an address to a machine; one that it has already counts.
   *
   * libvirt has no event for that. So it looks after each event of a machine's start and of the network's, and in between
   * after a quarter of a second, a half, and then every second, as long as somebody waits.
   *
   * @returns the first lease that fits
   * @throws LibvirtError `ERR_LIBVIRT_TIMEOUT`; `VIR_ERR_OPERATION_INVALID` when the network is not active
   * @example
   * ```ts
   * const { ipaddr } = await network.waitForLease({ mac: '52:54:00:00:00:01', timeout: 60_000 });
   * ```
   * @since libvirt 1.2.6
   */
  async waitForLease(options: LeaseWaitOptions): Promise<DHCPLease> {
    const { mac, hostname, ...limits } = waitOptions('waitForLease', this.options, options);
    if (typeof (mac ?? hostname) !== 'string' || typeof (hostname ?? mac) !== 'string') {
      throw new TypeError('waitForLease: mac or hostname must be given, as a string');
    }
    const fits = (lease: DHCPLease): boolean =>
      (mac === undefined || lease.mac?.toLowerCase() === mac.toLowerCase()) &&
      (hostname === undefined || lease.hostname === hostname);
    const wait = {
      connection: this.connection,
      operation: 'Network.waitForLease',
      what: `a lease of ${mac ?? hostname ?? ''} on ${this.name}`,
      triggers: [
        { name: 'network:lifecycle', object: this, optional: true },
        { name: 'domain:lifecycle', optional: true },
      ] as const,
      look: async () => (await this.getDHCPLeases()).find(fits),
      poll: { least: 250, most: 1000 },
    };
    return waitUntil(wait, limits);
  }

  /**
   * Changes a part of the network, where that is possible while it is active: a DHCP host, a forwarded interface, a DNS
   * name.
   *
   * @param command - whether the part is added, changed or deleted
   * @param section - which kind of part it is
   * @param parentIndex - where there are several of what holds it, such as `ip`, which of them, from 0; -1: libvirt chooses
   * @param xml - the part itself, such as `<host mac="52:54:00:00:00:01" ip="192.168.122.45"/>`
   * @param flags - `NetworkUpdateFlags`: the active network, its definition, or both
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the part is there already, or is not there
   * @see virNetworkUpdate
   * @since libvirt 0.10.2
   */
  update(
    command: NetworkUpdateCommand,
    section: NetworkUpdateSection,
    parentIndex: number,
    xml: string,
    flags: NetworkUpdateFlags = 0,
  ): Promise<void> {
    return this.call((network) => native.virNetworkUpdate(network, command, section, parentIndex, xml, flags));
  }

  /**
   * A text that was kept with the network: its title, its description, or an element of a program's own.
   *
   * @param uri - for an element: the namespace that it is in
   * @param flags - `NetworkUpdateFlags`: the active network or its definition
   * @throws LibvirtError `VIR_ERR_NO_NETWORK_METADATA` when there is none
   * @see virNetworkGetMetadata
   * @since libvirt 9.7.0
   */
  getMetadata(type: NetworkMetadataType, uri?: string | null, flags: NetworkUpdateFlags = 0): Promise<string> {
    return this.call((network) => native.virNetworkGetMetadata(network, type, uri, flags));
  }

  /**
   * Keeps a text with the network.
   *
   * @param metadata - the text, for an element its XML; null removes what is there
   * @param key - for an element: the prefix of its namespace
   * @param uri - for an element: its namespace
   * @param flags - `NetworkUpdateFlags`: the active network, its definition, or both
   * @see virNetworkSetMetadata
   * @since libvirt 9.7.0
   */
  setMetadata(
    type: NetworkMetadataType,
    metadata: string | null,
    key?: string | null,
    uri?: string | null,
    flags: NetworkUpdateFlags = 0,
  ): Promise<void> {
    return this.call((network) => native.virNetworkSetMetadata(network, type, metadata, key, uri, flags));
  }

  /**
   * The network's ports: one for each interface of a machine that is plugged into it.
   *
   * @param flags - none are defined; 0
   * @see virNetworkListAllPorts
   * @since libvirt 5.5.0
   */
  listAllPorts(flags = 0): Promise<NetworkPort[]> {
    return this.call(async (network) =>
      mapInTurns(await native.virNetworkListAllPorts(network, flags), (port) => NetworkPort.of(this.itself, port)),
    );
  }

  /**
   * The port with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_NETWORK_PORT`
   * @see virNetworkPortLookupByUUIDString
   * @since libvirt 5.5.0
   */
  lookupPortByUUID(uuid: string): Promise<NetworkPort> {
    return this.call(async (network) =>
      NetworkPort.of(this.itself, await native.virNetworkPortLookupByUUIDString(network, uuid)),
    );
  }

  /**
   * Makes a port. For machines that libvirt runs it does so by itself.
   *
   * @param flags - `NetworkPortCreateFlags.RECLAIM` for a port that is in use already, after a restart
   * @see virNetworkPortCreateXML
   * @since libvirt 5.5.0
   */
  createPortXML(xml: string, flags: NetworkPortCreateFlags = 0): Promise<NetworkPort> {
    return this.call(async (network) =>
      NetworkPort.of(this.itself, await native.virNetworkPortCreateXML(network, xml, flags)),
    );
  }
}

function toLease({ expirytime, ...lease }: virNetworkDHCPLease): DHCPLease {
  return {
    ...lease,
    type: lease.type as IPAddrType,
    expiryTime: expirytime === 0n ? null : new Date(Number(expirytime) * 1000),
  };
}
