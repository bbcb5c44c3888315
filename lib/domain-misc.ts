import { DomainSnapshots } from './domain-snapshots.js';

/** The part of {@link Domain} that is about metadata, devices and the rest. */
export abstract class DomainMisc extends DomainSnapshots {}
