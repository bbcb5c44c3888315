import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Connection, DomainState } from '../lib/index.js';
import { failure } from './helpers.js';
import { describeWithUri } from './testbed/index.js';

jest.setTimeout(60_000);

// People run this against their own hosts, by LIBVIRT_TEST_URI: what it makes has names that nobody else has, goes at the
// end, and what was there is left alone.
describeWithUri('any host', (uri) => {
  const name = `libvirt-napi-${randomUUID()}`;
  let connection: Connection;
  let before: string[];

  const namesOfAll = async (): Promise<string[]> => {
    const objects = [...(await connection.listAllDomains()), ...(await connection.listAllNetworks())];
    return objects.map((object) => `${object.uuid} ${object.name}`).sort();
  };

  beforeAll(async () => {
    connection = await Connection.open(uri());
    before = await namesOfAll();
  });

  afterEach(async () => {
    const all = [...(await connection.listAllDomains()), ...(await connection.listAllNetworks())];
    for (const object of all.filter((each) => each.name === name)) {
      if (await object.isActive()) await object.destroy();
      await object.undefine().catch(() => undefined); // one that was not persistent is gone
    }
  });

  afterAll(async () => {
    await connection.close();
  });

  /** A machine that has nothing to boot, of the first kind that the host can run. */
  async function machineXML(): Promise<string> {
    const capabilities = await connection.getCapabilities();
    const kinds = [...capabilities.matchAll(/<domain type=['"](\w+)['"]/g)].map(([, kind]) => kind);
    const kind = kinds.includes('qemu') ? 'qemu' : (kinds[0] ?? '');
    const type = /<os_type>(\w+)<\/os_type>/.exec(capabilities)?.[1] ?? 'hvm';
    const init = type === 'exe' ? '<init>/bin/sh</init>' : '';
    return `<domain type='${kind}'><name>${name}</name><memory unit='MiB'>32</memory>
      <os><type>${type}</type>${init}</os></domain>`;
  }

  it('says who it is', async () => {
    expect(connection.uri).toBe(await connection.getURI());
    expect(await connection.getType()).toMatch(/^\w/);
    expect(await connection.getHostname()).not.toBe('');
    expect(await connection.getVersion()).toBeGreaterThan(0);
    expect((await connection.getNodeInfo()).cpus).toBeGreaterThan(0);
    expect(await connection.isAlive()).toBe(true);
  });

  it('finds again what it lists', async () => {
    for (const { name, uuid } of await connection.listAllDomains()) {
      expect((await connection.lookupDomainByUUID(uuid)).name).toBe(name);
    }
    for (const { name, uuid } of await connection.listAllNetworks()) {
      expect((await connection.lookupNetworkByName(name)).uuid).toBe(uuid);
    }
    expect(await failure(connection.lookupDomainByName(name))).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
    expect(await failure(connection.lookupNetworkByName(name))).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
  });

  it('runs a network through its life', async () => {
    const bridge = `lvn${name.slice(-8)}`;
    const network = await connection.defineNetworkXML(
      `<network><name>${name}</name><bridge name='${bridge}'/></network>`,
    );
    expect([await network.isActive(), await network.isPersistent()]).toEqual([false, true]);
    await network.create();
    expect([await network.isActive(), await network.getBridgeName()]).toEqual([true, bridge]);
    expect(await network.getXMLDesc()).toContain(`<name>${name}</name>`);
    await network.destroy();
    await network.undefine();
    expect(await failure(connection.lookupNetworkByName(name))).toMatchObject({ code: 'VIR_ERR_NO_NETWORK' });
  });

  it('runs a machine through its life', async () => {
    const domain = await connection.defineDomainXML(await machineXML());
    expect([(await domain.getState()).state, await domain.isPersistent()]).toEqual([DomainState.SHUTOFF, true]);
    const running = domain.waitForState(DomainState.RUNNING);
    await domain.create();
    await running;
    expect(await domain.getID()).toBeGreaterThan(0);
    expect((await connection.listAllDomains()).map((each) => each.name)).toContain(name);
    await domain.suspend();
    expect((await domain.getState()).state).toBe(DomainState.PAUSED);
    await domain.resume();
    await domain.destroy();
    await domain.undefine();
    expect(await failure(domain.getInfo())).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN' });
  });

  it('is as it was', async () => {
    expect(await namesOfAll()).toEqual(before);
  });
});
