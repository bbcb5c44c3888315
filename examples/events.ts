// Watches everything that happens on a host, until it is interrupted: npm run example -- events [URI]
import {
  ConnectCloseReason,
  Connection,
  DomainEventID,
  DomainEventType,
  LibvirtError,
  type LibvirtEventName,
  type LibvirtEvents,
  NetworkEventID,
  NetworkEventLifecycleType,
  nameOf,
  NodeDeviceEventID,
  NodeDeviceEventLifecycleType,
  SecretEventID,
  SecretEventLifecycleType,
  StoragePoolEventID,
  StoragePoolEventLifecycleType,
  toJSONSafe,
} from 'libvirt-napi';

const usage = 'Usage: npm run example -- events [URI]';

/** Events as the library names them: `IO_ERROR` is `io-error`. */
const namesOf = (ids: object): string[] => Object.keys(ids).map((name) => name.toLowerCase().replaceAll('_', '-'));

const kinds = {
  domain: [...namesOf(DomainEventID), 'qemu-monitor'],
  network: namesOf(NetworkEventID),
  'storage-pool': namesOf(StoragePoolEventID),
  'node-device': namesOf(NodeDeviceEventID),
  secret: namesOf(SecretEventID),
} as const;

const lives = {
  domain: DomainEventType,
  network: NetworkEventLifecycleType,
  'storage-pool': StoragePoolEventLifecycleType,
  'node-device': NodeDeviceEventLifecycleType,
  secret: SecretEventLifecycleType,
} as const;

type Kind = keyof typeof kinds;

const say = (...words: string[]): void => {
  console.log(new Date().toISOString().slice(11, 23), ...words);
};

/** `pc1  domain:lifecycle  STARTED {"detail":0}` */
function tell<Name extends LibvirtEventName>(kind: Kind, name: Name, event: LibvirtEvents[Name][0]): void {
  const { domain, network, pool, device, secret, ...rest } = event as unknown as Partial<
    Record<'domain' | 'network' | 'pool' | 'device', { name: string }>
  > & { secret?: { uuid: string }; event?: number | string };
  const who = (domain ?? network ?? pool ?? device)?.name ?? secret?.uuid ?? '?';
  const { event: happened, ...details } = rest;
  const what = typeof happened === 'number' ? nameOf<string>(lives[kind], happened) : happened;
  const more = Object.keys(details).length === 0 ? '' : JSON.stringify(toJSONSafe(details));
  say(who, name, what ?? '', more);
}

/** Not every driver and not every libvirt has every event. @returns why this one is not there */
async function watch(connection: Connection, kind: Kind, short: string): Promise<string | undefined> {
  const name = `${kind}:${short}` as LibvirtEventName;
  try {
    await connection.subscribe(name, (event) => {
      tell(kind, name, event);
    });
    return undefined;
  } catch (error) {
    const codes = ['VIR_ERR_NO_SUPPORT', 'VIR_ERR_OPERATION_DENIED', 'VIR_ERR_ACCESS_DENIED'];
    if (error instanceof LibvirtError && codes.includes(error.code)) return `${name}: ${error.message}`;
    throw error;
  }
}

async function watchAll(connection: Connection): Promise<void> {
  const missing: string[] = [];
  let watched = 0;
  for (const [kind, names] of Object.entries(kinds) as [Kind, readonly string[]][]) {
    for (const name of names) {
      const reason = await watch(connection, kind, name);
      if (reason === undefined) watched += 1;
      else missing.push(reason);
    }
  }
  say(`watching ${String(watched)} kinds of events of ${connection.uri}`);
  for (const reason of missing) say(`  not ${reason}`);
}

/** @returns the exit code: 0 when it was interrupted, 1 when the connection is lost for good */
async function main(uri: string | undefined): Promise<number> {
  const connection = await Connection.open(uri, { readOnly: true, reconnect: true });
  connection
    .on('overflow', ({ name, count }) => {
      say(`${String(count)} events ${name} were dropped`);
    })
    .on('disconnect', (reason) => {
      say(`disconnected: ${nameOf(ConnectCloseReason, reason) ?? String(reason)}`);
    })
    .on('resync', () => {
      say('connected again; what happened meanwhile is not known');
    });
  // A daemon that does not answer must not hold up who wants to leave.
  const stop = (): void => void connection.close({ timeout: 1000 });
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await watchAll(connection);
  } catch (error) {
    // Interrupted while it began.
    if (!(error instanceof LibvirtError && error.code === 'ERR_LIBVIRT_CLOSED')) throw error;
  }
  const reason = await connection.closed;
  say('closed');
  return reason === ConnectCloseReason.CLIENT ? 0 : 1;
}

async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  try {
    return await main(args[0]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
