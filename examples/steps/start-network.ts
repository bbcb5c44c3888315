import { type Connection, LibvirtError, type Network } from 'libvirt-napi';
import type { UndoStack } from '../support/undo.js';

/** The network with a name; undefined when there is none. */
export async function findNetwork(connection: Connection, name: string): Promise<Network | undefined> {
  try {
    return await connection.lookupNetworkByName(name);
  } catch (error) {
    if (error instanceof LibvirtError && error.code === 'VIR_ERR_NO_NETWORK') return undefined;
    throw error;
  }
}

/** Defines a network that is not there yet. */
export async function defineNetwork(connection: Connection, xml: string, undo: UndoStack): Promise<Network> {
  const network = await connection.defineNetworkXML(xml);
  undo.add('undefine', `network ${network.name}`, () => network.undefine());
  return network;
}

/** Starts a network unless it is active; says whether that was needed. */
export async function startNetwork(network: Network, undo: UndoStack): Promise<boolean> {
  if (await network.isActive()) return false;
  await network.create();
  undo.add('stop', `network ${network.name}`, async () => {
    if (await network.isActive()) await network.destroy();
  });
  return true;
}

/** Lets a network start with the daemon unless it does so already; says whether that was needed. */
export async function autostartNetwork(network: Network, undo: UndoStack): Promise<boolean> {
  if (await network.getAutostart()) return false;
  await network.setAutostart(true);
  undo.add('switch off autostart of', `network ${network.name}`, () => network.setAutostart(false));
  return true;
}
