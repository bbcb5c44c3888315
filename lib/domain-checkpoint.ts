import { ChildObject } from './child.js';
import {
  type DomainCheckpointDeleteFlags,
  type DomainCheckpointListFlags,
  DomainCheckpointXMLFlags,
} from './constants.js';
import type { Domain } from './domain.js';
import { unlimited } from './limits.js';
import { native } from './native.js';
import type { virDomainCheckpoint } from './native-types.js';
import { orNull } from './parents.js';

/**
 * A checkpoint: a moment since which the machine's disks are watched for what changes, so that a backup can be made of
 * that alone.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-domain-checkpoint.html}
 */
export class DomainCheckpoint extends ChildObject<virDomainCheckpoint> {
  /** The machine that it belongs to. */
  readonly domain: Domain;
  /**
   * Its name, by which the machine knows it.
   *
   * @see virDomainCheckpointGetName
   * @since libvirt 5.6.0
   */
  readonly name: string;

  private constructor(domain: Domain, handle: virDomainCheckpoint) {
    super(domain.connection, handle);
    this.domain = domain;
    this.name = native.virDomainCheckpointGetName(handle);
  }

  /** @internal */
  static of(domain: Domain, handle: virDomainCheckpoint): DomainCheckpoint {
    return new DomainCheckpoint(domain, handle);
  }

  /** @internal */
  protected override async find(): Promise<virDomainCheckpoint> {
    return native.virDomainCheckpointLookupByName(await this.domain.currentHandle(unlimited), this.name, 0);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, domain: this.domain.name };
  }

  /**
   * The checkpoint's XML description.
   *
   * @param flags - `DomainCheckpointXMLFlags.SIZE` with how much has changed since, `NO_DOMAIN` without the machine's XML
   * @see virDomainCheckpointGetXMLDesc
   * @since libvirt 5.6.0
   */
  getXMLDesc(flags: DomainCheckpointXMLFlags = 0): Promise<string> {
    return this.call((checkpoint) => native.virDomainCheckpointGetXMLDesc(checkpoint, flags));
  }

  /**
   * The checkpoint before this one; null for the first.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_DOMAIN_CHECKPOINT` when this one is gone
   * @see virDomainCheckpointGetParent
   * @since libvirt 5.6.0
   */
  getParent(flags = 0): Promise<DomainCheckpoint | null> {
    return this.calls(async (checkpoint, limits) => {
      const parent = await orNull(limits, {
        code: 'NO_DOMAIN_CHECKPOINT',
        find: () => native.virDomainCheckpointGetParent(checkpoint, flags),
        exists: () => native.virDomainCheckpointGetXMLDesc(checkpoint, DomainCheckpointXMLFlags.NO_DOMAIN),
      });
      return parent && DomainCheckpoint.of(this.domain, parent);
    });
  }

  /**
   * The checkpoints after this one.
   *
   * @param flags - `DomainCheckpointListFlags.DESCENDANTS` for those after them as well; others to have only some
   * @see virDomainCheckpointListAllChildren
   * @since libvirt 5.6.0
   */
  listAllChildren(flags: DomainCheckpointListFlags = 0): Promise<DomainCheckpoint[]> {
    return this.call(async (checkpoint) =>
      (await native.virDomainCheckpointListAllChildren(checkpoint, flags)).map((child) =>
        DomainCheckpoint.of(this.domain, child),
      ),
    );
  }

  /**
   * Removes it. What changed since it is added to what changed since its parent.
   *
   * @param flags - `DomainCheckpointDeleteFlags.CHILDREN` removes what comes after it, too
   * @see virDomainCheckpointDelete
   * @since libvirt 5.6.0
   */
  delete(flags: DomainCheckpointDeleteFlags = 0): Promise<void> {
    return this.call((checkpoint) => native.virDomainCheckpointDelete(checkpoint, flags));
  }
}
