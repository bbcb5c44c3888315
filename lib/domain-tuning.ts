import { DomainVcpu } from './domain-vcpu.js';

/** The part of {@link Domain} that sets and reads limits and weights. */
export abstract class DomainTuning extends DomainVcpu {}
