import { DomainGuest } from './domain-guest.js';

/** The part of {@link Domain} that is about disks and block jobs. */
export abstract class DomainBlock extends DomainGuest {}
