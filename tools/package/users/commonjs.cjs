const { Connection, DomainState, nameOf } = require('libvirt-napi');
const { native } = require('libvirt-napi/native');

async function main() {
  const connection = await Connection.open('test:///default');
  for (const domain of await connection.listAllDomains()) {
    console.log('machine', domain.name, nameOf(DomainState, (await domain.getState()).state));
  }
  await connection.close();
  await native.virConnectClose(await native.virConnectOpen('test:///default'));
}

void main();
