// libvirt-napi as its users have it.
import { type Opened, serve } from './protocol.js';

void serve(async () => {
  const { Connection } = await import('libvirt-napi');
  return async (uri): Promise<Opened> => {
    const connection = await Connection.open(uri);
    const domains = await connection.listAllDomains();
    const [first] = domains;
    if (first === undefined) throw new Error(`${uri} has no domain`);
    return {
      info: () => first.getInfo(),
      hostname: () => connection.getHostname(),
      many: () => Promise.all(domains.map((domain) => domain.getInfo())),
      stats: () => connection.getAllDomainStats(1),
      list: async () => (await connection.listAllDomains()).map(({ name }) => name),
    };
  };
});
