import type { Connection, Domain } from 'libvirt-napi';
import type { UndoStack } from '../support/undo.js';
import { parseInterfaces } from '../support/xml.js';
import { stateName } from './list-machines.js';

/** Defines a machine and starts it. */
export async function startMachine(connection: Connection, xml: string, undo: UndoStack): Promise<Domain> {
  const domain = await connection.defineDomainXML(xml);
  undo.add('undefine', `machine ${domain.name}`, () => domain.undefine());
  await domain.create();
  undo.add('stop', `machine ${domain.name}`, async () => {
    // A guest may have stopped by itself.
    if (await domain.isActive()) await domain.destroy();
  });
  return domain;
}

/** A machine's state, and its first interface as the XML of the running machine has it. */
export async function describeMachine(domain: Domain) {
  const { state } = await domain.getState();
  const [nic] = parseInterfaces(await domain.getXMLDesc());
  return { id: await domain.getID(), state: stateName(state), device: nic?.target?.dev, mac: nic?.mac?.address };
}

/** The MAC address of the host's end of the wire: libvirt takes the guest's and begins it with fe. */
export function hostMAC(mac: string): string {
  return `fe${mac.slice(2)}`;
}
