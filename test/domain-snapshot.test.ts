import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainSnapshot,
  DomainSnapshotCreateFlags,
  DomainSnapshotDeleteFlags,
  DomainSnapshotListFlags,
  DomainSnapshotRevertFlags,
  DomainState,
  DomainXMLFlags,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure, failures, machineXML, Scratch } from './helpers.js';

const scratch = new Scratch();
const host = scratch.host(machineXML({ name: 'pc1' }) + machineXML({ name: 'pc2' }));
const snapshotXML = (name: string, more = '') => `<domainsnapshot><name>${name}</name>${more}</domainsnapshot>`;
const namesOf = (snapshots: readonly DomainSnapshot[]) => snapshots.map(({ name }) => name).sort();

let connection: Connection;
let domain: Domain;

const make = (name: string, flags = 0) => domain.createSnapshotXML(snapshotXML(name), flags);
/** root ← left ← leaf, root ← right (current) */
async function makeTree(): Promise<[DomainSnapshot, DomainSnapshot, DomainSnapshot, DomainSnapshot]> {
  const root = await make('root');
  const left = await make('left');
  const leaf = await make('leaf');
  await domain.revertToSnapshot(root);
  return [root, left, leaf, await make('right')];
}

beforeEach(async () => {
  connection = await Connection.open(host);
  domain = await connection.lookupDomainByName('pc1');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('snapshots that cannot be', () => {
  it.each([
    ['is not there', () => domain.lookupSnapshotByName('nobody'), 'VIR_ERR_NO_DOMAIN_SNAPSHOT'],
    ['is no XML', () => domain.createSnapshotXML('snapshot'), 'VIR_ERR_XML_DETAIL'],
    ['is a machine', () => domain.createSnapshotXML(machineXML({ name: 'a' })), 'VIR_ERR_XML_ERROR'],
    ['has a flag that nobody knows', () => make('a', 1 << 30), 'VIR_ERR_INVALID_ARG'],
    ['has a name that is taken', async () => [await make('twin'), await make('twin')], 'VIR_ERR_OPERATION_FAILED'],
  ])('one that %s', async (_, call, code) => {
    expect(await failure(call())).toMatchObject({ code });
  });

  it('is gone after it was deleted, also for what would be null of one that is there', async () => {
    const gone = await make('gone');
    await gone.delete();
    const asked = [gone.getParent(), gone.isCurrent(), gone.getXMLDesc(), gone.delete(), gone.numChildren()];
    for (const error of await failures([...asked, domain.revertToSnapshot(gone)])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_SNAPSHOT' });
    }
  });

  it('reverts to none but its own', async () => {
    const other = await (await connection.lookupDomainByName('pc2')).createSnapshotXML(snapshotXML('other'));
    for (const snapshot of [other, 'root' as unknown as DomainSnapshot, null as unknown as DomainSnapshot]) {
      expect(await failure(domain.revertToSnapshot(snapshot))).toBeInstanceOf(TypeError);
    }
  });

  it('has no current one when there is none, and the machine must be there', async () => {
    expect(await domain.hasCurrentSnapshot()).toBe(false);
    expect(await domain.currentSnapshot()).toBeNull();
    await domain.destroy();
    await domain.undefine();
    expect(await failure(domain.currentSnapshot())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });
});

describe('a tree of snapshots', () => {
  it('has parents, children and a current one', async () => {
    const [root, left, leaf, right] = await makeTree();
    expect(await root.getParent()).toBeNull();
    expect(await leaf.getParent()).toMatchObject({ name: 'left', domain });
    expect(await right.getParent()).toMatchObject({ name: 'root' });
    expect(namesOf(await root.listAllChildren())).toEqual(['left', 'right']);
    expect(namesOf(await root.listAllChildren(DomainSnapshotListFlags.DESCENDANTS))).toEqual(['leaf', 'left', 'right']);
    expect([await root.numChildren(), await leaf.numChildren()]).toEqual([2, 0]);
    expect((await root.listChildrenNames(DomainSnapshotListFlags.DESCENDANTS)).sort()).toEqual([
      'leaf',
      'left',
      'right',
    ]);
    expect(await leaf.listAllChildren()).toEqual([]);
    expect(await leaf.listChildrenNames()).toEqual([]);
    expect(await domain.currentSnapshot()).toMatchObject({ name: 'right' });
    expect(await Promise.all([root, left, leaf, right].map((one) => one.isCurrent()))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(await left.hasMetadata()).toBe(true);
  });

  it('is listed, all or some', async () => {
    await makeTree();
    expect(namesOf(await domain.listAllSnapshots())).toEqual(['leaf', 'left', 'right', 'root']);
    expect(namesOf(await domain.listAllSnapshots(DomainSnapshotListFlags.ROOTS))).toEqual(['root']);
    expect(namesOf(await domain.listAllSnapshots(DomainSnapshotListFlags.LEAVES))).toEqual(['leaf', 'right']);
    expect(await domain.numOfSnapshots(DomainSnapshotListFlags.LEAVES)).toBe(2);
    expect((await domain.listSnapshotNames()).sort()).toEqual(['leaf', 'left', 'right', 'root']);
    expect(await domain.listSnapshotNames(DomainSnapshotListFlags.ROOTS)).toEqual(['root']);
    const found = await domain.lookupSnapshotByName('leaf');
    expect(found).toBeInstanceOf(DomainSnapshot);
    expect(found.connection).toBe(connection);
  });

  it('shrinks as its parts are deleted', async () => {
    const [root, left, leaf] = await makeTree();
    await left.delete();
    expect(await leaf.getParent()).toMatchObject({ name: 'root' });
    await root.delete(DomainSnapshotDeleteFlags.CHILDREN_ONLY);
    expect(await domain.listSnapshotNames()).toEqual(['root']);
    await root.delete(DomainSnapshotDeleteFlags.CHILDREN);
    expect(await domain.listAllSnapshots()).toEqual([]);
    expect(await domain.listSnapshotNames()).toEqual([]);
  });

  it('brings the machine back to what it was', async () => {
    const running = await make('running');
    await domain.destroy();
    const off = await make('off');
    const stateAfter = async (snapshot: DomainSnapshot, flags = 0) => {
      await domain.revertToSnapshot(snapshot, flags);
      return (await domain.getState()).state;
    };
    expect(await stateAfter(running)).toBe(DomainState.RUNNING);
    expect(await stateAfter(off)).toBe(DomainState.SHUTOFF);
    expect(await stateAfter(running, DomainSnapshotRevertFlags.PAUSED)).toBe(DomainState.PAUSED);
  });

  it('has XML, with its machine in it', async () => {
    const snapshot = await domain.createSnapshotXML(snapshotXML('told', '<description>größe 😀</description>'));
    const xml = await snapshot.getXMLDesc();
    for (const part of ['<name>told</name>', 'größe 😀', '<state>running</state>', domain.uuid]) {
      expect(xml).toContain(part);
    }
    const again = await domain.createSnapshotXML(
      xml.replace('größe', 'changed'),
      DomainSnapshotCreateFlags.REDEFINE | DomainSnapshotCreateFlags.CURRENT,
    );
    expect(await again.getXMLDesc()).toContain('changed 😀');
    expect(await domain.getXMLDesc(DomainXMLFlags.INACTIVE)).not.toContain('told');
  });

  it('is not bound by the limits of the view that found it', async () => {
    const snapshot = await domain.with({ timeout: 60_000 }).createSnapshotXML(snapshotXML('seen'));
    expect(snapshot.domain).toBe(domain);
  });
});

describe('the raw lists of names', () => {
  it('hold no more than there is room for', async () => {
    await makeTree();
    const conn = connection.link.handle;
    const handle = await native.virDomainLookupByName(conn, 'pc1');
    expect(await native.virDomainSnapshotListNames(handle, 2, 0)).toHaveLength(2);
    expect(await native.virDomainSnapshotListNames(handle, 2 ** 31 - 1, 0)).toHaveLength(4);
    expect(await native.virDomainSnapshotListNames(handle, 0, 0)).toEqual([]);
    expect(await failure(native.virDomainSnapshotListNames(handle, -1, 0))).toMatchObject({ code: 8 });
    expect(await native.virConnectListDomains(conn, 1)).toHaveLength(1);
    expect(await native.virConnectListDefinedDomains(conn, 5)).toEqual([]);
  });
});

describe('many at once', () => {
  it('names stay whole while snapshots come', async () => {
    const made = Promise.all(Array.from({ length: 30 }, (_, i) => make(`s${i}`)));
    const seen = await Promise.all(Array.from({ length: 10 }, () => domain.listSnapshotNames()));
    await made;
    for (const names of seen) expect(new Set(names).size).toBe(names.length);
    expect(await domain.listSnapshotNames()).toHaveLength(30);
  });
});
