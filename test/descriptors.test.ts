import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toSocket } from '../lib/descriptors.js';
import { Connection, type Descriptor, type Domain } from '../lib/index.js';
import { native } from '../lib/native.js';
import { FakeDaemon } from './fake-daemon.js';
import { failure, failures, machineXML, Scratch, thrown } from './helpers.js';
import { xdr } from './remote-protocol.js';
import { eventually } from './libvirtd-helpers.js';

const scratch = new Scratch();
const host = scratch.host(machineXML({ name: 'pc1' }) + machineXML({ name: 'pc2', state: 5 }));
/** What is given, so that nobody else has it open. */
const given = scratch.file('given');
writeFileSync(given, '');

/** How often it is open; of a runtime's other files some come and go. */
const countOpen = () =>
  readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === given;
    } catch {
      return false; // the directory's own
    }
  }).length;

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

/** Every function that takes descriptors, given one. */
const takers: [string, string, (fd: Descriptor) => Promise<unknown>][] = [
  ['createWithFiles', 'files[0]', (fd) => off.createWithFiles([fd])],
  [
    'createDomainXMLWithFiles',
    'files[0]',
    (fd) => connection.createDomainXMLWithFiles(machineXML({ name: 'n' }), [fd]),
  ],
  ['fdAssociate', 'fds[0]', (fd) => domain.fdAssociate('group', [fd])],
  ['openGraphics', 'fd', (fd) => domain.openGraphics(0, fd)],
  ['qemuMonitorCommandWithFiles', 'infiles[0]', (fd) => domain.qemuMonitorCommandWithFiles('{}', [fd])],
];

describe('what is no open file', () => {
  it.each(takers)('is refused by %s, which names itself and %s', async (name, argument, take) => {
    const handle = await open(given);
    await handle.close();
    for (const wrong of [null, undefined, '5', {}, { fd: '5' }, { fd: null }, 5n, [], handle]) {
      expect(await failure(take(wrong as unknown as number))).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining(`${name}: ${argument} must be`),
      });
    }
    const inC = name.replace(/^fd/, 'FD').replace('DomainXML', 'XML');
    const argumentInC = argument.replace('[0]', '');
    for (const wrong of [-1, 1.5, NaN, 2 ** 31, 2 ** 31 - 1]) {
      expect(await failure(take(wrong))).toMatchObject({
        name: 'RangeError',
        message: expect.stringMatching(
          new RegExp(`^virDomain(Qemu)?${inC}: argument \\d \\(${argumentInC}\\) must be`, 'i'),
        ),
      });
    }
    expect(await failure(take(2 ** 31 - 1))).toHaveProperty('message', expect.stringContaining('open file descriptor'));
    expect(countOpen()).toBe(0);
  });

  it('is refused in place of a list', async () => {
    const wrong = [5, '5', { length: 1, 0: 5 }, null] as unknown as number[][];
    for (const error of await failures(wrong.map((files) => off.createWithFiles(files)))) {
      expect(error).toMatchObject({ name: 'TypeError', message: 'createWithFiles: files must be an array of file descriptors' }); // prettier-ignore
    }
    expect(await off.isActive()).toBe(false);
  });

  it('closes what was duplicated before it in the list', async () => {
    const fd = openSync(given, 'r');
    const before = countOpen();
    for (let i = 0; i < 1000; i += 1) await failure(off.createWithFiles([fd, fd, fd, 2 ** 31 - 1]));
    const handle = await native.virDomainLookupByName(connection.link.handle, 'pc2');
    for (let i = 0; i < 1000; i += 1) thrown(() => native.virDomainCreateWithFiles(handle, [fd, fd], 1.5));
    expect(countOpen()).toBe(before);
    closeSync(fd);
  });
});

describe('an open file', () => {
  it.each(takers)('is taken by %s as a number and as a FileHandle, and stays open here', async (_, _argument, take) => {
    const handle = await open(given);
    const fd = openSync(given, 'r');
    try {
      for (const given of [fd, handle]) {
        await take(given).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^VIR_ERR_/) });
        });
      }
      expect(fstatSync(fd).isFile()).toBe(true);
      expect((await handle.stat()).isFile()).toBe(true);
    } finally {
      closeSync(fd);
      await handle.close();
    }
  });

  it('is duplicated when the call is made, so that no child inherits it, and closed with a call that was cancelled', async () => {
    const daemon = await FakeDaemon.start(scratch.file('daemon'));
    const remote = await Connection.open(daemon.uri, { keepAlive: false });
    const uuid = '11111111-2222-4333-8444-555555555555';
    daemon.answer('lookupDomainByName', Buffer.concat([xdr.string('pc1'), xdr.uuid(uuid), xdr.int(1)]));
    const far = await remote.lookupDomainByName('pc1');
    // Three calls run and keep others that may wait in the queue.
    daemon.hold('getCapabilities');
    const running = Array.from({ length: 3 }, () => remote.getCapabilities());
    await daemon.whenHeld('getCapabilities', 3);

    writeFileSync(scratch.file('inherited'), '');
    const fd = openSync(scratch.file('inherited'), 'r');
    const { ino } = fstatSync(fd);
    const duplicates = () =>
      readdirSync('/proc/self/fdinfo').filter((number) => {
        try {
          // By the name: fstat is refused by Deno for what it did not open itself.
          return Number(number) !== fd && statSync(`/proc/self/fd/${number}`).ino === ino;
        } catch {
          return false; // the directory's own
        }
      });
    const controller = new AbortController();
    const queued = failure(far.with({ signal: controller.signal }).fdAssociate('group', [fd, fd]));
    const held = duplicates();
    expect(held).toHaveLength(2);
    for (const number of held) {
      const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1] ?? '';
      expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000);
    }
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await queued).toBe(reason);
    // It leaves the queue when the next call does.
    daemon.release();
    await Promise.all(running);
    await eventually('they are closed', () => Promise.resolve(duplicates().length === 0));
    closeSync(fd);
    await remote.close();
    await daemon.stop();
  });

  it('10,000 times leaves none behind', async () => {
    const fd = openSync(given, 'r');
    const handle = await open(given);
    const before = countOpen();
    for (let round = 0; round < 2000; round += 1) {
      await Promise.allSettled(takers.map(([, , take]) => take(round % 2 === 0 ? fd : handle)));
      if (await off.isActive()) await off.destroy();
      const made = await connection.lookupDomainByName('n');
      await made.destroy();
    }
    expect(countOpen()).toBe(before);
    closeSync(fd);
    await handle.close();
  });

  it('given to 10,000 machines that are made of XML leaves none behind', async () => {
    const fd = openSync(given, 'r');
    const before = countOpen();
    for (let round = 0; round < 10_000; round += 1) {
      const made = await connection.createDomainXMLWithFiles(machineXML({ name: 'n' }), [fd]);
      await made.destroy();
    }
    expect(countOpen()).toBe(before);
    closeSync(fd);
  });
});

describe('what is no socket', () => {
  it('is closed when it was to be one', () => {
    const fd = openSync(given, 'w');
    const before = countOpen();
    expect(thrown(() => toSocket(fd))).toHaveProperty('code', 'ERR_INVALID_FD_TYPE');
    expect(countOpen()).toBe(before - 1);
  });
});
