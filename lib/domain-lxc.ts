import { DomainMisc } from './domain-misc.js';
import { native } from './native.js';

/** The part of {@link Domain} that only containers have. */
export abstract class DomainLxc extends DomainMisc {
  /**
   * Opens the namespaces of a running container. It works on the container's host only, for a connection that is local.
   *
   * Nothing here enters them, since a process with several threads cannot: give the descriptors to a program that does,
   * such as `nsenter`, by the option `stdio` of `spawn`.
   *
   * @param flags - none are defined; 0
   * @returns the numbers of file descriptors; `fs.closeSync()` closes each when it is done with
   * @see virDomainLxcOpenNamespace
   * @since libvirt 1.0.2
   */
  lxcOpenNamespace(flags = 0): Promise<number[]> {
    return this.call((domain) => native.virDomainLxcOpenNamespace(domain, flags));
  }
}
