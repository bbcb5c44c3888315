import { Connection, DomainState, LibvirtError, nameOf, type Domain, type OpenOptions } from 'libvirt-napi';
import { native, type virConnect } from 'libvirt-napi/native';

const options: OpenOptions = { readOnly: true };

export async function main(): Promise<void> {
  const connection = await Connection.open('test:///default', options);
  try {
    const domains: Domain[] = await connection.listAllDomains();
    for (const domain of domains) {
      const { cpuTime, state } = await domain.getInfo();
      const seconds: bigint = cpuTime / 1_000_000_000n;
      console.log('machine', domain.name, nameOf(DomainState, state), seconds < 0n ? 'odd' : '');
    }
    // @ts-expect-error were the types any, this would be no error
    await connection.listAllDomains('wrong');
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof LibvirtError)) throw error;
  } finally {
    await connection.close();
  }
  const raw: virConnect = await native.virConnectOpen('test:///default');
  await native.virConnectClose(raw);
}
