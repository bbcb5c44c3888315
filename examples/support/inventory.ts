import type { Connection } from 'libvirt-napi';
import { refusalOf } from './refusal.js';
import { listMachines } from '../steps/list-machines.js';
import { listNetworks } from '../steps/list-networks.js';

/** What there is and in which state: `network default` is `active, autostart`. */
export type Inventory = Map<string, string>;

/** All networks and machines of a host, to be compared later. */
export async function takeInventory(connection: Connection): Promise<Inventory> {
  const [networks, machines] = await Promise.all([
    orNothing(listNetworks(connection)),
    orNothing(listMachines(connection, 'all')),
  ]);
  return new Map([
    ...networks.map(({ name, active, autostart, persistent }): [string, string] => [
      `network ${name}`,
      `${active ? 'active' : 'inactive'}, autostart ${autostart ? 'on' : 'off'}, ${persistent ? 'persistent' : 'transient'}`,
    ]),
    ...machines.map(({ name, state }): [string, string] => [`machine ${name}`, state]),
  ]);
}

async function orNothing<T>(list: Promise<T[]>): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return [];
  }
}

/** What is not as it was: `network default: was …, is …`, under the name of what it concerns. */
export function compareInventories(before: Inventory, after: Inventory): Map<string, string> {
  const differences = new Map<string, string>();
  for (const object of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(object) ?? 'not there', after.get(object) ?? 'not there'];
    if (was !== is) differences.set(object, `${object}: was ${was}, is ${is}`);
  }
  return differences;
}
