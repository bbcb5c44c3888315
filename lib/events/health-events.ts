import type { ConnectCloseReason } from '../constants.js';

/** What a connection tells of itself. Listening to these alone never keeps the process alive. */
export interface HealthEvents {
  /** The connection has ended for good: `CLIENT` after `close()`, else the link was lost and is not made again. */
  close: [reason: ConnectCloseReason];
  /** The link to the daemon is lost; the library tries to connect again. */
  disconnect: [reason: ConnectCloseReason];
  /** The link stands again, and what was listened to is listened to again. */
  reconnect: [];
  /** After `reconnect`: something may have happened meanwhile that no event told of. */
  resync: [];
}
