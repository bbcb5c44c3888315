import { ChildObject } from './child.js';
import { unlimited } from './limits.js';
import { native } from './native.js';
import type { virNetworkPort } from './native-types.js';
import { nest } from './nested.js';
import type { Network } from './network.js';
import { type NetworkPortParameters, type Settable, toWire } from './params.js';

/**
 * A port of a network: where one interface of a machine is plugged in. libvirt makes and deletes ports with the machines.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-network.html}
 */
export class NetworkPort extends ChildObject<virNetworkPort> {
  /** The network that it is a port of. */
  readonly network: Network;
  /**
   * Its UUID in the usual form of 36 characters.
   *
   * @see virNetworkPortGetUUID, virNetworkPortGetUUIDString
   * @since libvirt 5.5.0
   */
  readonly uuid: string;

  /** @internal */
  protected constructor(network: Network, handle: virNetworkPort) {
    super(network.connection, handle);
    this.network = network;
    this.uuid = native.virNetworkPortGetUUIDString(handle);
  }

  /** @internal */
  static of(network: Network, handle: virNetworkPort): NetworkPort {
    return new NetworkPort(network, handle);
  }

  /** @internal */
  protected override async find(): Promise<virNetworkPort> {
    return native.virNetworkPortLookupByUUIDString(await this.network.currentHandle(unlimited), this.uuid);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { uuid: this.uuid, network: this.network.name };
  }

  /**
   * The port's XML description: which machine it belongs to and what it is plugged into.
   *
   * @param flags - none are defined; 0
   * @see virNetworkPortGetXMLDesc
   * @since libvirt 5.5.0
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((port) => native.virNetworkPortGetXMLDesc(port, flags));
  }

  /**
   * The limits of the port's traffic.
   *
   * @param flags - none are defined; 0
   * @see virNetworkPortGetParameters
   * @since libvirt 5.5.0
   */
  getParameters(flags = 0): Promise<NetworkPortParameters> {
    return this.call(async (port) => nest(await native.virNetworkPortGetParameters(port, flags)));
  }

  /**
   * Limits the port's traffic. What is left out of a direction that is given is not limited any more.
   *
   * @param flags - none are defined; 0
   * @see virNetworkPortSetParameters
   * @since libvirt 5.5.0
   */
  setParameters(params: Settable<NetworkPortParameters>, flags = 0): Promise<void> {
    return this.call((port) =>
      native.virNetworkPortSetParameters(
        port,
        toWire('virNetworkPortSetParameters', 'networkPortBandwidth', params),
        flags,
      ),
    );
  }

  /**
   * Unplugs and deletes the port. A machine that uses it loses its network.
   *
   * @param flags - none are defined; 0
   * @see virNetworkPortDelete
   * @since libvirt 5.5.0
   */
  delete(flags = 0): Promise<void> {
    return this.call((port) => native.virNetworkPortDelete(port, flags));
  }
}
