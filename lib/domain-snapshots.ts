import { DomainJobs } from './domain-jobs.js';

/** The part of {@link Domain} that is about snapshots and checkpoints. */
export abstract class DomainSnapshots extends DomainJobs {}
