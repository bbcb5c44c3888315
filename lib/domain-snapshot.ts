import { ChildObject } from './child.js';
import type { DomainSnapshotDeleteFlags, DomainSnapshotListFlags, DomainSnapshotXMLFlags } from './constants.js';
import type { Domain } from './domain.js';
import { unlimited } from './limits.js';
import { allNames } from './names.js';
import { native } from './native.js';
import type { virDomainSnapshot } from './native-types.js';
import { orNull } from './parents.js';

/**
 * A snapshot: the machine as it was at a moment, its disks, its memory or both. Snapshots are a tree.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-domain-snapshot.html}
 */
export class DomainSnapshot extends ChildObject<virDomainSnapshot> {
  /** The machine that it belongs to. */
  readonly domain: Domain;
  /**
   * Its name, by which the machine knows it.
   *
   * @see virDomainSnapshotGetName
   * @since libvirt 0.9.5
   */
  readonly name: string;

  private constructor(domain: Domain, handle: virDomainSnapshot) {
    super(domain.connection, handle);
    this.domain = domain;
    this.name = native.virDomainSnapshotGetName(handle);
  }

  /** @internal */
  static of(domain: Domain, handle: virDomainSnapshot): DomainSnapshot {
    return new DomainSnapshot(domain, handle);
  }

  /** @internal */
  protected override async find(): Promise<virDomainSnapshot> {
    return native.virDomainSnapshotLookupByName(await this.domain.currentHandle(unlimited), this.name, 0);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, domain: this.domain.name };
  }

  /**
   * The snapshot's XML description, with the machine's XML at that time in it.
   *
   * @param flags - `DomainSnapshotXMLFlags.SECURE` with passwords
   * @see virDomainSnapshotGetXMLDesc
   * @since libvirt 0.8.0
   */
  getXMLDesc(flags: DomainSnapshotXMLFlags = 0): Promise<string> {
    return this.call((snapshot) => native.virDomainSnapshotGetXMLDesc(snapshot, flags));
  }

  /**
   * The snapshot that this one was made on top of; null for the first.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_SNAPSHOT` when this one is gone
   * @see virDomainSnapshotGetParent
   * @since libvirt 0.9.7
   */
  getParent(flags = 0): Promise<DomainSnapshot | null> {
    return this.calls(async (snapshot, limits) => {
      const parent = await orNull(limits, {
        code: 'NO_DOMAIN_SNAPSHOT',
        find: () => native.virDomainSnapshotGetParent(snapshot, flags),
        exists: () => native.virDomainSnapshotIsCurrent(snapshot, 0),
      });
      return parent && DomainSnapshot.of(this.domain, parent);
    });
  }

  /**
   * The snapshots that were made on top of this one.
   *
   * @param flags - `DomainSnapshotListFlags.DESCENDANTS` for those on top of them as well; others to have only some
   * @see virDomainSnapshotListAllChildren
   * @since libvirt 0.9.13
   */
  listAllChildren(flags: DomainSnapshotListFlags = 0): Promise<DomainSnapshot[]> {
    return this.call(async (snapshot) =>
      (await native.virDomainSnapshotListAllChildren(snapshot, flags)).map((child) =>
        DomainSnapshot.of(this.domain, child),
      ),
    );
  }

  /**
   * How many snapshots were made on top of this one.
   *
   * @param flags - `DomainSnapshotListFlags.DESCENDANTS` counts those on top of them as well
   * @see virDomainSnapshotNumChildren
   * @since libvirt 0.9.7
   */
  numChildren(flags: DomainSnapshotListFlags = 0): Promise<number> {
    return this.call((snapshot) => native.virDomainSnapshotNumChildren(snapshot, flags));
  }

  /**
   * The names of the snapshots that were made on top of this one. {@link listAllChildren} is newer.
   *
   * @see virDomainSnapshotListChildrenNames
   * @since libvirt 0.9.7
   */
  listChildrenNames(flags: DomainSnapshotListFlags = 0): Promise<string[]> {
    return this.calls((snapshot, limits) =>
      allNames(limits, {
        count: () => native.virDomainSnapshotNumChildren(snapshot, flags),
        list: (room) => native.virDomainSnapshotListChildrenNames(snapshot, room, flags),
      }),
    );
  }

  /**
   * Whether it is the one that the machine was last reverted to or that was made last.
   *
   * @param flags - none are defined; 0
   * @see virDomainSnapshotIsCurrent
   * @since libvirt 0.9.13
   */
  isCurrent(flags = 0): Promise<boolean> {
    return this.call((snapshot) => native.virDomainSnapshotIsCurrent(snapshot, flags));
  }

  /**
   * Whether libvirt keeps something about it that would be lost with the machine's definition.
   *
   * @param flags - none are defined; 0
   * @see virDomainSnapshotHasMetadata
   * @since libvirt 0.9.13
   */
  hasMetadata(flags = 0): Promise<boolean> {
    return this.call((snapshot) => native.virDomainSnapshotHasMetadata(snapshot, flags));
  }

  /**
   * Removes it. Its children become those of its parent.
   *
   * @param flags - `DomainSnapshotDeleteFlags.CHILDREN` removes what is on top of it, too; `METADATA_ONLY` forgets it
   * and leaves the files as they are
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_SNAPSHOT` when it is gone
   * @see virDomainSnapshotDelete
   * @since libvirt 0.8.0
   */
  delete(flags: DomainSnapshotDeleteFlags = 0): Promise<void> {
    return this.call((snapshot) => native.virDomainSnapshotDelete(snapshot, flags));
  }
}
