import type { Connection, Domain } from 'libvirt-napi';
import type { UndoStack } from '../support/undo.js';
import { parseInterfaces } from '../support/xml.js';
import { stateName } from './list-machines.js';

/** Defines a machine. It is shut off until it is started. */
export async function defineMachine(connection: Connection, xml: string, undo: UndoStack): Promise<Domain> {
  const domain = await connection.defineDomainXML(xml);
  undo.add('undefine', `machine ${domain.name}`, () => domain.undefine());
  return domain;
}

/** Starts a machine. At the end its guest is asked to shut down; after `grace` milliseconds it is switched off. */
export async function startMachine(domain: Domain, grace: number, undo: UndoStack): Promise<void> {
  await domain.create();
  undo.add('stop', `machine ${domain.name}`, () => domain.shutdownAndWait({ fallback: 'destroy', timeout: grace }));
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
