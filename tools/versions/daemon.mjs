// daemon.mjs URI   What people do first, done on one libvirtd: hosts, a network, a machine, statistics. Prints the steps as JSON.
import { createRequire } from 'node:module';

const [, , uri] = process.argv;
const { Connection, DomainState, getVersion } = createRequire(import.meta.url)('../../dist/index.js');

const NETWORK = `<network><name>versions</name><bridge name='virbr77' stp='off' delay='0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.2' end='192.168.77.9'/></dhcp></ip></network>`;
const MACHINE = `<domain type='qemu'><name>versions</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><interface type='network'><source network='versions'/></interface><serial type='pty'/></devices></domain>`;
const POOL = `<pool type='dir'><name>versions</name><target><path>/tmp/versions-pool</path></target></pool>`;
const VOLUME = `<volume><name>a.qcow2</name><capacity unit='MiB'>8</capacity><target><format type='qcow2'/></target></volume>`;

const steps = [];

/** Later steps run all the same, so that the table shows all that does not work. */
async function step(name, run) {
  const start = performance.now();
  try {
    const found = await run();
    steps.push({ name, ok: true, found, ms: Math.round(performance.now() - start) });
  } catch (error) {
    steps.push({ name, ok: false, found: `${error.code ?? error.name}: ${error.message}` });
  }
}

function expect(found, wanted) {
  if (found !== wanted) throw new Error(`${String(found)}, not ${String(wanted)}`);
  return found;
}

const inc = (count) => `${count} found`;
let connection;
let network;
let machine;

await step('open', async () => {
  connection = await Connection.open(uri);
  return connection.uri;
});
if (connection !== undefined) {
  await step('library and daemon are of one version', async () =>
    expect(await connection.getLibVersion(), getVersion().libVersion),
  );
  await step('host', async () => (await connection.getNodeInfo()).model);
  await step('capabilities', async () => expect((await connection.getCapabilities()).includes('<capabilities>'), true));
  await step('network defined', async () => {
    network = await connection.defineNetworkXML(NETWORK);
    return network.name;
  });
  await step('network started', async () => {
    await network.create();
    return expect(await network.isActive(), true);
  });
  await step('networks listed', async () => inc((await connection.listAllNetworks()).length));
  await step('leases', async () => inc((await network.getDHCPLeases()).length));
  await step('machine defined', async () => {
    machine = await connection.defineDomainXML(MACHINE);
    return machine.uuid;
  });
  await step('machine started', async () => {
    await machine.create();
    return expect((await machine.getState()).state, DomainState.RUNNING);
  });
  await step('machines listed', async () => inc((await connection.listAllDomains()).length));
  await step('statistics', async () => {
    const [record] = await connection.getAllDomainStats();
    return expect(record.stats.state.state, DomainState.RUNNING);
  });
  await step('suspended and resumed', async () => {
    await machine.suspend();
    expect((await machine.getState()).state, DomainState.PAUSED);
    await machine.resume();
    return expect((await machine.getState()).state, DomainState.RUNNING);
  });
  await step('monitor', async () => (await machine.qemuMonitorCommand('{"execute":"query-status"}')).slice(0, 20));
  await step('machine destroyed', async () => {
    await machine.destroy();
    await machine.undefine();
    return inc((await connection.listAllDomains()).length);
  });
  await step('network destroyed', async () => {
    await network.destroy();
    await network.undefine();
    return inc((await connection.listAllNetworks()).length);
  });
  if (typeof connection.defineStoragePoolXML === 'function') {
    await step('pool and volume', async () => {
      const pool = await connection.defineStoragePoolXML(POOL);
      await pool.build();
      await pool.create();
      const volume = await pool.createVolXML(VOLUME);
      const { capacity } = await volume.getInfo();
      expect(Number(capacity), 8 * 1024 * 1024);
      await volume.delete();
      await pool.destroy();
      await pool.undefine();
      return 'made and deleted';
    });
  }
  await step('an unknown name', async () => {
    const error = await connection.lookupDomainByName('nobody').catch((one) => one);
    return expect(error.code, 'VIR_ERR_NO_DOMAIN');
  });
  await step('closed', () => connection.close());
}
console.log(JSON.stringify(steps));
