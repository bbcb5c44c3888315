/** What the suites of the raw layer have in common. */
import { native, type virConnect } from '../lib/native.js';
import { machineXML, networkXML, type Scratch } from './helpers.js';

export const functions = native.runtime.functions();
export const uuid = '11111111-2222-4333-8444-555555555555';
export const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** A host with a machine that is on, one that is off, a network and a pool. */
export function openHost(scratch: Scratch): Promise<virConnect> {
  return native.virConnectOpen(
    scratch.host(
      machineXML({ name: 'on', uuid, memory: 131072 }) +
        machineXML({ name: 'off', state: 5 }) +
        networkXML('net', 'virbr7') +
        '<pool type="dir"><name>pool</name><target><path>/pool</path></target></pool>',
    ),
  );
}
