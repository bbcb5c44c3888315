import { DomainQemu } from './domain-qemu.js';

/** The part of {@link Domain} that is about virtual CPUs and threads. */
export abstract class DomainVcpu extends DomainQemu {}
