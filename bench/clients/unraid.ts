// @unraid/libvirt, from the directory that is given as the argument. It has no bulk statistics.
import { pathToFileURL } from 'node:url';
import { type Opened, serve } from './protocol.js';

/** As much of it as is used here. */
interface UnraidDomain {
  getInfo(): Promise<unknown>;
  getName(): Promise<string>;
}
interface Unraid {
  Hypervisor: new (options: { uri: string }) => {
    connectOpen(): Promise<void>;
    connectGetHostname(): Promise<string>;
    connectListAllDomains(): Promise<UnraidDomain[]>;
  };
}

void serve(async () => {
  const entry = `${process.argv[2] ?? '.'}/dist/index.js`;
  const { Hypervisor } = (await import(pathToFileURL(entry).href)) as Unraid;
  return async (uri): Promise<Opened> => {
    const hypervisor = new Hypervisor({ uri });
    await hypervisor.connectOpen();
    const domains = await hypervisor.connectListAllDomains();
    const [first] = domains;
    if (first === undefined) throw new Error(`${uri} has no domain`);
    return {
      info: () => first.getInfo(),
      hostname: () => hypervisor.connectGetHostname(),
      many: () => Promise.all(domains.map((domain) => domain.getInfo())),
      // A domain does not hold its name: it is another call.
      list: async () => Promise.all((await hypervisor.connectListAllDomains()).map((domain) => domain.getName())),
    };
  };
});
