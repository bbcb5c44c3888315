// libvirt-napi's raw layer.
import { type Opened, serve } from './protocol.js';

void serve(async () => {
  const { native } = await import('libvirt-napi/native');
  return async (uri): Promise<Opened> => {
    const conn = await native.virConnectOpen(uri);
    const domains = await native.virConnectListAllDomains(conn, 0);
    const [first] = domains;
    if (first === undefined) throw new Error(`${uri} has no domain`);
    return {
      info: () => native.virDomainGetInfo(first),
      hostname: () => native.virConnectGetHostname(conn),
      many: () => Promise.all(domains.map((domain) => native.virDomainGetInfo(domain))),
      stats: () => native.virConnectGetAllDomainStats(conn, 1, 0),
      // Handles: asking each for its name is a loop of the caller's own.
      list: () => native.virConnectListAllDomains(conn, 0),
    };
  };
});
