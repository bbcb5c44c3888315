import { ConnectionHost } from './connection-host.js';
import type {
  ConnectListAllDomainsFlags,
  DomainCreateFlags,
  DomainDefineFlags,
  DomainSaveImageXMLFlags,
  DomainSaveRestoreFlags,
  DomainStatsTypes,
} from './constants.js';
import { type Descriptor, numbersOf } from './descriptors.js';
import { Domain } from './domain.js';
import { type DomainStats, toDomainStats } from './domain-stats.js';
import { ErrorDomain, ErrorNumber } from './constants.js';
import { LibvirtError } from './errors.js';
import { Job, within } from './job.js';
import { allNames } from './names.js';
import { native } from './native.js';
import type { virDomain, virDomainStatsRecord } from './native-types.js';
import { type SaveParameters, type Settable, toWire } from './params.js';
import { mapInTurns } from './turns.js';

/** One machine's share of the bulk statistics. */
export interface DomainStatsRecord {
  domain: Domain;
  stats: DomainStats;
}

const noAbort = {
  code: ErrorNumber.OPERATION_UNSUPPORTED,
  domain: ErrorDomain.NONE,
  operation: 'virDomainAbortJob',
  message: 'libvirt cannot abort the restoring of a machine',
};

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
    return this.calls(async (_conn, limits) => {
      if (!Array.isArray(domains) || !domains.every((domain) => domain instanceof Domain)) {
        throw new TypeError('getDomainListStats: domains must be an array of Domain');
      }
      const handles = await Promise.all(domains.map((domain) => domain.currentHandle(limits)));
      return this.toStatsRecords(await limits.within(() => native.virDomainListGetStats(handles, stats, flags)));
    });
  }

  /**
   * How many machines run.
   *
   * @see virConnectNumOfDomains
   * @since libvirt 0.0.3
   */
  numOfDomains(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfDomains(conn));
  }

  /**
   * The numbers of the machines that run. {@link listAllDomains} is newer.
   *
   * @see virConnectListDomains
   * @since libvirt 0.0.3
   */
  listDomains(): Promise<number[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfDomains(conn),
        list: (room) => native.virConnectListDomains(conn, room),
      }),
    );
  }

  /**
   * How many machines are defined and do not run.
   *
   * @see virConnectNumOfDefinedDomains
   * @since libvirt 0.1.5
   */
  numOfDefinedDomains(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfDefinedDomains(conn));
  }

  /**
   * The names of the machines that are defined and do not run. {@link listAllDomains} is newer.
   *
   * @see virConnectListDefinedDomains
   * @since libvirt 0.1.1
   */
  listDefinedDomains(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfDefinedDomains(conn),
        list: (room) => native.virConnectListDefinedDomains(conn, room),
      }),
    );
  }

  /**
   * As {@link createDomainXML}, with open files for a machine that wants them: see `Domain.createWithFiles()`.
   *
   * @param files - numbers or `FileHandle`s; they are duplicated and stay open here
   * @throws RangeError when one is not open
   * @see virDomainCreateXMLWithFiles
   * @since libvirt 1.1.1
   */
  createDomainXMLWithFiles(xml: string, files: readonly Descriptor[], flags: DomainCreateFlags = 0): Promise<Domain> {
    return this.call(async (conn) => {
      const numbers = numbersOf('createDomainXMLWithFiles: files', files);
      return Domain.of(this.base, await native.virDomainCreateXMLWithFiles(conn, xml, numbers, flags));
    });
  }

  /**
   * The XML of a machine from a configuration in the hypervisor's own format.
   *
   * @param nativeFormat - such as `xen-xl`; the capabilities do not tell
   * @param flags - none are defined; 0
   * @see virConnectDomainXMLFromNative
   * @since libvirt 0.6.4
   */
  domainXMLFromNative(nativeFormat: string, nativeConfig: string, flags = 0): Promise<string> {
    return this.call((conn) => native.virConnectDomainXMLFromNative(conn, nativeFormat, nativeConfig, flags));
  }

  /**
   * A configuration in the hypervisor's own format from the XML of a machine.
   *
   * @param nativeFormat - such as `qemu-argv`
   * @param flags - none are defined; 0
   * @see virConnectDomainXMLToNative
   * @since libvirt 0.6.4
   */
  domainXMLToNative(nativeFormat: string, domainXml: string, flags = 0): Promise<string> {
    return this.call((conn) => native.virConnectDomainXMLToNative(conn, nativeFormat, domainXml, flags));
  }

  /**
   * Lets a machine go on that `Domain.save()` wrote to a file. libvirt cannot abort this, and tells nothing of how far it
   * is: the job's progress has the time alone. When it fails the file stays as it is, and the machine is off.
   *
   * @param from - the file of the host; or an object
   * @param dxml - XML to go on with in place of the machine's own
   * @param flags - `DomainSaveRestoreFlags.RUNNING` or `PAUSED`: the state after it
   * @see virDomainRestore, virDomainRestoreFlags, virDomainRestoreParams
   * @since libvirt 0.0.3; with flags 0.9.4, with an object 8.4.0
   */
  restoreDomain(
    from: string | Settable<SaveParameters>,
    dxml: string | null = null,
    flags: DomainSaveRestoreFlags = 0,
  ): Job<void> {
    return new Job(this.options, {
      run: ({ released }) =>
        within(this, { signal: released }).call((conn) => {
          if (typeof from === 'object') {
            return native.virDomainRestoreParams(
              conn,
              toWire('virDomainRestoreParams', 'save', dxml === null ? from : { ...from, dxml }),
              flags,
            );
          }
          return dxml === null && flags === 0
            ? native.virDomainRestore(conn, from)
            : native.virDomainRestoreFlags(conn, from, dxml, flags);
        }),
      abort: () => Promise.reject(new LibvirtError(noAbort)),
      ask: () => Promise.resolve({}),
    });
  }

  /**
   * The XML in a file that `Domain.save()` wrote.
   *
   * @see virDomainSaveImageGetXMLDesc
   * @since libvirt 0.9.4
   */
  getDomainSaveImageXMLDesc(file: string, flags: DomainSaveImageXMLFlags = 0): Promise<string> {
    return this.call((conn) => native.virDomainSaveImageGetXMLDesc(conn, file, flags));
  }

  /**
   * Changes the XML in a file that `Domain.save()` wrote. What the guest sees must stay as it is.
   *
   * @param flags - `DomainSaveRestoreFlags.RUNNING` or `PAUSED`: the state after restoring
   * @see virDomainSaveImageDefineXML
   * @since libvirt 0.9.4
   */
  defineDomainSaveImageXML(file: string, dxml: string, flags: DomainSaveRestoreFlags = 0): Promise<void> {
    return this.call((conn) => native.virDomainSaveImageDefineXML(conn, file, dxml, flags));
  }

  /**
   * Takes a QEMU that somebody else started under libvirt's control. Newer libvirts refuse that.
   *
   * @param pid - its process
   * @param flags - none are defined; 0
   * @see virDomainQemuAttach
   * @since libvirt 0.9.4
   */
  qemuAttach(pid: number, flags = 0): Promise<Domain> {
    return this.call(async (conn) => Domain.of(this.base, await native.virDomainQemuAttach(conn, pid, flags)));
  }

  /** @internal What a migration from elsewhere made here. */
  domainOf(handle: virDomain): Domain {
    return Domain.of(this.base, handle);
  }

  private toStatsRecords(records: virDomainStatsRecord[]): Promise<DomainStatsRecord[]> {
    return mapInTurns(records, ({ dom, params }) => ({
      domain: Domain.of(this.base, dom),
      stats: toDomainStats(params),
    }));
  }
}
