import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Connection, type Domain } from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure } from './helpers.js';
import { eventually, removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, guestXML } from './testbed/index.js';
import { itSince } from './versions.js';

jest.setTimeout(600_000); // machines that are busy with other suites, too

const countOpen = () => readdirSync('/proc/self/fd').length;
/** Sockets are closed by the event loop, and abandoned calls by libvirt's threads. */
const noneIsLeft = (before: number) =>
  eventually(`no more than ${String(before)} are open`, () => Promise.resolve(countOpen() <= before));

describeWithTestbed('descriptors that go to a real libvirtd and come from it', (bed) => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await Connection.open(bed().uri);
  });
  afterEach(() => removeMachines(connection));
  afterAll(() => connection.close());

  const withScreen = async (): Promise<Domain> => {
    const devices = "<graphics type='vnc'><listen type='none'/></graphics><video><model type='vga'/></video>";
    return connection.createDomainXML(guestXML({ name: 'screen', memoryMiB: 32, devices }));
  };
  const greeting = async (socket: Socket): Promise<string> => {
    let text = '';
    while (text.length < 12) text += String((await once(socket, 'data'))[0]);
    return text;
  };

  describe('a screen', () => {
    it('is spoken to over the socket that it gives', async () => {
      const domain = await withScreen();
      const socket = await domain.openGraphicsFD(0);
      expect(await greeting(socket)).toMatch(/^RFB 003\.\d{3}\n$/);
      socket.write('RFB 003.008\n');
      // One way of authentication: none.
      expect([...((await once(socket, 'data'))[0] as Buffer)]).toEqual([1, 1]);
      const closed = once(socket, 'close');
      await domain.destroy();
      await closed;
    });

    it('is spoken to over a socket that it is given, which the caller may close at once', async () => {
      const domain = await withScreen();
      const server = createServer().listen(join(bed().dir, 'pair'));
      await once(server, 'listening');
      const mine = createConnection(join(bed().dir, 'pair'));
      const [theirs] = (await once(server, 'connection')) as [Socket];
      theirs.pause();
      const { fd } = (theirs as unknown as { _handle: { fd: number } })._handle;
      const opened = domain.openGraphics(0, fd);
      theirs.destroy();
      await opened;
      expect(await greeting(mine)).toMatch(/^RFB/);
      mine.destroy();
      server.close();
    });

    it('that is not there, or what is no socket, is refused', async () => {
      const domain = await withScreen();
      const before = countOpen();
      expect(await failure(domain.openGraphicsFD(1))).toMatchObject({ name: 'LibvirtError' });
      const file = await open('/dev/null');
      expect(await failure(domain.openGraphics(0, file))).toMatchObject({
        code: 'VIR_ERR_INVALID_ARG',
        operation: 'virDomainOpenGraphics',
      });
      await file.close();
      await noneIsLeft(before);
    });

    it('opened 10,000 times leaves no descriptor behind', async () => {
      const domain = await withScreen();
      const handle = await native.virDomainLookupByName(connection.link.handle, 'screen');
      const before = countOpen();
      for (let round = 0; round < 10_000; round += 4) {
        const fds = await Promise.all(Array.from({ length: 3 }, () => native.virDomainOpenGraphicsFD(handle, 0, 0)));
        for (const fd of fds) {
          expect(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'utf8'))?.[1]).toMatch(
            /^02\d{6}$/,
          );
          closeSync(fd);
        }
        (await domain.openGraphicsFD(0)).destroy();
      }
      await noneIsLeft(before);
    });

    it('that nobody waits for any more is closed', async () => {
      const domain = await withScreen();
      const before = countOpen();
      const codes = new Set<string>();
      for (let round = 0; round < 300; round += 1) {
        const controller = new AbortController();
        const pending = domain.with({ signal: controller.signal }).openGraphicsFD(0);
        if (round % 3 > 0) await connection.getType();
        controller.abort(new Error('enough'));
        await pending.then(
          (socket) => {
            codes.add('opened');
            socket.destroy();
          },
          (error: unknown) => codes.add(String((error as { code?: string }).code)),
        );
      }
      expect(codes).toContain('ERR_LIBVIRT_ABANDONED');
      await noneIsLeft(before);
    });
  });

  describe('files', () => {
    const image = async () => {
      const file = join(bed().dir, 'disk.raw');
      await bed().run('sh', ['-c', `truncate -s 4M ${file}`]);
      return file;
    };
    const diskXML = (file: string) =>
      `<disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${file}" fdgroup="mine"/><target dev="vdb" bus="virtio"/></disk>`;

    const isDisk = async (kind: 'a number' | 'a FileHandle'): Promise<void> => {
      const file = await image();
      const before = countOpen();
      await using own = await Connection.open(bed().uri);
      const domain = await own.defineDomainXML(
        guestXML({ name: 'group', memoryMiB: 32, devices: diskXML('/no/such/path') }),
      );
      expect(await failure(domain.create())).toMatchObject({ name: 'LibvirtError' });
      const fd = kind === 'a number' ? openSync(file, 'r+') : await open(file, 'r+');
      const given = domain.fdAssociate('mine', [fd]);
      if (typeof fd === 'number') closeSync(fd);
      else await fd.close();
      await given;
      await domain.create();
      // QEMU has the file, whose name it never heard of.
      const nodes = await domain.qemuMonitorCommand('{"execute":"query-named-block-nodes"}');
      expect(JSON.parse(nodes)).toMatchObject({
        return: expect.arrayContaining([
          expect.objectContaining({
            file: expect.stringContaining('/dev/fdset/'),
            image: expect.objectContaining({ 'virtual-size': 4 * 1024 * 1024 }),
          }),
        ]),
      });
      await own.close();
      await noneIsLeft(before);
    };
    for (const kind of ['a number', 'a FileHandle'] as const)
      itSince('9.0.0', `are a machine’s disk: ${kind}, closed at once`, () => isDisk(kind));

    itSince('8.2.0', 'are given to QEMU’s monitor', async () => {
      const domain = await connection.createDomainXML(guestXML({ name: 'monitor', memoryMiB: 32 }));
      const file = await open(await image(), 'r');
      const command = JSON.stringify({ execute: 'add-fd', arguments: { 'fdset-id': 77, opaque: 'ours' } });
      const { result, outfiles } = await domain.qemuMonitorCommandWithFiles(command, [file]);
      await file.close();
      expect(JSON.parse(result)).toMatchObject({ return: { 'fdset-id': 77, fd: expect.any(Number) } });
      expect(outfiles).toEqual([]);
      const sets = await domain.qemuMonitorCommand('{"execute":"query-fdsets"}');
      expect(JSON.parse(sets)).toMatchObject({
        return: expect.arrayContaining([
          expect.objectContaining({ 'fdset-id': 77, fds: [expect.objectContaining({ opaque: 'ours' })] }),
        ]),
      });
      // A command that wants a file and gets none.
      const { result: refused } = await domain.qemuMonitorCommandWithFiles(command, []);
      expect(refused).toContain('error');
    });

    itSince('9.0.0', 'given 10,000 times leave none behind, here and in the daemon', async () => {
      const domain = await connection.createDomainXML(guestXML({ name: 'monitor', memoryMiB: 32 }));
      const file = await open(await image(), 'r');
      const inDaemon = () => readdirSync(`/proc/${String(bed().libvirtd.pid)}/fd`).length;
      const command = '{"execute":"query-status"}';
      await domain.fdAssociate('mine', [file]);
      const [before, beforeThere] = [countOpen(), inDaemon()];
      for (let round = 0; round < 10_000; round += 4) {
        await Promise.allSettled([
          domain.fdAssociate('mine', [file]),
          domain.fdAssociate('mine', [file.fd]),
          domain.qemuMonitorCommandWithFiles(command, [file]),
          domain.createWithFiles([file, file.fd]), // it runs: refused
        ]);
      }
      await noneIsLeft(before);
      await eventually('the daemon has closed them', () => Promise.resolve(inDaemon() <= beforeThere + 2));
      await file.close();
    });

    it('are 32 at most, and a machine that takes none refuses them', async () => {
      const domain = await connection.defineDomainXML(guestXML({ name: 'many', memoryMiB: 32 }));
      const file = await open('/dev/null');
      const before = countOpen();
      const many = Array.from({ length: 33 }, () => file);
      expect(await failure(domain.fdAssociate('mine', many))).toMatchObject({ name: 'LibvirtError' });
      expect(await failure(domain.createWithFiles([file]))).toMatchObject({ name: 'LibvirtError' });
      expect(await connection.getType()).toBe('QEMU');
      await noneIsLeft(before);
      await file.close();
    });
  });
});
