import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainCheckpoint,
  DomainCheckpointDeleteFlags,
  DomainCheckpointListFlags,
  DomainCheckpointXMLFlags,
} from '../lib/index.js';
import { failure, failures, machineXML, Scratch } from './helpers.js';

const scratch = new Scratch();
// Checkpoints need a disk of a kind that can have bitmaps.
const qcow2 = machineXML({ name: 'pc1' }).replace('<source file=', '<driver name="test" type="qcow2"/><source file=');
const host = scratch.host(qcow2);
const namesOf = (checkpoints: readonly DomainCheckpoint[]) => checkpoints.map(({ name }) => name).sort();

let connection: Connection;
let domain: Domain;

const make = (name: string) => domain.createCheckpointXML(`<domaincheckpoint><name>${name}</name></domaincheckpoint>`);

beforeEach(async () => {
  connection = await Connection.open(host);
  domain = await connection.lookupDomainByName('pc1');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('checkpoints that cannot be', () => {
  it.each([
    ['is not there', () => domain.lookupCheckpointByName('nobody'), 'VIR_ERR_NO_DOMAIN_CHECKPOINT'],
    ['is no XML', () => domain.createCheckpointXML('checkpoint'), 'VIR_ERR_XML_DETAIL'],
    ['is a machine', () => domain.createCheckpointXML(machineXML({ name: 'a' })), 'VIR_ERR_XML_ERROR'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  it('is gone after it was deleted, also for what would be null of one that is there', async () => {
    const gone = await make('gone');
    await gone.delete();
    for (const error of await failures([gone.getParent(), gone.getXMLDesc(), gone.delete(), gone.listAllChildren()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_CHECKPOINT' });
    }
  });
});

describe('a row of checkpoints', () => {
  it('is made, listed, walked and deleted', async () => {
    const [first, second, third] = [await make('first'), await make('second'), await make('third')];
    expect(await first.getParent()).toBeNull();
    expect(await second.getParent()).toMatchObject({ name: 'first', domain });
    expect(namesOf(await domain.listAllCheckpoints())).toEqual(['first', 'second', 'third']);
    expect(namesOf(await domain.listAllCheckpoints(DomainCheckpointListFlags.LEAVES))).toEqual(['third']);
    expect(namesOf(await first.listAllChildren())).toEqual(['second']);
    expect(namesOf(await first.listAllChildren(DomainCheckpointListFlags.DESCENDANTS))).toEqual(['second', 'third']);
    expect(await third.listAllChildren()).toEqual([]);
    expect(await domain.lookupCheckpointByName('third')).toBeInstanceOf(DomainCheckpoint);
    await second.delete();
    expect(await third.getParent()).toMatchObject({ name: 'first' });
    await first.delete(DomainCheckpointDeleteFlags.CHILDREN);
    expect(await domain.listAllCheckpoints()).toEqual([]);
  });

  it('has XML, with its machine or without', async () => {
    const checkpoint = await make('told');
    expect(await checkpoint.getXMLDesc()).toContain(domain.uuid);
    const bare = await checkpoint.getXMLDesc(DomainCheckpointXMLFlags.NO_DOMAIN);
    expect(bare).toContain('<name>told</name>');
    expect(bare).not.toContain(domain.uuid);
  });
});
