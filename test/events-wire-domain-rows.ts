import {
  ConnectDomainEventBlockJobStatus,
  DomainBlockJobType,
  DomainEventGraphicsAddressType,
  type DomainEvents,
  DomainEventType,
  DomainMetadataType,
} from '../lib/index.js';
import type { Telling, WireEvent } from './events-wire-rows.js';
import { typed, xdr } from './remote-protocol.js';

const { int, hyper, string, optional, array } = xdr;
const max = 2n ** 64n - 1n;

const telling = (payload: object, ...after: Buffer[]): Telling => ({ after, payload });
const device = (devAlias: string) => telling({ devAlias }, string(devAlias));
/** libvirt's reasons of these stand before the machine. */
const asleep = (reason: number): Telling => ({ before: int(reason), after: [], payload: { reason } });
const blockJob = (disk: string, type: number, status: number) =>
  telling({ disk, type, status }, string(disk), int(type), int(status));

interface Address {
  family: number;
  node: string;
  service: string;
}
const graphics = (phase: number, local: Address, remote: Address, scheme: string, subject: Record<string, string>) => {
  const address = ({ family, node, service }: Address) => Buffer.concat([int(family), string(node), string(service)]);
  const identities = Object.entries(subject);
  return telling(
    { phase, local, remote, authScheme: scheme, subject: identities.map(([type, name]) => ({ type, name })) },
    int(phase),
    address(local),
    address(remote),
    string(scheme),
    array(...identities.map((each) => each.map(string))),
  );
};
const { IPV4, IPV6, UNIX } = DomainEventGraphicsAddressType;

export const domainEvents: { [Name in keyof DomainEvents as `domain:${Name}`]: WireEvent } = {
  'domain:lifecycle': {
    id: 0,
    message: 318,
    tellings: [
      telling({ event: DomainEventType.STOPPED, detail: 3 }, int(5), int(3)),
      telling({ event: 99, detail: -1 }, int(99), int(-1)),
    ],
  },
  'domain:reboot': { id: 1, message: 319, tellings: [telling({})] },
  'domain:rtc-change': {
    id: 2,
    message: 320,
    tellings: [
      telling({ utcoffset: -(2n ** 63n) }, hyper(-(2n ** 63n))),
      telling({ utcoffset: 2n ** 32n }, hyper(2n ** 32n)),
    ],
  },
  'domain:watchdog': {
    id: 3,
    message: 321,
    tellings: [telling({ action: 6 }, int(6)), telling({ action: 99 }, int(99))],
  },
  'domain:io-error': {
    id: 4,
    message: 322,
    tellings: [
      telling(
        { srcPath: '/größe', devAlias: 'virtio-disk0', action: 2 },
        string('/größe'),
        string('virtio-disk0'),
        int(2),
      ),
      telling({ srcPath: '', devAlias: '', action: -1 }, string(''), string(''), int(-1)),
    ],
  },
  'domain:graphics': {
    id: 5,
    message: 323,
    tellings: [
      graphics(
        1,
        { family: IPV4, node: '10.0.0.1', service: '5900' },
        { family: IPV6, node: '::1', service: '34567' },
        'sasl',
        { saslUsername: 'anna', x509dname: 'CN=anna' },
      ),
      // Nobody has shown who it is.
      graphics(2, { family: UNIX, node: '/run/vnc.sock', service: '' }, { family: 7, node: '', service: '' }, '', {}),
    ],
  },
  'domain:io-error-reason': {
    id: 6,
    message: 324,
    tellings: [
      telling(
        { srcPath: '/a.img', devAlias: 'ide0-0-0', action: 1, reason: 'enospc' },
        string('/a.img'),
        string('ide0-0-0'),
        int(1),
        string('enospc'),
      ),
      telling({ srcPath: '', devAlias: 'vda', action: 99, reason: '' }, string(''), string('vda'), int(99), string('')),
    ],
  },
  'domain:control-error': { id: 7, message: 325, tellings: [telling({})] },
  'domain:block-job': {
    id: 8,
    message: 326,
    tellings: [
      blockJob('/a.img', DomainBlockJobType.ACTIVE_COMMIT, ConnectDomainEventBlockJobStatus.READY),
      blockJob('', 99, -1),
    ],
  },
  'domain:disk-change': {
    id: 9,
    message: 327,
    tellings: [
      telling(
        { oldSrcPath: '/old.iso', newSrcPath: '/new.iso', devAlias: 'ide0-1-0', reason: 1 },
        optional('/old.iso'),
        optional('/new.iso'),
        string('ide0-1-0'),
        int(1),
      ),
      telling(
        { oldSrcPath: null, newSrcPath: '/new.iso', devAlias: 'ide0-1-0', reason: 0 },
        optional(null),
        optional('/new.iso'),
        string('ide0-1-0'),
        int(0),
      ),
      telling(
        { oldSrcPath: '', newSrcPath: null, devAlias: '', reason: 99 },
        optional(''),
        optional(null),
        string(''),
        int(99),
      ),
    ],
  },
  'domain:tray-change': {
    id: 10,
    message: 328,
    tellings: [
      telling({ devAlias: 'ide0-1-0', reason: 1 }, string('ide0-1-0'), int(1)),
      telling({ devAlias: 'sata0-0-0', reason: 99 }, string('sata0-0-0'), int(99)),
    ],
  },
  'domain:pmwakeup': { id: 11, message: 329, tellings: [asleep(0), asleep(11)] },
  'domain:pmsuspend': { id: 12, message: 330, tellings: [asleep(0), asleep(12)] },
  'domain:balloon-change': {
    id: 13,
    message: 331,
    tellings: [telling({ actual: 2n ** 63n + 1n }, hyper(2n ** 63n + 1n)), telling({ actual: 0n }, hyper(0n))],
  },
  'domain:pmsuspend-disk': { id: 14, message: 332, tellings: [asleep(0), asleep(14)] },
  'domain:device-removed': { id: 15, message: 333, tellings: [device('net1')] },
  'domain:block-job-2': {
    id: 16,
    message: 339,
    tellings: [
      blockJob('vda', DomainBlockJobType.COMMIT, ConnectDomainEventBlockJobStatus.CANCELED),
      blockJob('', 99, -1),
    ],
  },
  'domain:tunable': {
    id: 17,
    message: 346,
    tellings: [
      telling(
        {
          params: {
            cputune: { cpuShares: max, vcpuQuota: -1n, vcpupin3: '0-2', emulatorpin: '7', iothreadpin11: '8' },
            blkdeviotune: { disk: 'vda', totalBytesSec: 2n ** 63n, readIopsSecMaxLength: 5n, groupName: 'g' },
            newOne: 2 ** 32 - 1,
          },
        },
        array(
          typed.ullong('cputune.cpu_shares', max),
          typed.llong('cputune.vcpu_quota', -1n),
          typed.string('cputune.vcpupin3', '0-2'),
          typed.string('cputune.emulatorpin', '7'),
          typed.string('cputune.iothreadpin11', '8'),
          typed.string('blkdeviotune.disk', 'vda'),
          typed.ullong('blkdeviotune.total_bytes_sec', 2n ** 63n),
          typed.ullong('blkdeviotune.read_iops_sec_max_length', 5n),
          typed.string('blkdeviotune.group_name', 'g'),
          typed.uint('new_one', 2 ** 32 - 1),
        ),
      ),
      telling({ params: {} }, array()),
    ],
  },
  'domain:agent-lifecycle': {
    id: 18,
    message: 348,
    tellings: [telling({ state: 2, reason: 1 }, int(2), int(1)), telling({ state: -1, reason: 99 }, int(-1), int(99))],
  },
  'domain:device-added': { id: 19, message: 354, tellings: [device('hostdev0')] },
  'domain:migration-iteration': {
    id: 20,
    message: 359,
    tellings: [telling({ iteration: 2 ** 31 - 1 }, int(2 ** 31 - 1)), telling({ iteration: -1 }, int(-1))],
  },
  'domain:job-completed': {
    id: 21,
    message: 363,
    tellings: [
      telling(
        { params: { operation: 5, timeElapsed: max, success: false, errmsg: 'größe', newField: -0.25 } },
        array(
          typed.int('operation', 5),
          typed.ullong('time_elapsed', max),
          typed.boolean('success', false),
          typed.string('errmsg', 'größe'),
          typed.double('new_field', -0.25),
        ),
      ),
      telling({ params: {} }, array()),
    ],
  },
  'domain:device-removal-failed': { id: 22, message: 367, tellings: [device('virtio-disk3')] },
  'domain:metadata-change': {
    id: 23,
    message: 379,
    tellings: [
      telling({ type: DomainMetadataType.ELEMENT, nsuri: 'urn:größe' }, int(2), optional('urn:größe')),
      telling({ type: DomainMetadataType.TITLE, nsuri: null }, int(1), optional(null)),
    ],
  },
  'domain:block-threshold': {
    id: 24,
    message: 385,
    tellings: [
      telling(
        { dev: 'vda[1]', path: '/a.img', threshold: max, excess: 2n ** 63n },
        string('vda[1]'),
        optional('/a.img'),
        hyper(max),
        hyper(2n ** 63n),
      ),
      telling(
        { dev: 'vdb', path: null, threshold: 1n, excess: 0n },
        string('vdb'),
        optional(null),
        hyper(1n),
        hyper(0n),
      ),
    ],
  },
  'domain:memory-failure': {
    id: 25,
    message: 423,
    tellings: [
      telling({ recipient: 1, action: 3, flags: 2 }, int(1), int(3), int(2)),
      telling({ recipient: 99, action: -1, flags: 2 ** 32 - 1 }, int(99), int(-1), int(-1)),
    ],
  },
  'domain:memory-device-size-change': {
    since: '7.9.0',
    id: 26,
    message: 438,
    tellings: [telling({ alias: 'virtiomem0', size: 2n ** 63n + 2n }, string('virtiomem0'), hyper(2n ** 63n + 2n))],
  },
  'domain:nic-mac-change': {
    since: '11.2.0',
    id: 27,
    message: 453,
    tellings: [
      telling(
        { alias: 'net0', oldMAC: '52:54:00:00:00:01', newMAC: '52:54:00:00:00:02' },
        string('net0'),
        string('52:54:00:00:00:01'),
        string('52:54:00:00:00:02'),
      ),
    ],
  },
  'domain:vcpu-removed': {
    since: '12.4.0',
    id: 28,
    message: 454,
    tellings: [telling({ vcpuid: 2 ** 32 - 1 }, int(-1)), telling({ vcpuid: 3 }, int(3))],
  },
  'domain:channel-lifecycle': {
    since: '12.4.0',
    id: 29,
    message: 455,
    tellings: [
      telling(
        { channelName: 'org.qemu.guest_agent.0', state: 2, reason: 1 },
        string('org.qemu.guest_agent.0'),
        int(2),
        int(1),
      ),
      telling({ channelName: '', state: 99, reason: -1 }, string(''), int(99), int(-1)),
    ],
  },
  'domain:qemu-monitor': {
    message: 6,
    tellings: [
      telling(
        { event: 'RTC_CHANGE', seconds: 2n ** 40n, micros: 999_999, details: '{"offset":-1}' },
        string('RTC_CHANGE'),
        hyper(2n ** 40n),
        int(999_999),
        optional('{"offset":-1}'),
      ),
      telling(
        { event: '', seconds: -1n, micros: 2 ** 32 - 1, details: null },
        string(''),
        hyper(-1n),
        int(-1),
        optional(null),
      ),
    ],
  },
};
