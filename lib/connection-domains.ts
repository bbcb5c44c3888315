import { ConnectionHost } from './connection-host.js';
import type {
  ConnectListAllDomainsFlags,
  DomainCreateFlags,
  DomainDefineFlags,
  DomainStatsTypes,
} from './constants.js';
import { Domain } from './domain.js';
import { type DomainStats, toDomainStats } from './domain-stats.js';
import { native } from './native.js';
import type { virDomain, virDomainStatsRecord } from './native-types.js';
import { isPromise } from './object.js';
import { mapInTurns } from './turns.js';

/** One machine's share of the bulk statistics. */
export interface DomainStatsRecord {
  domain: Domain;
  stats: DomainStats;
}

/** The part of {@link Connection} that finds and makes machines. */
export abstract class ConnectionDomains extends ConnectionHost {
  /**
   * The machines of the host.
   *
   * @param flags - only some of them: `ConnectListAllDomainsFlags.ACTIVE` and others; 0 for all
   * @see virConnectListAllDomains
   * @since libvirt 0.9.13
   */
  listAllDomains(flags: ConnectListAllDomainsFlags = 0): Promise<Domain[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllDomains(conn, flags), (domain) => Domain.of(this.base, domain)),
    );
  }

  /**
   * The running machine with this number.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByID
   * @since libvirt 0.0.3
   */
  lookupDomainByID(id: number): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByID(conn, id)));
  }

  /**
   * The machine with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByName
   * @since libvirt 0.0.3
   */
  lookupDomainByName(name: string): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByName(conn, name)));
  }

  /**
   * The machine with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN`
   * @see virDomainLookupByUUIDString
   * @since libvirt 0.1.1
   */
  lookupDomainByUUID(uuid: string): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainLookupByUUIDString(conn, uuid)));
  }

  /**
   * Defines a machine, or changes the definition of the one with the same UUID. It is not started.
   *
   * @param flags - `DomainDefineFlags.VALIDATE` checks the XML against its schema
   * @see virDomainDefineXML, virDomainDefineXMLFlags
   * @since libvirt 0.1.1; with flags 1.2.12
   */
  defineDomainXML(xml: string, flags: DomainDefineFlags = 0): Promise<Domain> {
    return this.call(async (conn) =>
      Domain.of(
        this.base,
        await (flags === 0 ? native.virDomainDefineXML(conn, xml) : native.virDomainDefineXMLFlags(conn, xml, flags)),
      ),
    );
  }

  /**
   * Starts a machine that has no definition: it is gone when it stops.
   *
   * @see virDomainCreateXML
   * @since libvirt 0.5.0
   */
  createDomainXML(xml: string, flags: DomainCreateFlags = 0): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainCreateXML(conn, xml, flags)));
  }

  /**
   * Statistics of many machines in one call.
   *
   * @param stats - the groups that are wanted, `DomainStatsTypes`; 0 for all that the driver has
   * @param flags - which machines, and how: `ConnectGetAllDomainStatsFlags`
   * @see virConnectGetAllDomainStats
   * @since libvirt 1.2.8
   */
  getAllDomainStats(stats: DomainStatsTypes = 0, flags = 0): Promise<DomainStatsRecord[]> {
    return this.call(async (conn) => this.toStatsRecords(await native.virConnectGetAllDomainStats(conn, stats, flags)));
  }

  /**
   * Statistics of some machines, all of this connection, in one call.
   *
   * @param stats - the groups that are wanted, `DomainStatsTypes`; 0 for all that the driver has
   * @param flags - `ConnectGetAllDomainStatsFlags`
   * @see virDomainListGetStats
   * @since libvirt 1.2.8
   */
  getDomainListStats(domains: readonly Domain[], stats: DomainStatsTypes = 0, flags = 0): Promise<DomainStatsRecord[]> {
    return this.call(async () => {
      if (!Array.isArray(domains)) throw new TypeError('getDomainListStats: domains must be an array of Domain');
      const handles = domains.map((domain: Domain) => domain.currentHandle());
      // Awaited only when one has to be looked up again, since what ends a call ends the one that was made first.
      const found = handles.some(isPromise)
        ? await Promise.all(handles.map((handle) => Promise.resolve(handle)))
        : (handles as virDomain[]);
      return this.toStatsRecords(await native.virDomainListGetStats(found, stats, flags));
    });
  }

  private toStatsRecords(records: virDomainStatsRecord[]): Promise<DomainStatsRecord[]> {
    return mapInTurns(records, ({ dom, params }) => ({
      domain: Domain.of(this.base, dom),
      stats: toDomainStats(params),
    }));
  }
}
