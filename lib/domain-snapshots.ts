import type {
  DomainCheckpointCreateFlags,
  DomainCheckpointListFlags,
  DomainSnapshotCreateFlags,
  DomainSnapshotListFlags,
  DomainSnapshotRevertFlags,
} from './constants.js';
import { DomainJobOperation } from './constants.js';
import type { Domain } from './domain.js';
import { DomainCheckpoint } from './domain-checkpoint.js';
import { DomainJobs } from './domain-jobs.js';
import { DomainSnapshot } from './domain-snapshot.js';
import type { Job } from './job.js';
import { allNames } from './names.js';
import { native } from './native.js';
import type { virDomainCheckpoint, virDomainSnapshot } from './native-types.js';
import { orNull } from './parents.js';

/** The part of {@link Domain} that is about snapshots and checkpoints. */
export abstract class DomainSnapshots extends DomainJobs {
  /**
   * Makes a snapshot. With the memory of a running machine in a file of its own, `<memory snapshot='external' file='…'/>`,
   * it takes long, and QEMU's driver tells how far it is and can abort it. When it fails or is aborted then, the machine
   * goes on as before, without the snapshot and its files. Other snapshots are made in one go: what wants to abort them
   * waits for their end.
   *
   * @param xmlDesc - an element `<domainsnapshot>`; an empty one will do
   * @param flags - `DomainSnapshotCreateFlags.DISK_ONLY` for the disks without the memory, and many others
   * @see virDomainSnapshotCreateXML
   * @since libvirt 0.8.0
   */
  createSnapshotXML(xmlDesc: string, flags: DomainSnapshotCreateFlags = 0): Job<DomainSnapshot> {
    return this.job(DomainJobOperation.SNAPSHOT, (view) =>
      view.call(async (domain) => this.toSnapshot(await native.virDomainSnapshotCreateXML(domain, xmlDesc, flags))),
    );
  }

  /**
   * The machine's snapshots.
   *
   * @param flags - only some: `DomainSnapshotListFlags.ROOTS` and others; `TOPOLOGICAL` puts parents before children
   * @see virDomainListAllSnapshots
   * @since libvirt 0.9.13
   */
  listAllSnapshots(flags: DomainSnapshotListFlags = 0): Promise<DomainSnapshot[]> {
    return this.call(async (domain) =>
      (await native.virDomainListAllSnapshots(domain, flags)).map((snapshot) => this.toSnapshot(snapshot)),
    );
  }

  /**
   * How many snapshots the machine has.
   *
   * @param flags - only some: `DomainSnapshotListFlags`
   * @see virDomainSnapshotNum
   * @since libvirt 0.8.0
   */
  numOfSnapshots(flags: DomainSnapshotListFlags = 0): Promise<number> {
    return this.call((domain) => native.virDomainSnapshotNum(domain, flags));
  }

  /**
   * The names of the machine's snapshots. {@link listAllSnapshots} is newer.
   *
   * @param flags - only some: `DomainSnapshotListFlags`
   * @see virDomainSnapshotListNames
   * @since libvirt 0.8.0
   */
  listSnapshotNames(flags: DomainSnapshotListFlags = 0): Promise<string[]> {
    return this.calls((domain, limits) =>
      allNames(limits, {
        count: () => native.virDomainSnapshotNum(domain, flags),
        list: (room) => native.virDomainSnapshotListNames(domain, room, flags),
      }),
    );
  }

  /**
   * The snapshot with this name.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_SNAPSHOT`
   * @see virDomainSnapshotLookupByName
   * @since libvirt 0.8.0
   */
  lookupSnapshotByName(name: string, flags = 0): Promise<DomainSnapshot> {
    return this.call(async (domain) =>
      this.toSnapshot(await native.virDomainSnapshotLookupByName(domain, name, flags)),
    );
  }

  /**
   * Whether the machine has a current snapshot.
   *
   * @param flags - none are defined; 0
   * @see virDomainHasCurrentSnapshot
   * @since libvirt 0.8.0
   */
  hasCurrentSnapshot(flags = 0): Promise<boolean> {
    return this.call((domain) => native.virDomainHasCurrentSnapshot(domain, flags));
  }

  /**
   * The snapshot that the next one will be made on top of; null when the machine has none.
   *
   * @param flags - none are defined; 0
   * @see virDomainSnapshotCurrent
   * @since libvirt 0.8.0
   */
  currentSnapshot(flags = 0): Promise<DomainSnapshot | null> {
    return this.calls(async (domain, limits) => {
      const current = await orNull(limits, {
        code: 'NO_DOMAIN_SNAPSHOT',
        find: () => native.virDomainSnapshotCurrent(domain, flags),
        exists: () => native.virDomainIsActive(domain),
      });
      return current && this.toSnapshot(current);
    });
  }

  /**
   * Makes the machine what it was when the snapshot was made. What happened since is lost.
   *
   * @param snapshot - one of this machine
   * @param flags - `DomainSnapshotRevertFlags.RUNNING` or `PAUSED`: the state after it, whatever it was then
   * @throws LibvirtError `VIR_ERR_SNAPSHOT_REVERT_RISKY` when it would need `DomainSnapshotRevertFlags.FORCE`
   * @see virDomainRevertToSnapshot
   * @since libvirt 0.8.0
   */
  revertToSnapshot(snapshot: DomainSnapshot, flags: DomainSnapshotRevertFlags = 0): Promise<void> {
    return this.calls(async (_domain, limits) => {
      if (!(snapshot instanceof DomainSnapshot)) throw new TypeError('revertToSnapshot: snapshot must be one');
      if (snapshot.connection !== this.connection || snapshot.domain.uuid !== this.uuid) {
        throw new TypeError(`revertToSnapshot: snapshot must be one of ${this.name}`);
      }
      const handle = await snapshot.currentHandle(limits);
      return limits.within(() => native.virDomainRevertToSnapshot(handle, flags));
    });
  }

  /**
   * Makes a checkpoint: from now on libvirt knows what changes on the disks.
   *
   * @param xmlDesc - an element `<domaincheckpoint>`
   * @param flags - `DomainCheckpointCreateFlags.QUIESCE` asks the guest agent to flush its file systems before
   * @see virDomainCheckpointCreateXML
   * @since libvirt 5.6.0
   */
  createCheckpointXML(xmlDesc: string, flags: DomainCheckpointCreateFlags = 0): Promise<DomainCheckpoint> {
    return this.call(async (domain) =>
      this.toCheckpoint(await native.virDomainCheckpointCreateXML(domain, xmlDesc, flags)),
    );
  }

  /**
   * The machine's checkpoints.
   *
   * @param flags - only some: `DomainCheckpointListFlags.ROOTS` and others; `TOPOLOGICAL` puts parents before children
   * @see virDomainListAllCheckpoints
   * @since libvirt 5.6.0
   */
  listAllCheckpoints(flags: DomainCheckpointListFlags = 0): Promise<DomainCheckpoint[]> {
    return this.call(async (domain) =>
      (await native.virDomainListAllCheckpoints(domain, flags)).map((checkpoint) => this.toCheckpoint(checkpoint)),
    );
  }

  /**
   * The checkpoint with this name.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_CHECKPOINT`
   * @see virDomainCheckpointLookupByName
   * @since libvirt 5.6.0
   */
  lookupCheckpointByName(name: string, flags = 0): Promise<DomainCheckpoint> {
    return this.call(async (domain) =>
      this.toCheckpoint(await native.virDomainCheckpointLookupByName(domain, name, flags)),
    );
  }

  private get domain(): Domain {
    return this.itself as object as Domain;
  }

  private toSnapshot(handle: virDomainSnapshot): DomainSnapshot {
    return DomainSnapshot.of(this.domain, handle);
  }

  private toCheckpoint(handle: virDomainCheckpoint): DomainCheckpoint {
    return DomainCheckpoint.of(this.domain, handle);
  }
}
