import { ConnectionNetworks } from './connection-networks.js';

/** The part of {@link Connection} that finds and makes storage pools and volumes. */
export abstract class ConnectionStorage extends ConnectionNetworks {}
