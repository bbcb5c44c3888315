import { ConnectionSecurity } from './connection-security.js';

/** The part of {@link Connection} that finds and makes the host's interfaces and devices. */
export abstract class ConnectionInterfaces extends ConnectionSecurity {}
