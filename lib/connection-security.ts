import { ConnectionStorage } from './connection-storage.js';

/** The part of {@link Connection} that finds and makes network filters and secrets. */
export abstract class ConnectionSecurity extends ConnectionStorage {}
