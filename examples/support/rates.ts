import { type Connection, DomainState, type DomainStatsRecord, DomainStatsTypes } from 'libvirt-napi';

/** What was counted for one machine, at one time. Undefined is what the driver does not tell. */
export interface Sample {
  readonly name: string;
  /** Undefined is a machine that is off. */
  readonly id: number | undefined;
  readonly state: DomainState;
  /** In KiB; undefined for a machine that is off, too. */
  readonly memory: bigint | undefined;
  /** CPU time in ns. */
  readonly cpu: bigint | undefined;
  /** Bytes. */
  readonly read: bigint | undefined;
  readonly written: bigint | undefined;
  readonly received: bigint | undefined;
  readonly sent: bigint | undefined;
}

export interface Samples {
  /** In ms. */
  readonly time: number;
  readonly machines: ReadonlyMap<string, Sample>;
}

/** What changes from second to second; undefined where it was not counted twice. */
export interface Rates {
  /** Share of all CPUs of the host, in %. */
  readonly cpu: number | undefined;
  /** Bytes a second. */
  readonly read: number | undefined;
  readonly written: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
}

const wanted =
  DomainStatsTypes.STATE |
  DomainStatsTypes.CPU_TOTAL |
  DomainStatsTypes.BALLOON |
  DomainStatsTypes.INTERFACE |
  DomainStatsTypes.BLOCK;

/** One call for all machines, however many there are. */
export async function sample(connection: Connection, flags = 0): Promise<Samples> {
  const records = await connection.getAllDomainStats(wanted, flags);
  const time = performance.now();
  const machines = await Promise.all(records.map(toSample));
  return { time, machines: new Map(machines.map((machine, i) => [records[i]?.domain.uuid ?? '', machine])) };
}

async function toSample({ domain, stats }: DomainStatsRecord): Promise<Sample> {
  const { balloon, net, block } = stats;
  const state = (stats.state?.state ?? DomainState.NOSTATE) as DomainState;
  // QEMU's driver has CPU time even of a machine that is off: not the machine's.
  const off = state === DomainState.SHUTOFF;
  // The test driver tells nothing but the state in bulk. A machine that is gone by now has nothing to tell at all.
  const info = off || stats.cpu !== undefined ? undefined : await domain.getInfo().catch(() => undefined);
  return {
    name: domain.name,
    id: off ? undefined : ((await domain.getID()) ?? undefined),
    state,
    memory: off ? undefined : (balloon?.current ?? (info && BigInt(info.memory))),
    cpu: off ? undefined : (stats.cpu?.time ?? info?.cpuTime),
    read: sum(block?.map(({ rd }) => rd?.bytes)),
    written: sum(block?.map(({ wr }) => wr?.bytes)),
    received: sum(net?.map(({ rx }) => rx?.bytes)),
    sent: sum(net?.map(({ tx }) => tx?.bytes)),
  };
}

function sum(counts: readonly (bigint | undefined)[] | undefined): bigint | undefined {
  const known = counts?.filter((count) => count !== undefined);
  return known === undefined || known.length === 0 ? undefined : known.reduce((all, count) => all + count);
}

/** What happened between two samples of a machine that was there both times. */
export function ratesOf(uuid: string, before: Samples, after: Samples, hostCpus: number): Rates {
  const [first, second] = [before.machines.get(uuid), after.machines.get(uuid)];
  const seconds = (after.time - before.time) / 1000;
  const perSecond = (name: 'cpu' | 'read' | 'written' | 'received' | 'sent'): number | undefined => {
    const [from, to] = [first?.[name], second?.[name]];
    // A counter that fell belongs to a machine that was started anew.
    return from === undefined || to === undefined || to < from ? undefined : Number(to - from) / seconds;
  };
  const cpu = perSecond('cpu');
  return {
    cpu: cpu === undefined ? undefined : cpu / 1e7 / hostCpus,
    read: perSecond('read'),
    written: perSecond('written'),
    received: perSecond('received'),
    sent: perSecond('sent'),
  };
}
