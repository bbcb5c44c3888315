// Watches everything that happens on a host, until it is interrupted: node events.js [URI]
import {
  Connection,
  DomainEventType,
  type EventOverflow,
  LibvirtError,
  type LibvirtEventName,
  type LibvirtEvents,
  NetworkEventLifecycleType,
  nameOf,
  NodeDeviceEventLifecycleType,
  SecretEventLifecycleType,
  StoragePoolEventLifecycleType,
  toJSONSafe,
} from 'libvirt-napi';

const kinds = {
  domain: [
    'lifecycle',
    'reboot',
    'rtc-change',
    'watchdog',
    'io-error',
    'graphics',
    'io-error-reason',
    'control-error',
    'block-job',
    'disk-change',
    'tray-change',
    'pmwakeup',
    'pmsuspend',
    'balloon-change',
    'pmsuspend-disk',
    'device-removed',
    'block-job-2',
    'tunable',
    'agent-lifecycle',
    'device-added',
    'migration-iteration',
    'job-completed',
    'device-removal-failed',
    'metadata-change',
    'block-threshold',
    'memory-failure',
    'memory-device-size-change',
    'nic-mac-change',
    'vcpu-removed',
    'channel-lifecycle',
    'qemu-monitor',
  ],
  network: ['lifecycle', 'metadata-change'],
  'storage-pool': ['lifecycle', 'refresh'],
  'node-device': ['lifecycle', 'update'],
  secret: ['lifecycle', 'value-changed'],
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

async function main(uri: string | undefined): Promise<void> {
  const connection = await Connection.open(uri, { readOnly: true });
  connection.on('overflow', ({ name, count }: EventOverflow) => {
    say(`${String(count)} events ${name} were dropped`);
  });
  const stop = (): void => {
    void connection.close().then(() => {
      say('closed');
    });
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
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

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
