import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import {
  Connection,
  ConnectionUri,
  DomainEventType,
  DomainState,
  LibvirtError,
  type CallOptions,
  type ConnectCloseReason,
  type ConnectionListener,
  type DomainEvent,
  type DomainEventCrashedDetailType,
  type DomainEventDefinedDetailType,
  type DomainEventPMSuspendedDetailType,
  type DomainEventResumedDetailType,
  type DomainEvents,
  type DomainEventShutdownDetailType,
  type DomainEventStartedDetailType,
  type DomainEventStoppedDetailType,
  type DomainEventSuspendedDetailType,
  type DomainEventUndefinedDetailType,
  type DomainLifecycleEvent,
  type EventIterator,
  type EventOptions,
  type ListenerOf,
  type NodeDevice,
  type Secret,
  type StoragePool,
  type SubjectOf,
  type DHCPLease,
  type Domain,
  type DomainInfo,
  type MemoryStats,
  type Network,
  type OpenOptions,
} from '../lib/index.js';
import { native, type virConnect, type virDomain, type virNetwork } from '../lib/native.js';

/** Holds when the two types are the same, `any` included. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Check<Holds extends true> = Holds;
type Given<F extends (...values: never[]) => Promise<unknown>> = Awaited<ReturnType<F>>;

export type Facade = [
  Check<Same<DomainInfo['cpuTime'], bigint>>,
  Check<Same<DomainInfo['maxMem'], number>>,
  Check<Same<DomainInfo['state'], DomainState>>,
  Check<Same<Given<Domain['getID']>, number | null>>,
  Check<Same<Given<Domain['interfaceStats']>['rxBytes'], bigint>>,
  Check<Same<Given<Domain['getBlockInfo']>['capacity'], bigint>>,
  Check<Same<Given<Connection['getNodeInfo']>['memory'], number>>,
  Check<Same<Given<Connection['listAllDomains']>, Domain[]>>,
  Check<Same<Given<Connection['listAllNetworks']>, Network[]>>,
  Check<Same<DHCPLease['expiryTime'], Date | null>>,
  Check<Same<MemoryStats['rss'], bigint | undefined>>,
  Check<Same<LibvirtError['code'], string>>,
  Check<Same<LibvirtError['errno'], number | undefined>>,
];

type LifecycleDetail<Name extends keyof typeof DomainEventType> = Extract<
  DomainLifecycleEvent,
  { event: (typeof DomainEventType)[Name] }
>['detail'];

export type Events = [
  Check<Same<DomainLifecycleEvent['event'], DomainEventType>>,
  Check<Same<LifecycleDetail<'DEFINED'>, DomainEventDefinedDetailType>>,
  Check<Same<LifecycleDetail<'UNDEFINED'>, DomainEventUndefinedDetailType>>,
  Check<Same<LifecycleDetail<'STARTED'>, DomainEventStartedDetailType>>,
  Check<Same<LifecycleDetail<'SUSPENDED'>, DomainEventSuspendedDetailType>>,
  Check<Same<LifecycleDetail<'RESUMED'>, DomainEventResumedDetailType>>,
  Check<Same<LifecycleDetail<'STOPPED'>, DomainEventStoppedDetailType>>,
  Check<Same<LifecycleDetail<'SHUTDOWN'>, DomainEventShutdownDetailType>>,
  Check<Same<LifecycleDetail<'PMSUSPENDED'>, DomainEventPMSuspendedDetailType>>,
  Check<Same<LifecycleDetail<'CRASHED'>, DomainEventCrashedDetailType>>,
  Check<Same<SubjectOf<'domain:qemu-monitor'>, Domain>>,
  Check<Same<EventOptions<'domain:reboot'>['object'], Domain | undefined>>,
  Check<Same<SubjectOf<'network:lifecycle'>, Network>>,
  Check<Same<SubjectOf<'storage-pool:refresh'>, StoragePool>>,
  Check<Same<SubjectOf<'node-device:update'>, NodeDevice>>,
  Check<Same<SubjectOf<'secret:value-changed'>, Secret>>,
  Check<Same<Parameters<ListenerOf<DomainEvents, 'lifecycle'>>, [event: DomainLifecycleEvent]>>,
  Check<Same<Parameters<ConnectionListener<'domain:reboot'>>, [event: DomainEvent]>>,
  Check<Same<Parameters<ConnectionListener<'close'>>, [reason: ConnectCloseReason]>>,
  Check<Same<Given<EventIterator<DomainLifecycleEvent>['next']>, IteratorResult<DomainLifecycleEvent, undefined>>>,
];

export type Raw = [
  Check<Same<ReturnType<typeof native.virDomainGetName>, string>>,
  Check<Same<ReturnType<typeof native.virDomainGetUUID>, Buffer>>,
  Check<Same<Given<typeof native.virConnectClose>, number>>,
  Check<Same<Given<typeof native.virDomainGetAutostart>, boolean>>,
  Check<Same<Given<typeof native.virDomainGetInfo>['nrVirtCpu'], number>>,
  Check<Same<Given<typeof native.virNetworkGetDHCPLeases>[number]['expirytime'], bigint>>,
];

// Compiled, never run: each wrong line has to be an error, each right one has to be none.
export async function facade(connection: Connection, domain: Domain, network: Network): Promise<void> {
  // The states are a union, so that a switch can be complete.
  const { state } = await domain.getState();
  switch (state) {
    case DomainState.RUNNING:
    case DomainState.BLOCKED:
    case DomainState.PAUSED:
    case DomainState.PMSUSPENDED:
    case DomainState.SHUTDOWN:
      break;
    case DomainState.SHUTOFF:
    case DomainState.CRASHED:
    case DomainState.NOSTATE:
      return;
    default: {
      const none: never = state;
      return none;
    }
  }
  // @ts-expect-error: there is no such state, and one that is off has returned
  if (state === 5 || state === 99) return;

  // A view is of its object's own type.
  const view: Domain = domain.with({ timeout: 5 });
  const networkView: Network = network.with({ signal: new AbortController().signal });
  await Promise.all([view.getInfo(), networkView.isActive()]);

  await Connection.open();
  await Connection.open('test:///default', { readOnly: true, keepAlive: false, maxCalls: 4, closeTimeout: 5 });
  await Connection.open(ConnectionUri.parse('test:///default'), { keepAlive: { interval: 5, count: 5 } });
  // @ts-expect-error: a URI is text
  await Connection.open(5);
  // @ts-expect-error: nor is it null
  await Connection.open(null);
  // @ts-expect-error: a constructor would have nothing to connect to
  new Connection();
  // @ts-expect-error: an option is spelled as it is written down
  const misspelt: OpenOptions = { readonly: true };
  // @ts-expect-error: keepalive needs both
  const half: OpenOptions = { keepAlive: { interval: 5 } };
  // @ts-expect-error: time is a number
  const late: CallOptions = { timeout: '5' };
  await Promise.all([misspelt, half, late].map((options) => Connection.open('test:///default', options)));

  // @ts-expect-error: names are text
  await connection.lookupDomainByName(5);
  // @ts-expect-error: a machine is no flag
  await connection.listAllDomains(domain);
  // @ts-expect-error: nothing decides for a caller whether a machine starts with the host
  await domain.setAutostart();
  // @ts-expect-error: booleans are booleans
  await domain.setAutostart(1);
  // @ts-expect-error: an object's name does not change
  domain.name = 'other';
  // @ts-expect-error: nor does its connection
  domain.connection = connection;
  await network.getDHCPLeases();
  await network.getDHCPLeases(null, 0);
  await network.getDHCPLeases('52:54:00:00:00:01');
}

export async function events(connection: Connection, domain: Domain, network: Network): Promise<void> {
  connection.on('domain:lifecycle', (event) => {
    if (event.event !== DomainEventType.STOPPED) return;
    const stopped: DomainEventStoppedDetailType = event.detail;
    // @ts-expect-error: these are the reasons for which a machine crashes
    const crashed: DomainEventCrashedDetailType = event.detail;
    // @ts-expect-error: there is no such detail of it
    if (event.detail === 99) return;
    return [stopped, crashed];
  });
  domain.on('lifecycle', ({ domain: same }) => same.destroy());
  // @ts-expect-error: an object's events have no prefix
  domain.on('domain:lifecycle', () => undefined);
  // @ts-expect-error: nor does an object end
  domain.on('close', () => undefined);
  // @ts-expect-error: a network is not restarted
  network.on('reboot', () => undefined);
  // @ts-expect-error: the event of a network has no machine
  network.on('lifecycle', ({ domain: none }) => none);
  await connection.subscribe('domain:reboot', () => undefined, { object: domain });
  // @ts-expect-error: there is no such event
  connection.events('domain:lifecylce');
  for await (const { network: changed } of connection.events('network:lifecycle')) await changed.isActive();
}

export async function raw(conn: virConnect, domain: virDomain, network: virNetwork): Promise<void> {
  // @ts-expect-error: flags are always given
  await native.virDomainGetXMLDesc(domain);
  // @ts-expect-error: a network is no machine
  await native.virDomainGetInfo(network);
  // @ts-expect-error: nor is a connection
  await native.virDomainGetInfo(conn);
  // @ts-expect-error: an object of one's own is no handle
  await native.virNetworkIsActive({});
  // @ts-expect-error: UUIDs are bytes here
  await native.virDomainLookupByUUID(conn, '11111111-2222-4333-8444-555555555555');
  await native.virNetworkGetDHCPLeases(network, null, 0);
}

/** What the compiler has against this file. */
function complaints(): string[] {
  const config = ts.readConfigFile(path.join(__dirname, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, __dirname);
  const program = ts.createProgram([__filename], options);
  const file = program.getSourceFile(__filename);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1;
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    },
  );
}

describe('the types', () => {
  it('are what this file says', () => {
    expect(complaints()).toEqual([]);
  }, 30_000);
});
