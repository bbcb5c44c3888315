import { createRequire } from 'node:module';
import { Connection, DomainState, LibvirtError, nameOf } from 'libvirt-napi';
import { native } from 'libvirt-napi/native';

const connection = await Connection.open('test:///default');
for (const domain of await connection.listAllDomains()) {
  console.log('machine', domain.name, nameOf(DomainState, (await domain.getState()).state));
}
const error = await connection.lookupDomainByName('nobody').catch((one) => one);
await connection.close();
await native.virConnectClose(await native.virConnectOpen('test:///default'));
if (!(error instanceof LibvirtError)) throw new Error(`no LibvirtError but ${error}`);
// One copy, however it is asked for: two would have two classes of each error.
if (createRequire(import.meta.url)('libvirt-napi').Connection !== Connection) throw new Error('two copies');
