import type { Connection } from './connection.js';
import {
  DomainJobOperation,
  type DomainAbortJobFlagsValues,
  DomainCoreDumpFormat,
  DomainCoreDumpFlags,
  DomainGetJobStatsFlags,
  type DomainJobType,
  DomainMigrateFlags,
  type DomainMigrateMaxSpeedFlags,
  type DomainSaveImageXMLFlags,
  type DomainSaveRestoreFlags,
} from './constants.js';
import type { Domain } from './domain.js';
import { DomainBlock } from './domain-block.js';
import type { Job } from './job.js';
import type { JobMeasure } from './job-progress.js';
import { migrateArguments } from './migrate-arguments.js';
import { native } from './native.js';
import { toJobStats } from './job-stats.js';
import { type JobStatsParameters, type MigrateParameters, type SaveParameters, type Settable } from './params.js';
import { toWire } from './params.js';

/** What libvirt tells of a job, in the form that every version has. Times are in milliseconds, the rest in bytes. */
export interface JobInfo {
  type: DomainJobType;
  timeElapsed: bigint;
  timeRemaining: bigint;
  dataTotal: bigint;
  dataProcessed: bigint;
  dataRemaining: bigint;
  memTotal: bigint;
  memProcessed: bigint;
  memRemaining: bigint;
  fileTotal: bigint;
  fileProcessed: bigint;
  fileRemaining: bigint;
}

/** What libvirt tells of a job: only what it knows is there. */
export interface JobStats extends JobStatsParameters {
  type: DomainJobType;
}

/** The part of {@link Domain} that saves, dumps and migrates. */
export abstract class DomainJobs extends DomainBlock {
  /**
   * Writes the machine's memory to a file of the host and stops it. `Connection.restoreDomain()` goes on from there. When
   * it fails or is aborted the machine goes on as before, and libvirt removes the file.
   *
   * @param to - the file; or an object, where `file` may be left out for managed saving
   * @param dxml - XML that the machine is restored with in place of its own
   * @see virDomainSave, virDomainSaveFlags, virDomainSaveParams
   * @since libvirt 0.0.3; with flags 0.9.4, with an object 8.4.0
   */
  save(
    to: string | Settable<SaveParameters>,
    dxml: string | null = null,
    flags: DomainSaveRestoreFlags = 0,
  ): Job<void> {
    return this.job(DomainJobOperation.SAVE, (view) =>
      view.call((domain) => {
        if (typeof to === 'object') {
          return native.virDomainSaveParams(
            domain,
            toWire('virDomainSaveParams', 'save', dxml === null ? to : { ...to, dxml }),
            flags,
          );
        }
        return dxml === null && flags === 0
          ? native.virDomainSave(domain, to)
          : native.virDomainSaveFlags(domain, to, dxml, flags);
      }),
    );
  }

  /**
   * Writes the machine's memory to a file that libvirt keeps, and stops it. It goes on from there when it is started. When
   * it fails or is aborted the machine goes on as before, without such a file.
   *
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when it does not run or is not persistent
   * @see virDomainManagedSave
   * @since libvirt 0.8.0
   */
  managedSave(flags: DomainSaveRestoreFlags = 0): Job<void> {
    return this.job(DomainJobOperation.SAVE, (view) =>
      view.call((domain) => native.virDomainManagedSave(domain, flags)),
    );
  }

  /**
   * Whether the machine goes on from a managed save image when it is started.
   *
   * @param flags - none are defined; 0
   * @see virDomainHasManagedSaveImage
   * @since libvirt 0.8.0
   */
  hasManagedSaveImage(flags = 0): Promise<boolean> {
    return this.call((domain) => native.virDomainHasManagedSaveImage(domain, flags));
  }

  /**
   * Removes the managed save image: the machine boots when it is started.
   *
   * @param flags - none are defined; 0
   * @see virDomainManagedSaveRemove
   * @since libvirt 0.8.0
   */
  managedSaveRemove(flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainManagedSaveRemove(domain, flags));
  }

  /**
   * The XML that the machine will be started with from its managed save image.
   *
   * @see virDomainManagedSaveGetXMLDesc
   * @since libvirt 3.7.0
   */
  managedSaveGetXMLDesc(flags: DomainSaveImageXMLFlags = 0): Promise<string> {
    return this.call((domain) => native.virDomainManagedSaveGetXMLDesc(domain, flags));
  }

  /**
   * Changes the XML in the managed save image. What the guest sees must stay as it is.
   *
   * @param flags - `DomainSaveRestoreFlags.RUNNING` or `PAUSED`: the state in which it will be started
   * @see virDomainManagedSaveDefineXML
   * @since libvirt 3.7.0
   */
  managedSaveDefineXML(dxml: string, flags: DomainSaveRestoreFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainManagedSaveDefineXML(domain, dxml, flags));
  }

  /**
   * Writes the machine's memory to a file of the host, for a debugger. The machine runs on unless the flags say
   * otherwise; it always does when this fails or is aborted, and libvirt removes the file.
   *
   * @param to - the file
   * @see virDomainCoreDump, virDomainCoreDumpWithFormat
   * @since libvirt 0.1.9; in other formats 1.2.3
   */
  coreDump(
    to: string,
    dumpformat: DomainCoreDumpFormat = DomainCoreDumpFormat.RAW,
    flags: DomainCoreDumpFlags = 0,
  ): Job<void> {
    const run = (view: this) =>
      view.call((domain) =>
        dumpformat === DomainCoreDumpFormat.RAW
          ? native.virDomainCoreDump(domain, to, flags)
          : native.virDomainCoreDumpWithFormat(domain, to, dumpformat, flags),
      );
    const { COMPLETED, KEEP_COMPLETED } = DomainGetJobStatsFlags;
    // libvirt keeps no statistics of a dump of the memory alone: those of an earlier dump would be taken for them.
    const final = async (): Promise<JobMeasure | null> =>
      (flags & DomainCoreDumpFlags.MEMORY_ONLY) !== 0
        ? null
        : this.measure(DomainJobOperation.DUMP, COMPLETED | KEEP_COMPLETED);
    return this.job(DomainJobOperation.DUMP, run, { final });
  }

  /**
   * What libvirt tells of the job that runs. {@link getJobStats} tells more.
   *
   * @see virDomainGetJobInfo
   * @since libvirt 0.7.7
   */
  getJobInfo(): Promise<JobInfo> {
    return this.call((domain) => native.virDomainGetJobInfo(domain) as Promise<JobInfo>);
  }

  /**
   * What libvirt tells of the job that runs, or of the last one.
   *
   * @param flags - `DomainGetJobStatsFlags.COMPLETED` for the last one; libvirt forgets it then unless `KEEP_COMPLETED`
   * @see virDomainGetJobStats
   * @since libvirt 1.0.3
   */
  getJobStats(flags: DomainGetJobStatsFlags = 0): Promise<JobStats> {
    return this.call(async (domain) => toJobStats(await native.virDomainGetJobStats(domain, flags)));
  }

  /**
   * Ends the job that runs: it then fails for whoever waits for it.
   *
   * @param flags - `DomainAbortJobFlagsValues.POSTCOPY` interrupts a migration that has come to that phase
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when none runs
   * @see virDomainAbortJob, virDomainAbortJobFlags
   * @since libvirt 0.7.7; with flags 8.5.0
   */
  abortJob(flags: DomainAbortJobFlagsValues = 0): Promise<void> {
    return this.call((domain) =>
      flags === 0 ? native.virDomainAbortJob(domain) : native.virDomainAbortJobFlags(domain, flags),
    );
  }

  /**
   * Moves the machine to another host. Unless the flags say `PEER2PEER`, this process talks to both sides, so both
   * connections are needed until the end; a connection that is closed before waits for it. When it fails or is aborted
   * the machine runs on here, and the other host has nothing of it, not even a definition. A migration in post-copy phase
   * is another matter: by then the machine runs there, and if the link breaks it is paused on both sides, since each has
   * a part of its memory. `DomainMigrateFlags.POSTCOPY_RESUME` goes on with it.
   *
   * @param dest - a connection to the other host
   * @param params - the other host's address for the data, `migrateUri`, and much else
   * @param flags - `DomainMigrateFlags.LIVE` for a machine that is to run meanwhile, and others
   * @returns the machine on the other host
   * @throws LibvirtError `VIR_ERR_OPERATION_ABORTED` when it was aborted
   * @see virDomainMigrate, virDomainMigrate2, virDomainMigrate3
   * @since libvirt 0.3.2; with another XML 0.9.2, with all parameters 1.1.0
   */
  migrate(dest: Connection, params: Settable<MigrateParameters> = {}, flags: DomainMigrateFlags = 0): Job<Domain> {
    let moved: Domain | undefined;
    const run = async (view: this): Promise<Domain> => {
      checkConnection(dest);
      const made = view.call((domain) => {
        const { handle } = dest.link;
        const { level, dname, uri, dxml, bandwidth } = migrateArguments(params);
        if (level === 1) return native.virDomainMigrate(domain, handle, flags, dname, uri, bandwidth);
        if (level === 2) return native.virDomainMigrate2(domain, handle, dxml, flags, dname, uri, bandwidth);
        return native.virDomainMigrate3(domain, handle, toWire('virDomainMigrate3', 'migrate', params), flags);
      });
      moved = dest.domainOf(await made);
      return moved;
    };
    // The side that the machine has gone to keeps the statistics.
    const { COMPLETED, KEEP_COMPLETED } = DomainGetJobStatsFlags;
    const { MIGRATION_OUT, MIGRATION_IN } = DomainJobOperation;
    const flagsOfFinal = COMPLETED | KEEP_COMPLETED;
    const final = () =>
      moved === undefined ? this.measure(MIGRATION_OUT, flagsOfFinal) : moved.measure(MIGRATION_IN, flagsOfFinal);
    return this.job(MIGRATION_OUT, run, { final });
  }

  /**
   * Moves the machine to another host without a connection to that. With `DomainMigrateFlags.PEER2PEER` this host's
   * daemon connects to the other one; without, the hypervisors do it among themselves, which few of them can. What a
   * failure leaves is as with {@link migrate}.
   *
   * @param dconnuri - how this host's daemon connects to the other one; null without `PEER2PEER`
   * @param params - the other host's address for the data, `migrateUri`, and much else
   * @see virDomainMigrateToURI, virDomainMigrateToURI2, virDomainMigrateToURI3
   * @since libvirt 0.7.2; with another XML or address 0.9.2, with all parameters 1.1.0
   */
  migrateToURI(
    dconnuri: string | null,
    params: Settable<MigrateParameters> = {},
    flags: DomainMigrateFlags = DomainMigrateFlags.PEER2PEER,
  ): Job<void> {
    return this.job(DomainJobOperation.MIGRATION_OUT, (view) =>
      view.call((domain) => {
        const { level, dname, uri, dxml, bandwidth } = migrateArguments(params);
        const peer2peer = (flags & DomainMigrateFlags.PEER2PEER) !== 0;
        if (level === 1 && peer2peer && dconnuri !== null && uri === null) {
          return native.virDomainMigrateToURI(domain, dconnuri, flags, dname, bandwidth);
        }
        if (level !== 3) return native.virDomainMigrateToURI2(domain, dconnuri, uri, dxml, flags, dname, bandwidth);
        return native.virDomainMigrateToURI3(
          domain,
          dconnuri,
          toWire('virDomainMigrateToURI3', 'migrate', params),
          flags,
        );
      }),
    );
  }

  /**
   * The most that a migration may take of the network, in MiB/s.
   *
   * @param flags - `DomainMigrateMaxSpeedFlags.POSTCOPY` for that of the post-copy phase
   * @see virDomainMigrateGetMaxSpeed
   * @since libvirt 0.9.5
   */
  migrateGetMaxSpeed(flags: DomainMigrateMaxSpeedFlags = 0): Promise<number> {
    return this.call((domain) => native.virDomainMigrateGetMaxSpeed(domain, flags));
  }

  /**
   * Limits what a migration may take of the network, also of one that runs.
   *
   * @param bandwidth - in MiB/s
   * @param flags - `DomainMigrateMaxSpeedFlags.POSTCOPY` for that of the post-copy phase
   * @see virDomainMigrateSetMaxSpeed
   * @since libvirt 0.9.0
   */
  migrateSetMaxSpeed(bandwidth: number, flags: DomainMigrateMaxSpeedFlags = 0): Promise<void> {
    return this.call((domain) => native.virDomainMigrateSetMaxSpeed(domain, bandwidth, flags));
  }

  /**
   * How long the machine may stand still at the end of a live migration, in milliseconds.
   *
   * @param flags - none are defined; 0
   * @see virDomainMigrateGetMaxDowntime
   * @since libvirt 3.7.0
   */
  migrateGetMaxDowntime(flags = 0): Promise<bigint> {
    return this.call((domain) => native.virDomainMigrateGetMaxDowntime(domain, flags));
  }

  /**
   * Says how long the machine may stand still at the end of a live migration.
   *
   * @param downtime - in milliseconds
   * @param flags - none are defined; 0
   * @see virDomainMigrateSetMaxDowntime
   * @since libvirt 0.8.0
   */
  migrateSetMaxDowntime(downtime: bigint | number, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainMigrateSetMaxDowntime(domain, downtime, flags));
  }

  /**
   * The size of the cache for pages that were sent before, for compressing the repeated ones; in bytes.
   *
   * @param flags - none are defined; 0
   * @see virDomainMigrateGetCompressionCache
   * @since libvirt 1.0.3
   */
  migrateGetCompressionCache(flags = 0): Promise<bigint> {
    return this.call((domain) => native.virDomainMigrateGetCompressionCache(domain, flags));
  }

  /**
   * Sets the size of the cache for pages that were sent before.
   *
   * @param cacheSize - in bytes
   * @param flags - none are defined; 0
   * @see virDomainMigrateSetCompressionCache
   * @since libvirt 1.0.3
   */
  migrateSetCompressionCache(cacheSize: bigint | number, flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainMigrateSetCompressionCache(domain, cacheSize, flags));
  }

  /**
   * Lets the machine run on the other host at once; what is not there yet is fetched when it is used. For a migration
   * that was begun with `DomainMigrateFlags.POSTCOPY`.
   *
   * @param flags - none are defined; 0
   * @see virDomainMigrateStartPostCopy
   * @since libvirt 1.3.3
   */
  migrateStartPostCopy(flags = 0): Promise<void> {
    return this.call((domain) => native.virDomainMigrateStartPostCopy(domain, flags));
  }
}

function checkConnection(dest: unknown): void {
  if (!(typeof dest === 'object' && dest !== null && 'link' in dest)) {
    throw new TypeError('migrate: dest must be a Connection');
  }
}
