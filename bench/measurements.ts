// What is measured: commands for the clients, and which of the numbers they answer are shown, under which title.
import { machineXML } from './machine-xml.js';
import type { PeerId } from './peers.js';
import type { Place } from './place.js';

export interface Row {
  readonly title: string;
  readonly unit: 'µs' | 'ms' | 'MiB';
  /** Which of all numbers that the commands of one round gave, in order. */
  readonly part: number;
}

export interface Measurement {
  readonly id: string;
  readonly commands: readonly string[];
  readonly rounds: number;
  /** A new process for each round. */
  readonly fresh?: boolean;
  readonly needsDaemon?: boolean;
  /** Who has no such thing. */
  readonly without?: readonly PeerId[];
  readonly rows: readonly Row[];
}

/** Of the clients that have an event loop. */
const delayRows = (title: string): Row[] => [
  { title: `${title}: loop delay, p99`, unit: 'ms', part: 1 },
  { title: `${title}: loop delay, longest`, unit: 'ms', part: 2 },
];

export function measurements(place: Place, quick: boolean): Measurement[] {
  const few = 1000;
  const many = quick ? 2000 : 10_000;
  // Many short rounds: what else the machine does changes from second to second.
  const rounds = quick ? 12 : 60;
  const calls = 300;
  const bigRounds = quick ? 2 : 7;
  const here = place.noDaemon === undefined;
  const thousand = place.file('1000.xml', machineXML(few));
  const big = place.file('many.xml', machineXML(many));
  const local = 'test:///default';
  const socket = here ? place.daemonUri() : local;
  const socketThousand = here ? place.daemonUri(thousand) : '';
  const socketBig = here ? place.daemonUri(big) : `test://${big}`;
  const listing = `listing ${many} domains`;

  return [
    {
      id: 'sequential-test-driver',
      commands: [`info ${local} ${quick ? 500 : 2000}`],
      rounds,
      rows: [{ title: 'getInfo, test driver', unit: 'µs', part: 0 }],
    },
    {
      id: 'sequential-socket',
      commands: [`info ${socket} ${calls}`],
      rounds,
      needsDaemon: true,
      rows: [{ title: 'getInfo, socket', unit: 'µs', part: 0 }],
    },
    {
      id: 'hostname-socket',
      commands: [`hostname ${socket} ${calls}`],
      rounds,
      needsDaemon: true,
      rows: [{ title: 'getHostname, socket', unit: 'µs', part: 0 }],
    },
    {
      id: 'at-once-socket',
      commands: [`many ${socketThousand} 2`],
      rounds: quick ? 6 : 20,
      needsDaemon: true,
      rows: [{ title: `getInfo of ${few} at once, socket`, unit: 'ms', part: 0 }, ...delayRows(`${few} at once`)],
    },
    {
      id: 'stats-socket',
      commands: [`stats ${socketThousand} 2`],
      rounds: bigRounds,
      needsDaemon: true,
      without: ['c-loop', 'unraid'],
      rows: [{ title: `state of ${few} in one call, socket`, unit: 'ms', part: 0 }],
    },
    {
      id: 'list-test-driver',
      commands: [`list test://${big} 2`],
      rounds: bigRounds,
      without: ['c-loop'],
      rows: [{ title: `${listing}, test driver`, unit: 'ms', part: 0 }, ...delayRows(listing)],
    },
    {
      id: 'list-socket',
      commands: [`list ${socketBig} 2`],
      rounds: bigRounds,
      needsDaemon: true,
      without: ['c-loop'],
      rows: [{ title: `${listing}, socket`, unit: 'ms', part: 0 }, ...delayRows(listing)],
    },
    {
      // What the machine's other work does to any event loop.
      id: 'idle',
      commands: ['idle - 300'],
      rounds: bigRounds,
      without: ['c', 'c-loop', 'python'],
      rows: delayRows('idle'),
    },
    {
      id: 'import',
      commands: ['import'],
      rounds: quick ? 3 : 9,
      fresh: true,
      without: ['c', 'c-loop'],
      rows: [{ title: 'loading the library', unit: 'ms', part: 0 }],
    },
    {
      id: 'memory',
      commands: ['memory', `info ${socket} ${calls * 40}`, 'memory', `open ${socketBig} 1`, 'memory'],
      rounds: quick ? 1 : 3,
      fresh: true,
      without: ['c-loop'],
      rows: [
        { title: 'resident after loading', unit: 'MiB', part: 0 },
        { title: `resident after ${calls * 40} calls`, unit: 'MiB', part: 2 },
        { title: `resident with ${many} domains listed`, unit: 'MiB', part: 4 },
      ],
    },
  ];
}
