import { ConnectionDomains } from './connection-domains.js';
import type { ConnectListAllNetworksFlags, NetworkCreateFlags, NetworkDefineFlags } from './constants.js';
import { allNames } from './names.js';
import { native } from './native.js';
import { Network } from './network.js';
import { mapInTurns } from './turns.js';

/** The part of {@link Connection} that finds and makes networks. */
export abstract class ConnectionNetworks extends ConnectionDomains {
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
   * How many networks are active.
   *
   * @see virConnectNumOfNetworks
   * @since libvirt 0.2.0
   */
  numOfNetworks(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfNetworks(conn));
  }

  /**
   * The names of the networks that are active.
   *
   * @see virConnectListNetworks
   * @since libvirt 0.2.0
   */
  listNetworks(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfNetworks(conn),
        list: (max) => native.virConnectListNetworks(conn, max),
      }),
    );
  }

  /**
   * How many networks are defined and not active.
   *
   * @see virConnectNumOfDefinedNetworks
   * @since libvirt 0.2.0
   */
  numOfDefinedNetworks(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfDefinedNetworks(conn));
  }

  /**
   * The names of the networks that are defined and not active.
   *
   * @see virConnectListDefinedNetworks
   * @since libvirt 0.2.0
   */
  listDefinedNetworks(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfDefinedNetworks(conn),
        list: (max) => native.virConnectListDefinedNetworks(conn, max),
      }),
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
