// The calls of a soak: everything that a program may do for days, in rounds that leave nothing behind.
'use strict';
const { isMainThread } = require('node:worker_threads');
const { Connection } = require('../../dist/index.js');
const { native } = require('../../dist/native.js');

const uri = 'test:///default';
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));

const machine = (name) =>
  `<domain type="test"><name>${name}</name><memory>65536</memory><os><type>hvm</type></os></domain>`;
const network = (name) => `<network><name>${name}</name><bridge name="virbr-${name}"/></network>`;

async function refused(calls, expected) {
  for (const { reason } of await Promise.allSettled(calls)) {
    const code = reason?.code ?? reason?.name;
    if (!expected.includes(code))
      throw new Error(`it should have been refused, but: ${String(code)}`, { cause: reason });
  }
  return calls.length;
}

async function done(calls) {
  return (await Promise.all(calls)).length;
}

/** Each makes some calls on connections that stay, and gives their number. */
const kinds = {
  async raw({ conn }) {
    const domain = await native.virDomainLookupByName(conn, 'test');
    const answers = times(50, (i) => (i % 2 ? native.virConnectGetHostname(conn) : native.virDomainGetInfo(domain)));
    return 1 + (await done([...answers, ...times(50, () => native.virDomainGetXMLDesc(domain, 0))]));
  },

  async facade({ connection }) {
    const domain = await connection.lookupDomainByName('test');
    const calls = times(20, () => [
      connection.getCapabilities(),
      connection.getNodeInfo(),
      domain.getState(),
      domain.getXMLDesc(),
      domain.with({ timeout: 60_000 }).getInfo(),
    ]);
    return 1 + (await done(calls.flat()));
  },

  // Nobody keeps what was found.
  async lookups({ conn, connection }) {
    const raw = times(50, () => native.virDomainLookupByName(conn, 'test'));
    const facade = times(25, () => [connection.lookupDomainByName('test'), connection.lookupNetworkByName('default')]);
    return done([...raw, ...facade.flat()]);
  },

  async lists({ connection }) {
    const calls = times(5, () => [
      connection.listAllDomains(),
      connection.listAllNetworks(),
      connection.getAllDomainStats(),
    ]);
    return done(calls.flat());
  },

  // What C allocates for its caller: names, lists, XML, parameters, lists in lists. Here a leak of some hundred bytes shows,
  // and in the search for leaks any.
  async getters({ conn, connection }) {
    const domain = await connection.lookupDomainByName('test');
    const [net] = await connection.listAllNetworks();
    const [pool] = await connection.listAllStoragePools();
    const [card] = await connection.listAllInterfaces();
    const device = await connection.lookupNodeDeviceByName('scsi_host1');
    const calls = times(4, () => [
      connection.getURI(),
      connection.getSysinfo(),
      connection.getCPUModelNames('x86_64'),
      connection.getNodeCPUMap(),
      connection.getNodeCPUStats(),
      connection.getNodeCellsFreeMemory(),
      connection.getNodeSecurityModel(),
      connection.listDomains(),
      connection.listDefinedDomains(),
      connection.listNetworks(),
      connection.listStoragePools(),
      connection.listInterfaces(),
      connection.listNodeDevices(),
      domain.getOSType(),
      domain.getSchedulerType(),
      domain.getSchedulerParameters(),
      domain.getBlkioParameters(),
      domain.getMemoryParameters(),
      domain.getNumaParameters(),
      domain.getPerfEvents(),
      domain.getVcpus(),
      domain.getVcpuPinInfo(),
      domain.getEmulatorPinInfo(),
      domain.getIOThreadInfo(),
      domain.getCPUStats(),
      domain.getHostname(),
      domain.getSecurityLabel(),
      domain.getDiskErrors(),
      domain.getFSInfo(),
      domain.interfaceAddresses(),
      domain.memoryStats(),
      domain.listSnapshotNames(),
      net.getXMLDesc(),
      net.getBridgeName(),
      pool.getXMLDesc(),
      pool.listVolumes(),
      card.getXMLDesc(),
      card.getMACString(),
      device.getXMLDesc(),
      device.getParent(),
      device.listCaps(),
      native.virConnectListDomains(conn, 8),
      native.virConnectListAllDomains(conn, 0),
      native.virConnectGetAllDomainStats(conn, 0, 0),
    ]);
    return 5 + (await done(calls.flat()));
  },

  async errors({ conn, connection }) {
    const domain = await connection.lookupDomainByName('test');
    const failures = times(10, () => [
      connection.lookupDomainByName('no such machine'),
      connection.defineNetworkXML('<network'),
      domain.create(),
    ]);
    const misuses = times(10, () => [connection.lookupDomainByName(5), domain.getXMLDesc('no flags')]);
    for (let i = 0; i < 10; i += 1) {
      try {
        native.virDomainLookupByName(conn);
      } catch (error) {
        if (error.name !== 'TypeError') throw error;
      }
    }
    const all = [...failures.flat(), ...misuses.flat()];
    return (
      11 + (await refused(all, ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_XML_DETAIL', 'VIR_ERR_INTERNAL_ERROR', 'TypeError']))
    );
  },

  async cancelled({ connection }) {
    const aborter = new AbortController();
    const view = connection.with({ signal: aborter.signal });
    const calls = times(40, () => view.getCapabilities());
    aborter.abort(Object.assign(new Error('enough'), { code: 'enough' }));
    return refused(calls, ['enough', 'ERR_LIBVIRT_ABANDONED']);
  },

  async changes({ connection }) {
    // All connections of the process share this host, so whoever is terminated in the middle would leave a machine.
    if (!isMainThread) return 0;
    const domain = await connection.defineDomainXML(machine('soaked'));
    const net = await connection.defineNetworkXML(network('soaked'));
    const steps = [
      () => domain.create(),
      () => domain.suspend(),
      () => domain.resume(),
      () => domain.setAutostart(true),
      () => domain.destroy(),
      () => domain.undefine(),
      () => net.create(),
      () => net.destroy(),
      () => net.undefine(),
    ];
    for (const step of steps) await step();
    return steps.length + 2;
  },

  async connections() {
    const connection = await Connection.open(uri);
    const domains = await connection.listAllDomains();
    const calls = Promise.allSettled(times(20, () => connection.getCapabilities()));
    await connection.close();
    for (const { reason } of await calls) {
      if (reason !== undefined && reason.code !== 'ERR_LIBVIRT_CLOSED') throw reason;
    }
    const late = await refused(
      domains.map((domain) => domain.getXMLDesc()),
      ['ERR_LIBVIRT_CLOSED'],
    );
    return 3 + 20 + late;
  },

  // Left to the garbage collector, with calls that nobody waits for.
  async forgotten() {
    const conn = await native.virConnectOpen(uri);
    const domain = await native.virDomainLookupByName(conn, 'test');
    void native.virDomainGetXMLDesc(domain, 0);
    return 3;
  },
};

/** Makes at least so many calls; gives how many there were. `report` hears of every round. */
async function soak(wanted, report = () => undefined) {
  const connection = await Connection.open(uri);
  const conn = await native.virConnectOpen(uri);
  let calls = 2;
  while (calls < wanted) {
    for (const kind of Object.values(kinds)) calls += await kind({ conn, connection });
    await report(calls);
  }
  await Promise.all([connection.close(), native.virConnectClose(conn)]);
  return calls + 2;
}

module.exports = { soak };
