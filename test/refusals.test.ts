import { once } from 'node:events';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { driverRows, networkRows, type Row, sshRows, sshURI } from './refusals-rows.js';
import { describeWithTestbed } from './testbed/index.js';
import { type ClientError, type ClientOptions, lacking, lacks, Remote, sshPorts } from './testbed/remote.js';
import { itUnless } from './versions.js';

jest.setTimeout(60_000);

describeWithTestbed(
  'refusals',
  (bed) => {
    let remote: Remote;
    let uid: string;

    beforeAll(async () => {
      remote = await Remote.start(bed());
      uid = (await bed().run('id', ['-u', 'member'])).trim();
    }, 120_000);

    /** Why a client inside is refused; it has to be, and soon. */
    async function refusal(uri: string, options?: ClientOptions): Promise<ClientError> {
      const { refused, ...opened } = await remote.client(uri, options);
      if (refused === undefined) throw new Error(`it was let in: ${JSON.stringify(opened)}`);
      return refused;
    }

    const resolved = (text: string): string => text.replaceAll('DIR', remote.dir).replaceAll('UID', uid);
    async function check({ uri, user = 'member', code, text, tried, hints }: Row): Promise<void> {
      const error = await refusal(resolved(uri), { user });
      const [first, ...rest] = error.message.split('\n  tried: ');
      expect({ code: error.code, operation: error.operation }).toEqual({ code, operation: 'virConnectOpen' });
      if (typeof text === 'string') expect(first).toContain(resolved(text));
      else expect(first).toMatch(text);
      expect(rest.join().split('\n')[0]).toBe(resolved(tried));
      expect(error.hints).toEqual(hints.map((words) => expect.stringContaining(resolved(words)) as unknown));
      for (const hint of error.hints) expect(error.message).toContain(`\n  look at: ${hint}`);
    }

    describe('of ssh', () => {
      afterEach(() => bed().run('rm', ['-f', '.ssh/known_hosts'], { user: 'stranger' }));

      for (const [title, row] of Object.entries(sshRows)) itUnless(lacking(title), title, () => check(row));

      it('a host key that has changed', async () => {
        const hosts = `[127.0.0.1]:${sshPorts.key} ${await bed().run('cut', ['-d ', '-f1,2', remote.path('keys/unknown.pub')])}`;
        const write = 'mkdir -p .ssh && cat > .ssh/known_hosts';
        await bed().run('sh', ['-c', write], { user: 'stranger', input: hosts });
        await check({
          uri: sshURI('ssh', 'keyfile=DIR/keys/stranger'),
          user: 'stranger',
          code: 'VIR_ERR_SYSTEM_ERROR',
          text: 'REMOTE HOST IDENTIFICATION HAS CHANGED',
          tried: 'member@127.0.0.1, port 2222 by ssh',
          hints: ["ssh-keygen -R '[127.0.0.1]:2222'"],
        });
      });

      it('a key that others can read', async () => {
        await bed().run('install', ['-m', '644', '-o', 'member', remote.path('keys/member'), '/tmp/open-key']);
        await check({
          uri: sshURI('ssh', 'keyfile=/tmp/open-key'),
          code: 'VIR_ERR_SYSTEM_ERROR',
          text: 'UNPROTECTED PRIVATE KEY FILE',
          tried: 'member@127.0.0.1, port 2222 by ssh',
          hints: ['chmod 600 /tmp/open-key', 'took no key of ours'],
        });
      });
    });

    describe('of TCP and TLS', () => {
      it.each(Object.entries(networkRows))('%s', (_, row) => check(row));
    });

    describe('of drivers that are not there', () => {
      it.each(Object.entries(driverRows))('%s', (_, row) => check(row));
    });

    describe('by the daemon', () => {
      const system = (rest: Omit<Row, 'uri' | 'tried'>): Row => ({
        uri: 'qemu:///system',
        tried: 'the socket /run/libvirt/libvirt-sock',
        ...rest,
      });
      const restart = async (...settings: string[]): Promise<void> => {
        await bed().libvirtd.stop();
        const config = bed().read('/etc/libvirt/libvirtd.conf');
        await bed().libvirtd.start([
          '--listen',
          '--config',
          bed().file('refuse.conf', [config, ...settings, ''].join('\n')),
        ]);
      };
      const rules = '/etc/polkit-1/rules.d/00-test.rules';
      const authority = '/etc/polkit-1/localauthority/50-local.d/00-test.pkla';
      /** polkit before 0.106 has no rules in JavaScript, and none that know the name of a machine. */
      let hasRules: boolean;
      beforeAll(async () => {
        hasRules = (await bed().exec('test', ['-d', dirname(rules)])).code === 0;
      });
      const decided = (actions: string, result: 'yes' | 'no'): string =>
        `[${result}]\nIdentity=unix-user:member\nAction=${actions}\n` +
        ['Any', 'Inactive', 'Active'].map((session) => `Result${session}=${result}\n`).join('');
      /** D-Bus starts it when it is asked for, and then it reads its rules. */
      const endPolkit = (): Promise<string> =>
        bed().run('sh', ['-ec', 'pkill -x polkitd || true; while pgrep -x polkitd; do sleep 0.02; done']);
      const rule = async (body: string, ...decisions: string[]): Promise<void> => {
        const [file, input] = hasRules
          ? [rules, `polkit.addRule(function(action, subject) { ${body} });`]
          : [authority, decisions.join('')];
        await bed().run('sh', ['-c', `cat > ${file}`], { input });
        await endPolkit();
      };
      afterEach(async () => {
        await bed().run('rm', ['-f', rules, authority]);
        await endPolkit();
      });

      it('a user who is not in the group', () =>
        check(
          system({
            user: 'stranger',
            code: 'VIR_ERR_AUTH_UNAVAILABLE',
            text: 'no polkit agent available',
            hints: [
              'stranger is not in the group libvirt: sudo usermod -aG libvirt stranger',
              'qemu:///session needs no rights',
            ],
          }),
        ));

      it('a member whom polkit denies', async () => {
        await rule(
          'if (action.id == "org.libvirt.unix.manage" && subject.user == "member") return polkit.Result.NO;',
          decided('org.libvirt.unix.manage', 'no'),
        );
        await check(
          system({
            code: 'VIR_ERR_AUTH_FAILED',
            text: 'access denied by policy',
            hints: ["polkit's rules do not let the group libvirt in"],
          }),
        );
      });

      it('access rules hide some machines and let others only be seen', async () => {
        const seeing = ['connect.getattr', 'connect.read', 'connect.search-domains', 'domain.getattr', 'domain.read'];
        await rule(
          `if (action.id.indexOf("org.libvirt.api.") != 0 || subject.user != "member") return;
          var seeing = ${JSON.stringify(seeing)};
          var name = action.lookup("domain_name");
          var allowed = seeing.indexOf(action.id.substring(16)) >= 0 && (name === undefined || name == "seen");
          return allowed ? polkit.Result.YES : polkit.Result.NO;`,
          decided('org.libvirt.api.*', 'no'),
          decided(seeing.map((name) => `org.libvirt.api.${name}`).join(';'), 'yes'),
        );
        for (const name of ['seen', 'hidden']) {
          const xml = `<domain type='qemu'><name>${name}</name><memory>65536</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>`;
          await bed().virsh('define', bed().file(`${name}.xml`, xml));
        }
        await restart('access_drivers = ["polkit"]');
        const body = `
          const names = (await connection.listAllDomains()).map(({ name }) => name).sort();
          const seen = await connection.lookupDomainByName('seen');
          const codes = [];
          for (const call of [() => connection.lookupDomainByName('hidden'), () => seen.create(), () => connection.listAllNetworks()]) {
            await call().then(() => codes.push('ok'), ({ code, message }) => codes.push(code + ' ' + message));
          }
          return { names, codes };`;
        const member = await remote.client('qemu:///system', { user: 'member', body });
        const denied = expect.stringMatching(/^VIR_ERR_ACCESS_DENIED .*access denied/);
        expect(member.value).toEqual(
          hasRules
            ? { names: ['seen'], codes: [denied, denied, denied] }
            : { names: ['hidden', 'seen'], codes: ['ok', denied, denied] },
        );
        const root = await remote.client('qemu:///system', {
          body: 'return (await connection.listAllDomains()).map(({ name }) => name).sort();',
        });
        expect(root.value).toEqual(['hidden', 'seen']);
      });

      it('a user who may not even connect', async () => {
        await rule(
          'if (action.id.indexOf("org.libvirt.api.") == 0 && subject.user == "member") return polkit.Result.NO;',
          decided('org.libvirt.api.*', 'no'),
        );
        await check(
          system({
            code: 'VIR_ERR_ACCESS_DENIED',
            text: 'access denied',
            hints: ['The access rules of the daemon (access_drivers'],
          }),
        );
      });

      it('a user who is not in the group of the socket', async () => {
        await restart('auth_unix_rw = "none"', 'unix_sock_group = "libvirt"', 'unix_sock_rw_perms = "0770"');
        expect((await remote.client('qemu:///system', { user: 'member' })).uri).toBe('qemu:///system');
        await check({
          ...system({
            user: 'stranger',
            code: 'VIR_ERR_SYSTEM_ERROR',
            text: "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
            hints: ['stranger is not in the group libvirt: sudo usermod -aG libvirt stranger'],
          }),
          tried: 'the socket /var/run/libvirt/libvirt-sock',
        });
      });

      it('everybody but root, where polkit does not run', async () => {
        await restart();
        // polkitd is started by D-Bus when it is asked for.
        const service = '/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service';
        const move = (from: string, to: string): Promise<string> => {
          const bus = 'org.freedesktop.DBus';
          const reload = `dbus-send --system --print-reply --dest=${bus} / ${bus}.ReloadConfig`;
          return bed().run('sh', ['-ec', `mv ${from} ${to}; ${reload}`]);
        };
        await move(service, '/tmp/polkit.service');
        try {
          await endPolkit();
          await check(
            system({
              code: 'VIR_ERR_DBUS_SERVICE',
              text: 'PolicyKit1',
              hints: ['The daemon on this machine asks polkit who may connect, and polkit or D-Bus does not run there'],
            }),
          );
          expect((await remote.client('qemu:///system')).uri).toBe('qemu:///system');
        } finally {
          await move('/tmp/polkit.service', service);
        }
      });
    });

    describe('by nobody', () => {
      beforeAll(() => bed().libvirtd.stop());
      afterAll(() => bed().libvirtd.start(['--listen']));

      const system = { uri: 'qemu:///system', user: 'root', code: 'VIR_ERR_SYSTEM_ERROR' };
      const socket = '/var/run/libvirt/libvirt-sock';

      it('a daemon that does not run', () =>
        check({
          ...system,
          text: `Failed to connect socket to '${socket}': No such file or directory`,
          tried: `the socket ${socket}`,
          hints: ["libvirt's daemon is not running. Start it: libvirtd -d"],
        }));

      const there = (transport: string, parameters: string, code: string, text: string): Promise<void> =>
        check({
          uri: sshURI(transport, parameters),
          code,
          text,
          tried: `member@127.0.0.1, port 2222 by ${transport}`,
          hints: ["ssh works, but libvirt's daemon does not run on 127.0.0.1"],
        });

      it('a daemon that does not run there, by ssh', () =>
        there('ssh', 'keyfile=DIR/keys/member', 'VIR_ERR_SYSTEM_ERROR', 'No such file or directory'));

      itUnless(lacks.libssh, 'a daemon that does not run there, by libssh', () => {
        const parameters = 'keyfile=DIR/keys/member&known_hosts_verify=ignore';
        return there('libssh', parameters, 'VIR_ERR_LIBSSH', 'Remote command terminated');
      });

      it('a daemon that was killed and left its socket', async () => {
        await bed().libvirtd.start(['--listen']);
        bed().libvirtd.kill('SIGKILL');
        await bed().libvirtd.ended();
        await check({
          ...system,
          text: `Failed to connect socket to '${socket}': Connection refused`,
          tried: `the socket ${socket}`,
          hints: ['it was left behind. Start it: libvirtd -d'],
        });
      });

      it('a socket that was named and is not there', () =>
        check({
          ...system,
          uri: 'qemu:///session?socket=/tmp/no-such-socket',
          user: 'stranger',
          text: "Failed to connect socket to '/tmp/no-such-socket'",
          tried: 'the socket /tmp/no-such-socket',
          hints: ['Is the path right (socket=)'],
        }));
    });

    describe('without a question on the terminal', () => {
      const terminal = (uri: string, interactive: boolean) =>
        remote.spawn(resolved(uri), { user: 'member', terminal: true, open: { interactive } });
      const withPassword = sshURI('ssh', '', 'member', sshPorts.password).replace(/\?$/, '');

      it('ssh that would ask for a password', async () => {
        const child = terminal(withPassword, false);
        let screen = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
        await once(child, 'close');
        expect(screen).toMatch(/^\{"refused":\{.*Permission denied \(password\).*\}\s*$/s);
        expect(screen).toContain('The server would take a password, but ssh may not ask on the terminal');
      });

      it('with one where it may ask', async () => {
        const child = terminal(withPassword, true);
        let screen = '';
        let answered = false;
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          screen += text;
          if (answered || !screen.includes('password:')) return;
          answered = true;
          child.stdin.write('password\n');
        });
        await once(child, 'close');
        expect(screen).toContain("member@127.0.0.1's password:");
        expect(screen).toContain('"hostname":"testbed"');
      });

      it('nor a host key', async () => {
        const uri = resolved(sshURI('ssh', 'keyfile=DIR/keys/stranger'));
        const { refused } = await remote.client(uri, { user: 'stranger', terminal: true });
        expect(refused?.message).toContain('Host key verification failed');
      });

      it.each(['an alias', 'uri_default'])('nor by %s of libvirt.conf', async (how) => {
        const config = `uri_aliases = [ "there=${withPassword}" ]\n${how === 'an alias' ? '' : `uri_default = "${withPassword}"\n`}`;
        const write = 'mkdir -p .config/libvirt && cat > .config/libvirt/libvirt.conf';
        await bed().run('sh', ['-c', write], { user: 'member', input: config });
        const { refused } = await remote.client(how === 'an alias' ? 'there' : undefined, {
          user: 'member',
          terminal: true,
          timeout: 30_000,
        });
        expect(refused?.message).toContain('Permission denied (password)');
      });
    });
  },
  { libvirtd: false },
);
