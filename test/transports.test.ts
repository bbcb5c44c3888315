import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Connection } from '../lib/index.js';
import { failure } from './helpers.js';
import { describeWithTestbed, FaultProxy, guestXML } from './testbed/index.js';
import { type ClientOptions, type ClientReport, lacking, Remote, sshPorts } from './testbed/remote.js';
import { isSince, itUnless } from './versions.js';

jest.setTimeout(60_000);

const listNetworks = 'return (await connection.listAllNetworks()).map(({ name }) => name);';
/** Lists the networks, and takes a machine that is only firmware through its life; gives what the daemon says at each step. */
const liveOnce = (name: string, devices = ''): string => `
  const told = [(await connection.listAllNetworks()).map(({ name }) => name)];
  const words = { 1: 'running', 3: 'paused' };
  const domain = await connection.createDomainXML(${JSON.stringify(guestXML({ name, memoryMiB: 16, devices }))});
  try {
    const id = await domain.getID();
    told.push(words[(await domain.getState()).state], (await connection.lookupDomainByID(id)).uuid === domain.uuid);
    told.push((await domain.getXMLDesc()).includes('<name>${name}</name>'));
    await domain.suspend();
    told.push(words[(await domain.getState()).state]);
  } finally {
    await domain.destroy();
  }
  told.push(await domain.getState().catch(({ code }) => code));
  return told;`;
const lived = ['running', true, true, 'paused', 'VIR_ERR_NO_DOMAIN'];
const olderLibuv = Number(process.versions.uv.split('.')[1]) < 50;
const waitsForEver =
  olderLibuv && !isSince('9.0.0') && 'it waits for ever for a child whose descriptors an older libuv closed';
// So it says on the other side, to whatever client.
const findsNoDaemon =
  !isSince('9.0.0') && 'virt-ssh-helper finds no libvirtd in a PATH without the directories of root';
const startDefault = "return (await connection.lookupNetworkByName('default')).create();";

describeWithTestbed(
  'transports',
  (bed) => {
    let remote: Remote;

    beforeAll(async () => {
      remote = await Remote.start(bed());
    }, 120_000);

    const client = (uri: string | undefined, options?: ClientOptions): Promise<ClientReport> =>
      remote.client(uri, { body: listNetworks, ...options });
    const ssh = (transport: string, parameters: Record<string, string> = {}): string => {
      const query = new URLSearchParams({ keyfile: remote.path('keys/member'), ...parameters });
      return `qemu+${transport}://member@127.0.0.1:${sshPorts.key}/system?${decodeURIComponent(query.toString())}`;
    };
    const tls = (host: string): string => `qemu+tls://${host}/system?pkipath=${remote.path('pki')}`;

    interface Row {
      uri: () => string;
      user: string;
      isSecure: boolean;
      isEncrypted: boolean;
    }
    const safe = { isSecure: true, isEncrypted: false };
    const rows: Record<string, Row> = {
      'the system socket, as root': { uri: () => 'qemu:///system', user: 'root', ...safe },
      'the system socket, as a member of the group': { uri: () => 'qemu:///system', user: 'member', ...safe },
      'unix with a socket': {
        uri: () => `qemu+unix:///system?socket=${bed().socket}`,
        user: 'member',
        ...safe,
      },
      'ssh, with a key and a known host': { uri: () => ssh('ssh'), user: 'member', ...safe },
      'ssh, with an unknown host that is not looked at': {
        uri: () => ssh('ssh', { no_verify: '1', keyfile: remote.path('keys/stranger') }),
        user: 'stranger',
        ...safe,
      },
      'ssh, by netcat': { uri: () => ssh('ssh', { proxy: 'netcat' }), user: 'member', ...safe },
      'libssh, with a known host': {
        uri: () => ssh('libssh', { known_hosts: remote.path('known_hosts'), known_hosts_verify: 'normal' }),
        user: 'member',
        ...safe,
      },
      'libssh, with any host': { uri: () => ssh('libssh', { known_hosts_verify: 'ignore' }), user: 'member', ...safe },
      'libssh2, with any host': {
        uri: () => ssh('libssh2', { known_hosts_verify: 'ignore' }),
        user: 'member',
        ...safe,
      },
      'TCP, which anybody can listen to': {
        uri: () => 'qemu+tcp://127.0.0.1/system',
        user: 'stranger',
        isSecure: false,
        isEncrypted: false,
      },
      'TLS, by address': { uri: () => tls('127.0.0.1'), user: 'stranger', isSecure: true, isEncrypted: true },
      'TLS, by name': { uri: () => tls('localhost'), user: 'stranger', isSecure: true, isEncrypted: true },
      'TLS, where a host and no transport is given': {
        uri: () => `qemu://localhost/system?pkipath=${remote.path('pki')}`,
        user: 'stranger',
        isSecure: true,
        isEncrypted: true,
      },
      'a command': {
        uri: () => `qemu+ext:///system?command=${remote.path('pipe')}`,
        user: 'member',
        isSecure: false, // as libvirt cannot know
        isEncrypted: false,
      },
    };

    beforeAll(async () => {
      bed().file('remote/pipe', `#!/bin/sh\nexec nc -U ${bed().socket}\n`);
      await bed().run('chmod', ['755', remote.path('pipe')]);
    });

    const isReached = async ({ uri, user, isSecure, isEncrypted }: Row): Promise<void> => {
      const report = await client(uri(), { user, body: liveOnce('pc1') });
      expect(report).toEqual({
        uri: expect.stringContaining(uri()),
        hostname: 'testbed',
        type: 'QEMU',
        isSecure,
        isEncrypted,
        isAlive: true,
        value: [['default'], ...lived],
        afterClose: 'ERR_LIBVIRT_CLOSED',
      });
    };
    for (const [title, row] of Object.entries(rows)) itUnless(lacking(title), title, () => isReached(row));

    // What libvirt sends by a stream goes another way than what it answers, and each stream opens a connection of its own.
    const carriesBytes = async (name: string): Promise<void> => {
      const { uri, user } = rows[name] as Row;
      const body = `
        const pool = await connection.createStoragePoolXML(
          "<pool type='dir'><name>bytes</name><target><path>/var/lib/libvirt/bytes</path></target></pool>", 1);
        const vol = await pool.createVolXML('<volume><name>v</name><capacity>1048576</capacity></volume>');
        const data = Buffer.from(Array.from({ length: 1 << 18 }, (_, i) => i * 2654435761).flatMap((n) => [n, n >> 8, n >> 16, n >> 24]));
        await new Promise((resolve, reject) => vol.createWriteStream().on('error', reject).on('close', resolve).end(data));
        const hash = (await import('node:crypto')).createHash('sha256');
        for await (const chunk of vol.createReadStream()) hash.update(chunk);
        await vol.delete();
        await pool.destroy();
        return [hash.digest('hex'), (await import('node:crypto')).createHash('sha256').update(data).digest('hex')];`;
      const { value, error } = await client(uri(), { user, body });
      expect(error).toBeUndefined();
      const [got, expected] = value as string[];
      expect(got).toMatch(/^[0-9a-f]{64}$/);
      expect(got).toBe(expected);
    };
    for (const name of [
      'the system socket, as root',
      'ssh, with a key and a known host',
      'libssh2, with any host',
      'TCP, which anybody can listen to',
      'TLS, by name',
    ])
      itUnless(lacking(name), `1 MiB up and down again: ${name}`, () => carriesBytes(name));

    it('none of them leaves a client behind', async () => {
      const clients = () => bed().run('virt-admin', ['-q', 'srv-clients-list', 'libvirtd']);
      // The daemon learns of an end when it reads it.
      let left = await clients();
      for (let i = 0; i < 50 && left.trim() !== ''; i++) left = await clients();
      expect(left.trim()).toBe('');
    });

    describe('from outside', () => {
      it('a socket: the same daemon', async () => {
        await using connection = await Connection.open(bed().uri);
        expect(await connection.getHostname()).toBe('testbed');
        expect(await connection.isSecure()).toBe(true);
        expect(await connection.isEncrypted()).toBe(false);
        expect(await connection.isAlive()).toBe(true);
      });

      it('what is lost is not alive', async () => {
        await using proxy = await FaultProxy.start(`${bed().dir}/lost`, bed().socket);
        await using connection = await Connection.open(`qemu+unix:///system?socket=${bed().dir}/lost`);
        expect(await connection.isAlive()).toBe(true);
        proxy.cut();
        await failure(connection.getHostname());
        expect(await connection.isAlive()).toBe(false);
      });
    });

    describe('read-only', () => {
      const denied = {
        code: 'VIR_ERR_OPERATION_DENIED',
        errno: 29,
        message: 'operation forbidden: read only access prevents virNetworkCreate',
        operation: 'virNetworkCreate',
      };

      it('reads and refuses to write, over the read-only socket', async () => {
        const reading = await client('qemu:///system', { user: 'stranger', open: { readOnly: true } });
        expect(reading).toMatchObject({ uri: 'qemu:///system', isAlive: true, value: ['default'] });
        const writing = await client('qemu:///system', {
          user: 'stranger',
          open: { readOnly: true },
          body: startDefault,
        });
        expect(writing.error).toMatchObject(denied);
      });

      it.each(['ssh', 'tcp', 'tls'])('the same over %s', async (transport) => {
        const uris: Record<string, string> = {
          ssh: ssh('ssh'),
          tcp: 'qemu+tcp://127.0.0.1/system',
          tls: tls('localhost'),
        };
        const { value, error } = await client(uris[transport], {
          user: 'member',
          open: { readOnly: true },
          body: startDefault,
        });
        expect(value).toBeUndefined();
        expect(error).toMatchObject(denied);
      });

      it('the daemon refuses, too, what is sent on its read-only socket', async () => {
        await using connection = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket));
        const network = await connection.lookupNetworkByName('default');
        expect(await failure(network.create())).toMatchObject({ code: 'VIR_ERR_OPERATION_DENIED' });
        expect(await network.isActive()).toBe(false);
      });
    });

    describe("a user's own session", () => {
      it('has a daemon that starts by itself, with no networks', async () => {
        const running = () => bed().exec('pgrep', ['-u', 'stranger', '-x', 'libvirtd']);
        expect((await running()).stdout).toBe('');
        const report = await client('qemu:///session', { user: 'stranger' });
        expect(report).toMatchObject({ uri: 'qemu:///session', hostname: 'testbed', type: 'QEMU', ...safe, value: [] });
        expect((await running()).stdout).not.toBe('');
      });

      it('holds machines that no other user sees', async () => {
        const define = `await connection.defineDomainXML("<domain type='qemu'><name>mine</name><memory>65536</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>");`;
        const names = 'return (await connection.listAllDomains()).map(({ name }) => name);';
        const mine = await client('qemu:///session', { user: 'member', body: define + names });
        expect(mine).toMatchObject({ value: ['mine'] });
        expect((await client('qemu:///session', { user: 'stranger', body: names })).value).toEqual([]);
        expect((await client('qemu:///system', { user: 'member', body: names })).value).toEqual([]);
      });

      it("runs machines on QEMU's user network, which needs no rights", async () => {
        const devices = "<interface type='user'><mac address='52:54:00:00:00:31'/></interface>";
        const report = await client('qemu:///session', { user: 'member', body: liveOnce('alone', devices) });
        expect(report).toMatchObject({ value: [[], ...lived] });
      });

      itUnless(findsNoDaemon, 'is reached by ssh as well', async () => {
        const report = await client(ssh('ssh').replace('/system', '/session'), {
          user: 'member',
          body: 'return (await connection.listAllDomains()).map(({ name }) => name);',
        });
        expect(report).toMatchObject({ uri: expect.stringContaining('/session'), value: ['mine'] });
      });
    });

    describe('drivers that are no QEMU of the daemon', () => {
      describe('qemu:///embed', () => {
        const uri = 'qemu:///embed?root=/tmp/embedded';
        const define =
          "const domain = await connection.defineDomainXML(`<domain type='qemu'><name>inside</name><memory>16384</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>`);";

        it('is in this process, with its files below a root of its own', async () => {
          await bed().libvirtd.stop();
          const report = await client(uri, {
            body: `${define} await domain.undefine(); return domain.name;`,
          }).finally(() => bed().libvirtd.start(['--listen']));
          const rest = { hostname: 'testbed', type: 'QEMU', ...safe, isAlive: true, afterClose: 'ERR_LIBVIRT_CLOSED' };
          expect(report).toEqual({ uri, ...rest, value: 'inside' });
          expect((await bed().run('ls', ['/tmp/embedded'])).split('\n')).toContain('etc');
        });

        // An older libuv's fork handler closes descriptors that by then are libvirt's pipe to its child; see the guide.
        itUnless(waitsForEver, 'cannot start guests where Node.js has an older libuv, and says so', async () => {
          const body = `${define} try { await domain.create(); await domain.destroy(); } finally { await domain.undefine(); }`;
          const { error } = await client(uri, { body });
          if (!olderLibuv) expect(error).toBeUndefined();
          else expect(error?.message).toMatch(/^internal error: Child process .* unexpected exit status 1/s);
        });
      });

      it('test+unix:///default: in the daemon', async () => {
        await using connection = await Connection.open(bed().uriFor('test', '/default'));
        expect(await connection.getType()).toBe('TEST');
        expect(await connection.getHostname()).toBe('testbed');
        expect(await connection.isSecure()).toBe(true);
        expect(await connection.isEncrypted()).toBe(false);
        expect(await connection.isAlive()).toBe(true);
        expect((await connection.listAllDomains()).map(({ name }) => name)).toEqual(['test']);
        const inside = await client('test+unix:///default');
        expect(inside).toMatchObject({ uri: 'test+unix:///default', type: 'TEST', ...safe, value: ['default'] });
      });

      it('test+tcp: the same without a socket', async () => {
        const uri = 'test+tcp://127.0.0.1/default';
        expect(await client(uri)).toMatchObject({ uri, type: 'TEST', isSecure: false, value: ['default'] });
      });
    });

    describe('no URI', () => {
      const session = 'qemu:///session';
      const system = 'qemu:///system';
      const test = 'test:///default';
      const configure = (user: string, path: string, text: string): Promise<string> =>
        bed().run('sh', ['-c', `mkdir -p $(dirname ${path}) && cat > ${path}`], { user, input: text });

      it.each([
        ['the variable, when it is set', 'root', { LIBVIRT_DEFAULT_URI: test }, test],
        ["libvirt's choice for root, when it is empty", 'root', { LIBVIRT_DEFAULT_URI: '' }, system],
        ["libvirt's choice for root, when it is not set", 'root', {}, system],
        ["libvirt's choice for a user", 'stranger', {}, session],
      ])('means %s', async (_, user, env, uri) => {
        expect(await client(undefined, { user, env, body: '' })).toMatchObject({ uri });
      });

      it('means the same as an empty text', async () => {
        expect(await client('', { env: { LIBVIRT_DEFAULT_URI: test } })).toMatchObject({ uri: test });
        expect(await client('', { body: '' })).toMatchObject({ uri: system });
      });

      it('means uri_default of libvirt.conf before what libvirt finds, and after the variable', async () => {
        await configure('member', '.config/libvirt/libvirt.conf', `uri_default = "${test}"\n`);
        expect(await client(undefined, { user: 'member' })).toMatchObject({ uri: test });
        const env = { LIBVIRT_DEFAULT_URI: system };
        expect(await client(undefined, { user: 'member', env })).toMatchObject({ uri: system });
        expect(await client(session, { user: 'member', body: '' })).toMatchObject({ uri: session });
        expect(await client(undefined, { user: 'stranger', body: '' })).toMatchObject({ uri: session });
      });

      it('an alias of libvirt.conf means what stands there, also in the variable', async () => {
        const uri = ssh('ssh');
        await configure('member', '.config/libvirt/libvirt.conf', `uri_aliases = [ "here=${test}", "there=${uri}" ]\n`);
        expect(await client('here', { user: 'member' })).toMatchObject({ uri: test });
        expect(await client('there', { user: 'member' })).toMatchObject({
          uri: expect.stringContaining(uri),
          value: ['default'],
        });
        const env = { LIBVIRT_DEFAULT_URI: 'here' };
        expect(await client(undefined, { user: 'member', env })).toMatchObject({ uri: test });
        await configure('root', '/etc/libvirt/libvirt.conf', `uri_aliases = [ "here=${system}" ]\n`);
        expect(await client('here')).toMatchObject({ uri: system });
      });
    });
  },
  { libvirtd: false },
);
