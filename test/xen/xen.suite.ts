import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DomainCreateFlags, DomainEventType, DomainState } from '../../lib/index.js';
import { startTestbed, type Testbed } from '../testbed/index.js';
import type { ClientReport } from '../testbed/remote.js';

// Run by `npm run test:xen`, which says where the host is. Everything is slow: the host itself is emulated.
jest.setTimeout(120_000);

const host = process.env['LIBVIRT_NAPI_XEN'] ?? '';
const tcp = 'xen+tcp://127.0.0.1:26509/system';
const ssh = `xen+ssh://root@127.0.0.1:2022/system?keyfile=${host}/id&no_verify=1`;

let bed: Testbed;

beforeAll(async () => {
  bed = await startTestbed({ libvirtd: false, binds: [host] });
  const dom0 = bed.spawn('bash', [path.join(__dirname, '../../tools/xen/run.sh'), host]);
  const seen: string[] = [];
  for await (const line of createInterface(dom0.stdout)) {
    if (line.includes('DOM0-READY')) {
      dom0.stdout.resume();
      return;
    }
    seen.push(line);
  }
  throw new Error(`the Xen host did not come up:\n${seen.slice(-20).join('\n')}`);
}, 300_000);

afterAll(() => bed.stop());

async function client(uri: string, body: string): Promise<ClientReport> {
  const given = JSON.stringify({ uri, options: { keepAlive: false }, body });
  const { stdout, stderr } = await bed.exec('node', [path.join(__dirname, '../testbed/client.mjs'), given], {
    timeout: 100_000,
  });
  if (!stdout.startsWith('{')) throw new Error(`the client printed ${stdout}${stderr}`);
  return JSON.parse(stdout) as ClientReport;
}

/** A paravirtual guest whose only program says that it runs, waits three seconds, and ends it. */
const guest = `
  <domain type='xen'>
    <name>pv1</name>
    <memory unit='MiB'>128</memory>
    <vcpu>1</vcpu>
    <os>
      <type arch='x86_64' machine='xenpv'>linux</type>
      <kernel>/guest/vmlinuz</kernel>
      <initrd>/guest/initrd.gz</initrd>
      <cmdline>console=hvc0 quiet</cmdline>
    </os>
    <devices><console type='pty'><target type='xen' port='0'/></console></devices>
  </domain>`;

const list = 'return (await connection.listAllDomains()).map(({ name }) => name);';

describe('Xen', () => {
  it.each([
    ['xen+tcp', tcp],
    ['xen+ssh', ssh],
  ])('%s lists Domain-0', async (_, uri) => {
    expect(await client(uri, list)).toEqual({
      uri: expect.stringContaining(uri),
      hostname: 'xen1',
      type: 'Xen',
      isSecure: 'VIR_ERR_NO_SUPPORT', // the driver does not tell
      isEncrypted: 'VIR_ERR_NO_SUPPORT',
      isAlive: true,
      value: ['Domain-0'],
      afterClose: 'ERR_LIBVIRT_CLOSED',
    });
  });

  it('tells of itself: version, host, Domain-0', async () => {
    const { value } = await client(
      tcp,
      `const domain = await connection.lookupDomainByID(0);
       const { state } = await domain.getState();
       const { model } = await connection.getNodeInfo();
       return { version: await connection.getVersion(), model, name: domain.name, state, os: await domain.getOSType() };`,
    );
    expect(value).toEqual({ version: 4_017_000, model: 'x86_64', name: 'Domain-0', state: 1, os: 'xen' });
  });

  it('refuses what it cannot do: bulk statistics', async () => {
    const { error } = await client(tcp, 'return connection.getAllDomainStats();');
    expect(error).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT', operation: 'virConnectGetAllDomainStats' });
  });

  it.each([
    ['xen+tcp', tcp],
    ['xen+ssh', ssh],
  ])('%s runs a paravirtual guest to its end, and hears its console', async (_, uri) => {
    const { value, error } = await client(
      uri,
      `const told = [];
       const watching = await connection.subscribe('domain:lifecycle', ({ domain, event }) => told.push([domain.name, event]));
       const domain = await connection.createDomainXML(${JSON.stringify(guest)}, ${DomainCreateFlags.START_PAUSED});
       const console = await domain.openConsole();
       const states = [(await domain.getState()).state];
       await domain.resume();
       states.push((await domain.getState()).state);
       const names = (await connection.listAllDomains()).map(({ name }) => name).sort();
       const off = domain.waitForState(${DomainState.SHUTOFF}, { timeout: 80_000 });
       let said = '';
       for await (const text of console.setEncoding('utf8')) said += text; // until the guest is gone
       await off;
       const end = await connection.lookupDomainByName('pv1').catch(({ code }) => code);
       await watching.unsubscribe();
       return { states, names, said, end, told };`,
    );
    expect(error).toBeUndefined();
    const { STARTED, RESUMED, STOPPED } = DomainEventType;
    expect(value).toEqual({
      states: [DomainState.PAUSED, DomainState.RUNNING],
      names: ['Domain-0', 'pv1'],
      said: expect.stringMatching(/GUEST-READY Linux of xen[^]*GUEST-ENDS/),
      end: 'VIR_ERR_NO_DOMAIN',
      told: [STARTED, RESUMED, STOPPED].map((event) => ['pv1', event]),
    });
    expect((await client(uri, list)).value).toEqual(['Domain-0']);
  });
});
