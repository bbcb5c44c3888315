import { beforeEach, expect, it } from '@jest/globals';
import {
  type Domain,
  DomainAbortJobFlagsValues,
  DomainBlockJobType,
  DomainBlockRebaseFlags,
  DomainDirtyRateCalcFlags,
  DomainGraphicsReloadType,
  DomainModificationImpact,
  NodeSuspendTarget,
} from '../lib/index.js';
import type { FakeDaemon } from './fake-daemon.js';
import { fakeDaemons, machine } from './fake-daemons.js';
import { typed, xdr } from './remote-protocol.js';
import { testCalls } from './wire-calls.js';

// What no machine here can do, or no libvirt that is installed here. Flags that are not defined go out as they are: with
// them every field has a value of its own.

const { int, hyper, string, optional, array } = xdr;
const fakes = fakeDaemons();
const self = machine(1);
const { LIVE, CONFIG } = DomainModificationImpact;

let daemon: FakeDaemon;
let domain: Domain;

beforeEach(async () => {
  ({ daemon, domain } = await fakes.withMachine());
});

testCalls(() => daemon, {
  'virtual CPUs are plugged in': {
    call: () => domain.setVcpu([3, 0, 1], true, LIVE | CONFIG),
    procedure: 'setVcpu',
    sent: [self, string('3,0,1'), int(1), int(3)],
  },
  'virtual CPUs are plugged out': {
    call: () => domain.setVcpu('0-3,^2', false),
    procedure: 'setVcpu',
    sent: [self, string('0-3,^2'), int(0), int(0)],
  },
  'the guest does without virtual CPUs': {
    call: () => domain.setGuestVcpus([5], false, 9),
    procedure: 'setGuestVcpus',
    sent: [self, string('5'), int(0), int(9)],
  },
  'the guest uses virtual CPUs': {
    call: () => domain.setGuestVcpus([1, 2], true),
    procedure: 'setGuestVcpus',
    sent: [self, string('1,2'), int(1), int(0)],
  },
  'the guest goes to sleep': {
    call: () => domain.pmSuspendForDuration(NodeSuspendTarget.HYBRID, 2n ** 63n + 1n, 5),
    procedure: 'pmSuspendForDuration',
    sent: [self, int(2), hyper(2n ** 63n + 1n), int(5)],
  },
  'the guest is woken': { call: () => domain.pmWakeup(5), procedure: 'pmWakeup', sent: [self, int(5)] },
  'a job is aborted': { call: () => domain.abortJob(), procedure: 'abortJob', sent: [self] },
  'a job is aborted as the flags say': {
    since: '8.5.0',
    call: () => domain.abortJob(DomainAbortJobFlagsValues.POSTCOPY),
    procedure: 'abortJobFlags',
    sent: [self, int(1)],
  },
  'the dirty rate is measured': {
    since: '7.2.0',
    call: () => domain.startDirtyRateCalc(60, DomainDirtyRateCalcFlags.DIRTY_RING),
    procedure: 'startDirtyRateCalc',
    sent: [self, int(60), int(2)],
  },
  'a machine with encrypted memory gets its secret': {
    since: '8.0.0',
    call: () =>
      domain.setLaunchSecurityState(
        { sevSecretHeader: 'header', sevSecret: 'secret', sevSecretSetAddress: 2n ** 64n - 1n },
        7,
      ),
    procedure: 'setLaunchSecurityState',
    sent: [
      self,
      array(
        typed.string('sev-secret-header', 'header'),
        typed.string('sev-secret', 'secret'),
        typed.ullong('sev-secret-set-address', 2n ** 64n - 1n),
      ),
      int(7),
    ],
  },
  'a screen reads its certificates again': {
    since: '10.2.0',
    call: () => domain.graphicsReload(DomainGraphicsReloadType.VNC, 6),
    procedure: 'graphicsReload',
    sent: [self, int(1), int(6)],
  },
  'a group of limits is made': {
    since: '11.2.0',
    call: () => domain.setThrottleGroup('größe', { totalBytesSec: 2n ** 63n - 1n, readIopsSecMax: 7 }, CONFIG),
    procedure: 'setThrottleGroup',
    sent: [
      self,
      string('größe'),
      array(typed.ullong('total_bytes_sec', 2n ** 63n - 1n), typed.ullong('read_iops_sec_max', 7n)),
      int(2),
    ],
  },
  'a group of limits is removed': {
    since: '11.2.0',
    call: () => domain.delThrottleGroup('größe', LIVE),
    procedure: 'delThrottleGroup',
    sent: [self, optional('größe'), int(1)],
  },
  'a machine starts with its host once': {
    since: '11.2.0',
    call: () => domain.getAutostartOnce(),
    procedure: 'getAutostartOnce',
    sent: [self],
    answer: int(1),
    result: true,
  },
  'a machine does not start with its host': {
    since: '11.2.0',
    call: () => domain.getAutostartOnce(),
    procedure: 'getAutostartOnce',
    sent: [self],
    answer: int(0),
    result: false,
  },
  'a machine is told to start with its host once': {
    since: '11.2.0',
    call: () => domain.setAutostartOnce(true),
    procedure: 'setAutostartOnce',
    sent: [self, int(1)],
  },
  'a machine is told not to start with its host': {
    since: '11.2.0',
    call: () => domain.setAutostartOnce(false),
    procedure: 'setAutostartOnce',
    sent: [self, int(0)],
  },
  'an interface is announced': {
    since: '12.5.0',
    call: () => domain.announceInterface('net0', { initial: 50, max: 2 ** 32 - 1, rounds: 5, step: 100 }, 3),
    procedure: 'announceInterface',
    sent: [
      self,
      optional('net0'),
      array(
        typed.uint('initial', 50),
        typed.uint('max', 2 ** 32 - 1),
        typed.uint('rounds', 5),
        typed.uint('step', 100),
      ),
      int(3),
    ],
  },
  'all interfaces are announced as libvirt does it by itself': {
    since: '12.5.0',
    call: () => domain.announceInterface(),
    procedure: 'announceInterface',
    sent: [self, optional(null), array(), int(0)],
  },
});

it.each([
  ['to the backing file that stays', '/base.img', 2 ** 32],
  ['with no backing file', null, 0],
])('a disk is pulled down %s', async (_, base, bandwidth) => {
  const info = (...numbers: bigint[]) => Buffer.concat([int(DomainBlockJobType.PULL), ...numbers.map(hyper)]);
  daemon.answer('blockRebase', Buffer.alloc(0));
  daemon.answer('getBlockJobInfo', Buffer.concat([int(1), info(0n, 1n, 2n)]));
  const job = domain.blockRebase('vda', base, bandwidth, DomainBlockRebaseFlags.BANDWIDTH_BYTES);
  await daemon.whenRequested('getBlockJobInfo', 2);
  daemon.answer('getBlockJobInfo', Buffer.concat([int(0), info(0n, 0n, 0n)]));
  await job;
  const sent = [self, string('vda'), optional(base), hyper(BigInt(bandwidth)), int(64)];
  expect(daemon.body('blockRebase')).toEqual(Buffer.concat(sent));
  expect(daemon.requestCount('blockRebase')).toBe(1);
});
