import { beforeEach } from '@jest/globals';
import { type Connection, type NodeDevice, NodeDeviceUpdateFlags } from '../lib/index.js';
import type { FakeDaemon } from './fake-daemon.js';
import { fakeDaemons } from './fake-daemons.js';
import { xdr } from './remote-protocol.js';
import { testCalls } from './wire-calls.js';

// What a host here has not: devices that can be given to machines, mediated ones above all, and formats of hypervisors.

const { int, string, optional } = xdr;
const fakes = fakeDaemons();
const self = string('mdev_größe');

let daemon: FakeDaemon;
let connection: Connection;
let device: NodeDevice;

beforeEach(async () => {
  daemon = await fakes.start();
  daemon.answer('nodeDeviceLookupByName', self);
  connection = await fakes.open(daemon);
  device = await connection.lookupNodeDeviceByName('mdev_größe');
});

testCalls(() => daemon, {
  'a device is taken from the driver': {
    call: () => device.detach(),
    procedure: 'nodeDeviceDettach',
    sent: [self],
  },
  'a device is taken from the driver for another': {
    call: () => device.detach('vfio', 3),
    procedure: 'nodeDeviceDetachFlags',
    sent: [self, optional('vfio'), int(3)],
  },
  'a device is taken from the driver as the flags say': {
    call: () => device.detach(null, 5),
    procedure: 'nodeDeviceDetachFlags',
    sent: [self, optional(null), int(5)],
  },
  'a device is given back': { call: () => device.reAttach(), procedure: 'nodeDeviceReAttach', sent: [self] },
  'a device is reset': { call: () => device.reset(), procedure: 'nodeDeviceReset', sent: [self] },
  'a device is defined': {
    since: '7.3.0',
    call: async () => (await connection.defineNodeDeviceXML('<device/>', 1)).name,
    procedure: 'nodeDeviceDefineXML',
    sent: [string('<device/>'), int(1)],
    answer: string('mdev_new'),
    result: 'mdev_new',
  },
  'a device that was defined is started': {
    since: '7.3.0',
    call: () => device.create(2),
    procedure: 'nodeDeviceCreate',
    sent: [self, int(2)],
  },
  'a device is no longer defined': {
    since: '7.3.0',
    call: () => device.undefine(4),
    procedure: 'nodeDeviceUndefine',
    sent: [self, int(4)],
  },
  'a device is told to start with its parent': {
    since: '7.8.0',
    call: () => device.setAutostart(true),
    procedure: 'nodeDeviceSetAutostart',
    sent: [self, int(1)],
  },
  'a device is told not to start with its parent': {
    since: '7.8.0',
    call: () => device.setAutostart(false),
    procedure: 'nodeDeviceSetAutostart',
    sent: [self, int(0)],
  },
  'a device starts with its parent': {
    since: '7.8.0',
    call: () => device.getAutostart(),
    procedure: 'nodeDeviceGetAutostart',
    sent: [self],
    answer: int(1),
    result: true,
  },
  'a device has no definition': {
    since: '7.8.0',
    call: () => device.isPersistent(),
    procedure: 'nodeDeviceIsPersistent',
    sent: [self],
    answer: int(0),
    result: false,
  },
  'a device is there': {
    since: '7.8.0',
    call: () => device.isActive(),
    procedure: 'nodeDeviceIsActive',
    sent: [self],
    answer: int(1),
    result: true,
  },
  'a device is changed': {
    since: '10.1.0',
    call: () => device.update('<größe/>', NodeDeviceUpdateFlags.CONFIG),
    procedure: 'nodeDeviceUpdate',
    sent: [self, string('<größe/>'), int(2)],
  },
  'a configuration becomes XML': {
    call: () => connection.domainXMLFromNative('xen-xl', 'name = "größe"', 3),
    procedure: 'domainXMLFromNative',
    sent: [string('xen-xl'), string('name = "größe"'), int(3)],
    answer: string('<domain>größe</domain>'),
    result: '<domain>größe</domain>',
  },
  'XML becomes a configuration': {
    call: () => connection.domainXMLToNative('qemu-argv', '<domain/>', 5),
    procedure: 'domainXMLToNative',
    sent: [string('qemu-argv'), string('<domain/>'), int(5)],
    answer: string('qemu -name größe'),
    result: 'qemu -name größe',
  },
});
