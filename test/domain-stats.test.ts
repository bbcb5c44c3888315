import { describe, expect, it } from '@jest/globals';

import { toDomainStats, type DomainStats } from '../lib/domain-stats.js';
import { toGuestInfo } from '../lib/guest-info.js';
import type { TypedParams } from '../lib/native-types.js';

describe('toDomainStats', () => {
  it('refuses what is no object', () => {
    expect(() => toDomainStats(null as never)).toThrow(TypeError);
    expect(() => toDomainStats(undefined as never)).toThrow(TypeError);
  });

  it('has nothing of what was not asked for', () => {
    expect(toDomainStats({})).toStrictEqual({});
    expect(toDomainStats({ 'state.state': 5, 'state.reason': 1 })).toStrictEqual({ state: { state: 5, reason: 1 } });
  });

  const rows: [what: string, flat: TypedParams, stats: DomainStats][] = [
    ['empty lists', { 'net.count': 0, 'block.count': 0, 'iothread.count': 0 }, { net: [], block: [], iothread: [] }],
    ['an interface that went away meanwhile', { 'net.count': 1 }, { net: [], netCount: 1 }],
    ['IOThreads that do not tell', { 'iothread.count': 2 }, { iothread: [], iothreadCount: 2 }],
    [
      'IOThreads by their ids',
      {
        'iothread.count': 2,
        'iothread.7.poll-max-ns': 32768n,
        'iothread.2.poll-grow': 4294967296n,
        'iothread.2.poll-shrink': 0,
      },
      {
        iothread: [
          { index: 2, pollGrow: 4294967296n, pollShrink: 0 },
          { index: 7, pollMaxNs: 32768n },
        ],
      },
    ],
    [
      'vCPUs of a domain that is off',
      { 'vcpu.current': 2, 'vcpu.maximum': 4 },
      { vcpu: { list: [], current: 2, maximum: 4 } },
    ],
    ['vCPUs without their number', { 'vcpu.0.state': 1 }, { vcpu: { list: [{ index: 0, state: 1 }] } }],
    [
      'vCPUs with a hole, and names of the hypervisor',
      {
        'vcpu.current': 2,
        'vcpu.maximum': 4,
        'vcpu.0.state': 1,
        'vcpu.0.time': 10n,
        'vcpu.0.halted': false,
        'vcpu.3.state': 0,
        'vcpu.3.halt_poll_success_ns.sum': 9n,
        'vcpu.3.guest_mode.cur': true,
        'vcpu.3.123.max': 1n,
      },
      {
        vcpu: {
          list: [
            { index: 0, state: 1, time: 10n, halted: false },
            { index: 3, state: 0, haltPollSuccessNs: { sum: 9n }, guestMode: { cur: true }, '123': { max: 1n } },
          ],
          current: 2,
          maximum: 4,
        },
      },
    ],
    [
      'names of the hypervisor for the domain',
      { 'vm.remote_tlb_flush.sum': 5n, 'vm.count.cur': 1n, 'vm.0.max': 2n, 'vm.__proto__.cur': 3n },
      { vm: { remoteTlbFlush: { sum: 5n }, count: { cur: 1n }, '0': { max: 2n }, proto: { cur: 3n } } },
    ],
    [
      'disks, with groups and histograms',
      {
        'block.count': 2,
        'block.0.name': 'vda',
        'block.0.path': '/var/lib/libvirt/images/a.qcow2',
        'block.0.backingIndex': 1,
        'block.0.rd.reqs': 12n,
        'block.0.rd.bytes': 34n,
        'block.0.fl.times': 56n,
        'block.0.limits.iov_hw_max': 1024n,
        'block.0.timed_group.count': 2n,
        'block.0.timed_group.0.interval': 60n,
        'block.0.timed_group.0.rd_queue_depth_avg': 0.25,
        'block.0.timed_group.1.interval': 3600n,
        'block.0.latency_histogram.read.bin.count': 2n,
        'block.0.latency_histogram.read.bin.0.start': 0n,
        'block.0.latency_histogram.read.bin.0.value': 3n,
        'block.0.latency_histogram.read.bin.1.start': 10n,
        'block.0.latency_histogram.read.bin.1.value': 4n,
        'block.0.latency_histogram.zone_append.bin.count': 0n,
        'block.1.name': 'sda',
      },
      {
        block: [
          {
            index: 0,
            name: 'vda',
            path: '/var/lib/libvirt/images/a.qcow2',
            backingIndex: 1,
            rd: { reqs: 12n, bytes: 34n },
            fl: { times: 56n },
            limits: { iovHwMax: 1024n },
            timedGroup: [
              { index: 0, interval: 60n, rdQueueDepthAvg: 0.25 },
              { index: 1, interval: 3600n },
            ],
            latencyHistogram: {
              read: {
                bin: [
                  { index: 0, start: 0n, value: 3n },
                  { index: 1, start: 10n, value: 4n },
                ],
              },
              zoneAppend: { bin: [] },
            },
          },
          { index: 1, name: 'sda' },
        ],
      },
    ],
    [
      'more than nine interfaces, in order',
      {
        'net.10.name': 'vnet10',
        'net.9.name': 'vnet9',
        'net.9.rx.bytes': 2n ** 64n - 1n,
        'net.9.tx.errs': 0n,
        'net.count': 2,
      },
      {
        net: [
          { index: 9, name: 'vnet9', rx: { bytes: 2n ** 64n - 1n }, tx: { errs: 0n } },
          { index: 10, name: 'vnet10' },
        ],
      },
    ],
    [
      'CPU time and monitors',
      {
        'cpu.time': 3n,
        'cpu.haltpoll.success.time': 1n,
        'cpu.haltpoll.fail.time': 2n,
        'cpu.cache.monitor.count': 2,
        'cpu.cache.monitor.0.name': 'vcpus_0-1',
        'cpu.cache.monitor.0.vcpus': '0-1',
        'cpu.cache.monitor.0.bank.count': 2,
        'cpu.cache.monitor.0.bank.0.id': 4,
        'cpu.cache.monitor.0.bank.0.bytes': 9371648,
        'cpu.cache.monitor.0.bank.1.id': 5,
        'cpu.cache.monitor.0.bank.1.bytes': 81920,
        'cpu.cache.monitor.1.name': 'vcpus_2',
        'cpu.cache.monitor.1.vcpus': '2',
        'cpu.cache.monitor.1.bank.count': 2,
        'cpu.cache.monitor.1.bank.0.id': 6,
        'cpu.cache.monitor.1.bank.0.bytes': 65536,
        'cpu.cache.monitor.1.bank.1.id': 7,
        'cpu.cache.monitor.1.bank.1.bytes': 0,
        'cpu.energy.monitor.count': 2,
        'cpu.energy.monitor.0.name': 'vcpus_0-1',
        'cpu.energy.monitor.0.pkg.count': 2,
        'cpu.energy.monitor.0.pkg.0.id': 1,
        'cpu.energy.monitor.0.pkg.1.id': 3,
        'cpu.energy.monitor.1.name': 'vcpus_2',
        'cpu.energy.monitor.1.vcpus': '2',
        'cpu.energy.monitor.1.pkg.count': 1,
        'cpu.energy.monitor.1.pkg.0.id': 8,
        'memory.bandwidth.monitor.count': 2,
        'memory.bandwidth.monitor.0.name': 'vcpus_0-1',
        'memory.bandwidth.monitor.0.node.count': 2,
        'memory.bandwidth.monitor.0.node.0.id': 4,
        'memory.bandwidth.monitor.0.node.0.bytes.local': 6n,
        'memory.bandwidth.monitor.0.node.0.bytes.total': 7n,
        'memory.bandwidth.monitor.0.node.1.id': 5,
        'memory.bandwidth.monitor.0.node.1.bytes.local': 8n,
        'memory.bandwidth.monitor.0.node.1.bytes.total': 9n,
        'memory.bandwidth.monitor.1.name': 'vcpus_2',
        'memory.bandwidth.monitor.1.vcpus': '2',
        'memory.bandwidth.monitor.1.node.count': 1,
        'memory.bandwidth.monitor.1.node.0.id': 10,
        'memory.bandwidth.monitor.1.node.0.bytes.local': 11n,
        'memory.bandwidth.monitor.1.node.0.bytes.total': 12n,
      },
      {
        cpu: {
          time: 3n,
          haltpoll: { success: { time: 1n }, fail: { time: 2n } },
          cache: {
            monitor: [
              {
                index: 0,
                name: 'vcpus_0-1',
                vcpus: '0-1',
                bank: [
                  { index: 0, id: 4, bytes: 9371648 },
                  { index: 1, id: 5, bytes: 81920 },
                ],
              },
              {
                index: 1,
                name: 'vcpus_2',
                vcpus: '2',
                bank: [
                  { index: 0, id: 6, bytes: 65536 },
                  { index: 1, id: 7, bytes: 0 },
                ],
              },
            ],
          },
          energy: {
            monitor: [
              {
                index: 0,
                name: 'vcpus_0-1',
                pkg: [
                  { index: 0, id: 1 },
                  { index: 1, id: 3 },
                ],
              },
              { index: 1, name: 'vcpus_2', vcpus: '2', pkg: [{ index: 0, id: 8 }] },
            ],
          },
        },
        memory: {
          bandwidth: {
            monitor: [
              {
                index: 0,
                name: 'vcpus_0-1',
                node: [
                  { index: 0, id: 4, bytes: { local: 6n, total: 7n } },
                  { index: 1, id: 5, bytes: { local: 8n, total: 9n } },
                ],
              },
              {
                index: 1,
                name: 'vcpus_2',
                vcpus: '2',
                node: [{ index: 0, id: 10, bytes: { local: 11n, total: 12n } }],
              },
            ],
          },
        },
      },
    ],
    [
      'the balloon, performance events and the dirty rate',
      {
        'balloon.last-update': 1n,
        'balloon.hugetlb_pgalloc': 2n,
        'perf.page_faults_min': 3n,
        'dirtyrate.calc_status': 2,
        'dirtyrate.calc_start_time': 4n,
        'dirtyrate.vcpu.0.megabytes_per_second': 5n,
        'dirtyrate.vcpu.2.megabytes_per_second': 6n,
      },
      {
        balloon: { lastUpdate: 1n, hugetlbPgalloc: 2n },
        perf: { pageFaultsMin: 3n },
        dirtyrate: {
          calcStatus: 2,
          calcStartTime: 4n,
          vcpu: [
            { index: 0, megabytesPerSecond: 5n },
            { index: 2, megabytesPerSecond: 6n },
          ],
        },
      },
    ],
  ];
  it.each(rows)('%s', (_what, flat, stats) => {
    expect(toDomainStats(flat)).toStrictEqual(stats);
  });

  it('keeps fields of a newer libvirt, and every known one its type', () => {
    const stats: unknown = toDomainStats({
      'tpm.count': 1,
      'tpm.0.version-id': 2,
      'net.0.rx.bytes': 1n,
      'net.0.queue.0.pkts': 3n,
      'net.maximum': 4,
      'balloon.rss': 5n,
      'balloon.rss.peak': 6n,
      'perf.count': 7n,
      state: 8,
    });
    expect(stats).toStrictEqual({
      tpm: [{ index: 0, versionId: 2 }],
      net: [{ index: 0, rx: { bytes: 1n }, queue: [{ index: 0, pkts: 3n }] }],
      netMaximum: 4,
      balloon: { rss: 5n, rssPeak: 6n },
      perf: { count: 7n },
      stateValue: 8,
    });
  });
});

describe('toGuestInfo', () => {
  it('refuses what is no object', () => {
    expect(() => toGuestInfo(null as never)).toThrow(TypeError);
  });

  it('keeps lists lists and groups groups', () => {
    expect(toGuestInfo({ 'user.count': 0, 'fs.0.disk.count': 0, 'fs.count': 1 })).toStrictEqual({
      user: [],
      fs: [{ index: 0, disk: [] }],
    });
    expect(toGuestInfo({ 'user.count': 3, 'load.count': 1, 'if.0.addr.count': 0 })).toStrictEqual({
      user: [],
      userCount: 3,
      load: { count: 1 },
      if: [{ index: 0, addr: [] }],
    });
  });

  it('nests what an agent says', () => {
    expect(
      toGuestInfo({
        hostname: 'lab-srv1',
        'user.count': 1,
        'user.0.name': 'root',
        'user.0.login-time': 1736726400000n,
        'os.pretty-name': 'Debian GNU/Linux 13 (trixie)',
        'os.version-id': '13',
        'timezone.offset': -3600,
        'load.1m': 0.5,
        'load.15m': 0.25,
        'fs.count': 1,
        'fs.0.total-bytes': 10n,
        'fs.0.disk.count': 1,
        'fs.0.disk.0.alias': 'vda',
        'disk.count': 1,
        'disk.0.partition': false,
        'disk.0.guest_bus': 'virtio',
        'disk.0.dependency.count': 1,
        'disk.0.dependency.0.name': '/dev/vda',
        'if.count': 1,
        'if.0.addr.count': 1,
        'if.0.addr.0.prefix': 24,
        'device.count': 1,
        'device.0.driverDate': 1736726400n,
        'device.0.pciVendor': 6900,
      }),
    ).toStrictEqual({
      hostname: 'lab-srv1',
      user: [{ index: 0, name: 'root', loginTime: 1736726400000n }],
      os: { prettyName: 'Debian GNU/Linux 13 (trixie)', versionId: '13' },
      timezone: { offset: -3600 },
      load: { '1m': 0.5, '15m': 0.25 },
      fs: [{ index: 0, totalBytes: 10n, disk: [{ index: 0, alias: 'vda' }] }],
      disk: [{ index: 0, partition: false, guestBus: 'virtio', dependency: [{ index: 0, name: '/dev/vda' }] }],
      if: [{ index: 0, addr: [{ index: 0, prefix: 24 }] }],
      device: [{ index: 0, driverDate: 1736726400n, pciVendor: 6900 }],
    });
  });
});
