import { closeSync, fstatSync, openSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Connection,
  type Domain,
  DomainDeviceModifyFlags,
  DomainLifecycle,
  DomainLifecycleAction,
  DomainMetadataType,
  DomainModificationImpact,
  DomainXMLFlags,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure, failures, machineXML, Scratch } from './helpers.js';
import { itSince } from './versions.js';

const scratch = new Scratch();
const mac = '52:54:00:00:00:01';
const host = scratch.host(machineXML({ name: 'pc1', mac }) + machineXML({ name: 'pc2', state: 5 }));
const { DESCRIPTION, TITLE, ELEMENT } = DomainMetadataType;
const { CONFIG, LIVE } = DomainModificationImpact;

let connection: Connection;
let domain: Domain;
let off: Domain;

beforeEach(async () => {
  connection = await Connection.open(host);
  domain = await connection.lookupDomainByName('pc1');
  off = await connection.lookupDomainByName('pc2');
});
afterEach(() => connection.close());
afterAll(() => {
  scratch.remove();
});

describe('metadata', () => {
  it('is not there at first, and may be wrong', async () => {
    const calls = [
      domain.getMetadata(TITLE),
      domain.getMetadata(DESCRIPTION),
      domain.getMetadata(ELEMENT, 'http://example.org/'),
    ];
    for (const error of await failures(calls)) expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_METADATA' });
    expect(await failure(domain.setMetadata(TITLE, 'two\nlines'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    expect(await failure(domain.setMetadata(ELEMENT, '<a/>'))).toMatchObject({ code: 'VIR_ERR_INVALID_ARG' });
    expect(await failure(domain.setMetadata(TITLE, 5 as unknown as string))).toBeInstanceOf(TypeError);
  });

  it('is kept, told and removed', async () => {
    const uri = 'http://example.org/größe';
    await domain.setMetadata(TITLE, 'größe 😀');
    await domain.setMetadata(ELEMENT, '<machine colour="red"/>', 'ex', uri, LIVE | CONFIG);
    expect(await domain.getMetadata(TITLE)).toBe('größe 😀');
    expect(await domain.getMetadata(ELEMENT, uri, CONFIG)).toContain('colour="red"');
    expect(await domain.getXMLDesc()).toContain('ex:machine');
    await domain.setMetadata(TITLE, null);
    await domain.setMetadata(ELEMENT, null, 'ex', uri, LIVE);
    const calls = [domain.getMetadata(TITLE), domain.getMetadata(ELEMENT, uri, LIVE)];
    for (const error of await failures(calls)) expect(error).toMatchObject({ code: 'VIR_ERR_NO_DOMAIN_METADATA' });
    expect(await domain.getMetadata(ELEMENT, uri, CONFIG)).toContain('red');
  });
});

describe('a name', () => {
  it('may not change while the machine runs, nor to one that is taken', async () => {
    const errors = await failures([domain.rename('pc3'), off.rename('pc1'), off.rename('')]);
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([
      'VIR_ERR_OPERATION_INVALID',
      'VIR_ERR_OPERATION_INVALID',
      expect.stringMatching(/^VIR_ERR_/),
    ]);
  });

  it('changes, and the object finds its machine as before', async () => {
    await off.rename('pc3');
    expect((await connection.lookupDomainByName('pc3')).uuid).toBe(off.uuid);
    expect(await off.isActive()).toBe(false);
    expect(off.name).toBe('pc2');
  });
});

describe('devices', () => {
  const disk = (target: string) =>
    `<disk type="file" device="disk"><source file="/guest/more.img"/><target dev="${target}" bus="virtio"/></disk>`;

  it('that cannot be', async () => {
    for (const error of await failures([
      domain.attachDevice('disk'),
      domain.attachDevice(disk('vda')),
      domain.attachDevice(disk('vdb'), 1 << 20),
      domain.updateDevice('<nonsense/>'),
      domain.detachDeviceAlias('nothing'),
      domain.detachDevice(disk('vdz')),
      domain.detachDevice(disk('vdz'), DomainDeviceModifyFlags.CONFIG),
      domain.announceInterface('vnet0', { rounds: 5, max: 1 }),
    ])) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^VIR_ERR_/) });
    }
  });

  // Of plugging the test driver has learnt this much, and nothing of unplugging; see libvirtd-block.test.ts for the rest.
  itSince('11.3.0', 'come to a machine that runs', async () => {
    await domain.attachDevice(disk('vdb'));
    expect(await domain.getXMLDesc()).toContain("dev='vdb'");
  });
});

describe('what is to happen', () => {
  it('when the guest powers off', async () => {
    await domain.setLifecycleAction(DomainLifecycle.POWEROFF, DomainLifecycleAction.RESTART, CONFIG);
    expect(await domain.getXMLDesc(DomainXMLFlags.INACTIVE)).toContain('<on_poweroff>restart</on_poweroff>');
    expect(await failure(domain.setLifecycleAction(77 as 0, 0))).toMatchObject({
      code: expect.stringMatching(/^VIR_ERR_/),
    });
  });

  it('is not known to the test driver, or to this libvirt', async () => {
    for (const error of await failures([
      domain.getAutostartOnce(),
      domain.setAutostartOnce(true),
      domain.startDirtyRateCalc(1),
      domain.graphicsReload(),
      domain.openGraphics(0, 0),
      domain.openGraphicsFD(0),
      domain.fdAssociate('group', [0]),
      domain.qemuMonitorCommandWithFiles('{}', [0]),
      connection.qemuAttach(1),
      connection.domainXMLFromNative('qemu-argv', ''),
      connection.domainXMLToNative('qemu-argv', '<domain/>'),
    ])) {
      expect(error).toMatchObject({
        code: expect.stringMatching(/^VIR_ERR_(NO_SUPPORT|INVALID_ARG|ARGUMENT_UNSUPPORTED)$/),
      });
    }
  });
});

describe('descriptors', () => {
  it('that are none are refused', async () => {
    const errors = await failures([
      off.createWithFiles([1.5]),
      off.createWithFiles('1' as unknown as number[]),
      off.fdAssociate('group', [2 ** 40]),
      connection.createDomainXMLWithFiles(machineXML({ name: 'pc9' }), [null as unknown as number]),
    ]);
    expect(errors.map((error) => (error as Error).name)).toEqual([
      'RangeError',
      'TypeError',
      'RangeError',
      'TypeError',
    ]);
    expect(await off.isActive()).toBe(false);
  });

  it('stay open here', async () => {
    const fd = openSync('/dev/null', 'r');
    try {
      await off.createWithFiles([fd]);
      await failure(off.fdAssociate('group', [fd]));
      expect(fstatSync(fd).isCharacterDevice()).toBe(true);
    } finally {
      closeSync(fd);
    }
  });

  it('are not needed', async () => {
    await off.createWithFiles([]);
    expect(await off.isActive()).toBe(true);
    const made = await connection.createDomainXMLWithFiles(machineXML({ name: 'pc9' }), []);
    expect(await made.isActive()).toBe(true);
  });
});

describe('the older lists', () => {
  it('have numbers of those that run and names of those that do not', async () => {
    expect([await connection.numOfDomains(), await connection.numOfDefinedDomains()]).toEqual([1, 1]);
    expect(await connection.listDomains()).toEqual([await domain.getID()]);
    expect(await connection.listDefinedDomains()).toEqual(['pc2']);
    await domain.destroy();
    expect(await connection.listDomains()).toEqual([]);
    expect((await connection.listDefinedDomains()).sort()).toEqual(['pc1', 'pc2']);
    await domain.create();
    await off.create();
    expect(await connection.listDomains()).toHaveLength(2);
    expect(await connection.listDefinedDomains()).toEqual([]);
  });

  it('are whole while machines come', async () => {
    const made = Promise.all(
      Array.from({ length: 40 }, (_, i) => connection.defineDomainXML(machineXML({ name: `more-${i}` }))),
    );
    const lists = await Promise.all(Array.from({ length: 10 }, () => connection.listDefinedDomains()));
    await made;
    for (const names of lists) expect(new Set(names).size).toBe(names.length);
    expect(await connection.listDefinedDomains()).toHaveLength(41);
  });

  it('the oldest way of making a machine is the same as the newer one', async () => {
    const handle = await native.virDomainCreateLinux(connection.link.handle, machineXML({ name: 'old' }), 0);
    expect(native.virDomainGetName(handle)).toBe('old');
  });
});
