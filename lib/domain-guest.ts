import { DomainTuning } from './domain-tuning.js';

/** The part of {@link Domain} that talks to the guest. */
export abstract class DomainGuest extends DomainTuning {}
