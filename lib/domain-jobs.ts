import { DomainBlock } from './domain-block.js';

/** The part of {@link Domain} that saves, dumps and migrates. */
export abstract class DomainJobs extends DomainBlock {}
