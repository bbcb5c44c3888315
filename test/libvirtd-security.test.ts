import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Connection, type Domain, NWFilterBindingCreateFlags, NWFilterDefineFlags } from '../lib/index.js';
import { failure, failures } from './helpers.js';
import { removeMachines, removeNetworks, tableRows, wiresOf } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { isSince, itSince } from './versions.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const otherUUID = '11111111-2222-4333-8444-555555555555';

describeWithTestbed('network filters of a real libvirtd', (bed) => {
  let connection: Connection;

  const filterXML = (name: string, rules = '', uuid?: string): string =>
    `<filter name='${name}' chain='root'>${uuid === undefined ? '' : `<uuid>${uuid}</uuid>`}${rules}</filter>`;
  // One rule for what the machine is sent, which iptables has, and one for the frames that it sends, which ebtables has.
  const rules = (port: number) =>
    `<rule action='drop' direction='in' priority='500'><tcp dstportstart='${String(port)}'/></rule>
     <rule action='drop' direction='out' priority='500'><mac protocolid='0x88b5'/></rule>`;
  const bindingXML = (device: string, filter: string): string =>
    `<filterbinding><owner><name>somebody</name><uuid>${otherUUID}</uuid></owner><portdev name='${device}'/>
      <mac address='52:54:00:00:00:09'/><filterref filter='${filter}'/></filterbinding>`;

  beforeEach(async () => {
    connection = await Connection.open(bed().uri);
    await removeNetworks(connection);
  });
  afterEach(async () => {
    await removeMachines(connection);
    for (const binding of await connection.listAllNWFilterBindings()) await binding.delete();
    for (const filter of await connection.listAllNWFilters()) {
      if (filter.name.startsWith('lab-')) await filter.undefine();
    }
    await connection.close();
  });

  /** The firewall's rules that speak of this interface of the host, or hang on a chain that is made for it. */
  async function rulesOf(device: string): Promise<string[]> {
    const [ip, bridge] = await Promise.all([bed().run('iptables-save'), bed().run('ebtables-save')]);
    return `${ip}${bridge}`.split('\n').filter((line) => line.startsWith('-A') && line.includes(device));
  }

  async function startMachine(filter: string): Promise<{ domain: Domain; device: string }> {
    // libvirt 7.0 makes it with the first network that has DHCP, and before that has no machine on one without; virsh neither.
    await bed().run('mkdir', ['-p', '/var/lib/libvirt/dnsmasq']);
    await connection.createNetworkXML('<network><name>isolated</name><bridge name="virbr5"/></network>');
    const wire = `<interface type='network'><source network='isolated'/><model type='virtio'/>
      <filterref filter='${filter}'><parameter name='IP' value='10.0.0.1'/></filterref></interface>`;
    const domain = await connection.createDomainXML(guestXML({ name: 'guarded', devices: wire }));
    const [made] = await wiresOf(domain);
    return { domain, device: made?.device ?? '' };
  }

  describe('what is refused', () => {
    const isRefused = async (call: () => Promise<unknown>, code: string): Promise<void> => {
      const before = await connection.numOfNWFilters();
      expect(await failure(call())).toMatchObject({ name: 'LibvirtError', code });
      expect(await connection.numOfNWFilters()).toBe(before);
      expect(await connection.listAllNWFilterBindings()).toEqual([]);
    };

    it.each([
      ['a filter that is not there', () => connection.lookupNWFilterByName('nobody'), 'VIR_ERR_NO_NWFILTER'],
      ['a UUID that is not there', () => connection.lookupNWFilterByUUID(otherUUID), 'VIR_ERR_NO_NWFILTER'],
      ['a UUID that is none', () => connection.lookupNWFilterByUUID('nobody'), 'VIR_ERR_INVALID_ARG'],
      ['an interface without', () => connection.lookupNWFilterBindingByPortDev('lo'), 'VIR_ERR_NO_NWFILTER_BINDING'],
      ['text that is no XML', () => connection.defineNWFilterXML('<filter'), 'VIR_ERR_XML_DETAIL'],
      ['XML of something else', () => connection.defineNWFilterXML('<domain/>'), 'VIR_ERR_XML_ERROR'],
      [
        'a second filter of a name',
        () => connection.defineNWFilterXML(filterXML('clean-traffic', '', otherUUID)),
        'VIR_ERR_OPERATION_FAILED',
      ],
    ])('%s', (_, call, code) => isRefused(call, code));

    itSince('7.7.0', 'nonsense, when it is looked for', () =>
      isRefused(
        () => connection.defineNWFilterXML(filterXML('lab-a', '<nonsense/>'), NWFilterDefineFlags.VALIDATE),
        'VIR_ERR_XML_INVALID_SCHEMA',
      ),
    );

    itSince('7.8.0', 'nonsense in a binding, when it is looked for', () =>
      isRefused(
        () => connection.createNWFilterBindingXML('<filterbinding/>', NWFilterBindingCreateFlags.VALIDATE),
        'VIR_ERR_XML_INVALID_SCHEMA',
      ),
    );

    it('everything that changes something, on a connection that may only look', async () => {
      await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
        readOnly: true,
      });
      const seen = await looker.lookupNWFilterByName('clean-traffic');
      expect(await seen.getXMLDesc()).toContain('clean-traffic');
      for (const error of await failures([
        seen.undefine(),
        looker.defineNWFilterXML(filterXML('lab-a')),
        looker.createNWFilterBindingXML(bindingXML('lab0', 'clean-traffic')),
      ])) {
        expect(error).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
      }
    });
  });

  it('are those of the package, and listed as in virsh', async () => {
    const filters = await connection.listAllNWFilters();
    const rows = filters.map(({ uuid, name }) => [uuid, name]).sort();
    expect(rows.length).toBeGreaterThan(10);
    expect(tableRows(await bed().virsh('nwfilter-list'))).toEqual(rows);
    expect((await connection.listNWFilters()).sort()).toEqual(filters.map(({ name }) => name).sort());
    expect(await connection.numOfNWFilters()).toBe(filters.length);
  });

  const areDefined = async (flags: number): Promise<void> => {
    const filter = await connection.defineNWFilterXML(filterXML('lab-a', rules(2222)), flags);
    expect([filter.name, filter.connection]).toEqual(['lab-a', connection]);
    expect((await connection.lookupNWFilterByName('lab-a')).uuid).toBe(filter.uuid);
    expect((await connection.lookupNWFilterByUUID(filter.uuid.toUpperCase())).name).toBe('lab-a');
    expect(await filter.getXMLDesc()).toContain("dstportstart='2222'");
    const again = await connection.defineNWFilterXML(filterXML('lab-a', rules(3333), filter.uuid), flags);
    expect(again.uuid).toBe(filter.uuid);
    expect(await filter.getXMLDesc()).toContain("dstportstart='3333'");
    await filter.undefine();
    expect(await failure(filter.getXMLDesc())).toMatchObject({ code: 'VIR_ERR_NO_NWFILTER' });
    expect(await connection.listNWFilters()).not.toContain('lab-a');
  };
  it('are defined, changed, and undefined', () => areDefined(0));
  itSince('7.7.0', 'are looked at when they are defined and changed', () => areDefined(NWFilterDefineFlags.VALIDATE));

  it("guard a running machine's interface: its rules are in the firewall for as long as they are bound", async () => {
    const filter = await connection.defineNWFilterXML(filterXML('lab-a', rules(2222)));
    const { domain, device } = await startMachine('lab-a');
    const [binding, ...others] = await connection.listAllNWFilterBindings();
    expect(others).toEqual([]);
    expect([binding?.portDev, await binding?.getFilterName()]).toEqual([device, 'lab-a']);
    const xml = (await binding?.getXMLDesc()) ?? '';
    expect(xml).toContain(`<uuid>${domain.uuid}</uuid>`);
    expect(xml).toContain("<parameter name='IP' value='10.0.0.1'/>");
    expect(tableRows(await bed().virsh('nwfilter-binding-list'))).toEqual([[device, 'lab-a']]);

    const bound = [expect.stringMatching(/tcp .*--dport 2222 .*-j DROP/), expect.stringMatching(/-p 0x88b5 -j DROP/)];
    expect(await rulesOf(device)).toEqual(expect.arrayContaining(bound));
    expect(await failure(filter.undefine())).toMatchObject({ code: 'VIR_ERR_OPERATION_INVALID' });
    expect(await failure(connection.createNWFilterBindingXML(xml))).toMatchObject({ code: 'VIR_ERR_OPERATION_FAILED' });

    // A filter that is changed is changed where it is bound.
    await connection.defineNWFilterXML(filterXML('lab-a', rules(3333), filter.uuid));
    const changed = await rulesOf(device);
    expect(changed).toContainEqual(expect.stringContaining('--dport 3333'));
    expect(changed).not.toContainEqual(expect.stringContaining('--dport 2222'));

    await binding?.delete();
    expect(await rulesOf(device)).toEqual([]);
    expect(await connection.listAllNWFilterBindings()).toEqual([]);
    expect(await failure(connection.lookupNWFilterBindingByPortDev(device))).toMatchObject({
      code: 'VIR_ERR_NO_NWFILTER_BINDING',
    });
    expect(await domain.isActive()).toBe(true);

    // What was taken off may be put on again, by hand.
    const again = await connection.createNWFilterBindingXML(
      xml,
      isSince('7.8.0') ? NWFilterBindingCreateFlags.VALIDATE : 0,
    );
    expect([again.portDev, await again.getFilterName()]).toEqual([device, 'lab-a']);
    expect(await rulesOf(device)).toContainEqual(expect.stringContaining('--dport 3333'));
    await domain.destroy();
    expect(await rulesOf(device)).toEqual([]);
    await filter.undefine();
  });

  it('are bound by hand to an interface that no machine has', async () => {
    await bed().run('ip', ['tuntap', 'add', 'lab0', 'mode', 'tap']);
    await connection.defineNWFilterXML(filterXML('lab-a', rules(2222)));
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => connection.createNWFilterBindingXML(bindingXML('lab0', 'lab-a'))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const binding = await connection.lookupNWFilterBindingByPortDev('lab0');
    expect(await rulesOf('lab0')).toContainEqual(expect.stringContaining('--dport 2222'));
    await binding.delete();
    expect(await rulesOf('lab0')).toEqual([]);
    for (const error of await failures([binding.delete(), binding.getXMLDesc()])) {
      expect(error).toMatchObject({ code: 'VIR_ERR_NO_NWFILTER_BINDING' });
    }
    expect([binding.portDev, await binding.getFilterName()]).toEqual(['lab0', 'lab-a']);
  });

  it('are all in the list of names although others are made in between', async () => {
    const before = await connection.listNWFilters();
    const listing = connection.listNWFilters();
    const made = Array.from({ length: 30 }, (_, i) => connection.defineNWFilterXML(filterXML(`lab-${String(i)}`)));
    expect(await listing).toEqual(expect.arrayContaining(before));
    await Promise.all(made);
    expect(await connection.listNWFilters()).toHaveLength(before.length + 30);
  });
});
