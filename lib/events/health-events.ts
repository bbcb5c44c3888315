/** What a connection tells of itself. Listening to these alone never keeps the process alive. */
export interface HealthEvents {
  /** The connection has ended, and why: undefined after `close()`. */
  close: [reason: unknown];
  /** The link to the daemon is lost; the library tries to connect again. */
  disconnect: [reason: unknown];
  /** The link stands again, and what was listened to is listened to again. */
  reconnect: [];
  /** After `reconnect`: something may have happened meanwhile that no event told of. */
  resync: [];
}
