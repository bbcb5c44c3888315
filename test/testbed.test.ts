import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from './libvirtd-helpers.js';
import { addonSettings } from './testbed/bed.js';
import { ended, pidNamespace, processesIn } from './testbed/process.js';
import {
  defaultNetworkXML,
  describeWithTestbed,
  FaultProxy,
  guestXML,
  startTestbed,
  suspendProcess,
  type Testbed,
} from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

const project = resolve(__dirname, '..');

/** Asks a libvirtd for its ways of authentication, the first call of every client, and gives the reply's serial. */
function ask(socket: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = connect(socket);
    const words = [28, 0x20008086, 1, 66, 0, 7, 0]; // length, program, version, AUTH_LIST, call, serial, status
    const call = Buffer.alloc(28);
    words.forEach((word, index) => call.writeUInt32BE(word, index * 4));
    let reply = Buffer.alloc(0);
    client.on('data', (data: Buffer) => {
      reply = Buffer.concat([reply, data]);
      if (reply.length < 28) return;
      client.destroy();
      resolve(reply.readUInt32BE(20));
    });
    client.on('error', reject);
    client.on('close', () => {
      reject(new Error('closed without a reply'));
    });
    client.write(call);
  });
}

/** What of the machine a test bed could leave something in. */
const traces = (): Record<string, string[]> => ({
  mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n'),
  interfaces: readdirSync('/sys/class/net'),
});

/** The directories of a sandbox: its shared one and its cgroups. */
function leftovers(dir: string): string[] {
  const name = dir.slice(dir.lastIndexOf('/') + 1);
  // find goes on where a group is gone before it gets there: other suites end, too.
  const { stdout } = spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', name], { encoding: 'utf8' });
  return [...stdout.split('\n').filter(Boolean), ...(existsSync(dir) ? [dir] : [])];
}

describeWithTestbed('a test bed', (bed) => {
  const shutOff = async (name: string): Promise<void> => {
    await bed().virsh('define', bed().file(`${name}.xml`, guestXML({ name, memoryMiB: 16 })));
  };

  describe('misuse', () => {
    it('rejects a libvirtd that does not start, with its reason', async () => {
      const other = bed().file('broken.conf', 'no such setting = 1\n');
      await expect(startTestbed({ libvirtdConf: ['max_clients = "many"'] })).rejects.toThrow(/max_clients/);
      await expect(bed().run('libvirtd', ['--config', other])).rejects.toThrow(/broken.conf/);
    });

    it('says that a domain has no QEMU', () => {
      expect(() => bed().qemuPid('nobody')).toThrow(/nobody/);
    });

    it('says that libvirtd was not started', async () => {
      await using bare = await startTestbed({ libvirtd: false });
      expect(() => bare.libvirtd.pid).toThrow('not started');
      expect(existsSync(bare.socket)).toBe(false);
      await bare.libvirtd.start();
      expect(await ask(bare.socket)).toBe(7);
    });
  });

  describe('its libvirtd', () => {
    it('answers inside', async () => {
      expect(await bed().virsh('uri')).toContain('qemu:///system');
      expect(await bed().virsh('net-list', '--all', '--name')).toContain('default');
    });

    it('answers outside, on both sockets, which have short paths', async () => {
      expect(await ask(bed().socket)).toBe(7);
      expect(await ask(bed().readOnlySocket)).toBe(7);
      expect(bed().adminSocket.length).toBeLessThan(80);
      expect(statSync(bed().adminSocket).isSocket()).toBe(true);
    });

    it('has URIs for each driver', () => {
      expect(bed().uri).toBe(`qemu+unix:///system?socket=${bed().socket}`);
      expect(bed().uriFor('test', '/default')).toBe(`test+unix:///default?socket=${bed().socket}`);
      expect(bed().uriFor('test+unix', '/default', '/x')).toBe('test+unix:///default?socket=/x');
    });

    it('comes back on the same socket after a kill, and finds its guests', async () => {
      await shutOff('survivor');
      await bed().virsh('start', 'survivor');
      const qemu = bed().qemuPid('survivor');
      expect(readFileSync(`/proc/${qemu}/cmdline`, 'utf8')).toContain('guest=survivor');
      const before = bed().libvirtd.pid;
      const client = connect(bed().socket);
      await once(client, 'connect');
      // A reset in place of an end, where libvirtd did not come to accept it.
      const closed = new Promise((resolve) => client.on('error', () => undefined).on('close', resolve));
      client.resume();
      bed().libvirtd.kill('SIGKILL');
      await bed().libvirtd.ended();
      await closed;
      await expect(ask(bed().socket)).rejects.toThrow('ECONNREFUSED');
      await bed().libvirtd.start();
      expect(bed().libvirtd.pid).not.toBe(before);
      expect(await ask(bed().socket)).toBe(7);
      expect(await bed().virsh('domstate', 'survivor')).toContain('running');
      expect(bed().qemuPid('survivor')).toBe(qemu);
      await bed().virsh('destroy', 'survivor');
    });

    it('stops, and starts with other arguments', async () => {
      await bed().libvirtd.stop();
      await expect(ask(bed().socket)).rejects.toThrow();
      const config = bed().file('tcp.conf', 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\ntcp_port = "16509"\n');
      await bed().libvirtd.start(['--listen', '--config', config]);
      expect(await bed().run('virsh', ['-c', 'qemu+tcp://127.0.0.1/system', 'hostname'])).toContain('testbed');
    });

    it('can be held by SIGSTOP', async () => {
      await bed().libvirtd.suspend();
      const answer = ask(bed().socket); // the kernel accepts, nobody answers
      expect(readFileSync(`/proc/${bed().libvirtd.pid}/status`, 'utf8')).toMatch(/State:\s+T/);
      bed().libvirtd.kill('SIGCONT');
      expect(await answer).toBe(7);
    });

    it('is reached through a fault proxy', async () => {
      const path = `${bed().dir}/proxy`;
      await using proxy = await FaultProxy.start(path, bed().socket, { delay: 100 });
      const start = performance.now();
      expect(await ask(path)).toBe(7);
      expect(performance.now() - start).toBeGreaterThan(99);
      proxy.faults = { garbleAt: 23 };
      expect(await ask(path)).toBe(7 ^ 0xff);
      proxy.faults = { cutAfter: 20 };
      await expect(ask(path)).rejects.toThrow('closed without a reply');
    });
  });

  describe('commands', () => {
    it('give output, errors and status', async () => {
      const { stdout, stderr, code } = await bed().exec('sh', ['-c', 'cat; echo wrong >&2; exit 3'], { input: 'text' });
      expect({ stdout, stderr, code }).toEqual({ stdout: 'text', stderr: 'wrong\n', code: 3 });
      await expect(bed().run('sh', ['-c', 'echo wrong >&2; exit 3'])).rejects.toThrow(/\(3\): wrong/);
    });

    it('take a directory and variables, and none of ours', async () => {
      process.env['OURS'] = '1';
      const text = await bed().run('sh', ['-c', 'pwd; echo "$A-$OURS"'], { cwd: '/usr', env: { A: "b c'd" } });
      delete process.env['OURS'];
      expect(text).toBe("/usr\nb c'd-\n");
    });

    it('that run Node.js load the addon that this process does', async () => {
      const given = process.env['LIBVIRT_NAPI_BINARY'];
      process.env['LIBVIRT_NAPI_BINARY'] = `${project}/build/other.node`;
      try {
        const program = ['-p', 'process.env.LIBVIRT_NAPI_BINARY'];
        expect(await bed().run('node', program)).toBe(`${project}/build/other.node\n`);
        expect(await bed().run('node', program, { env: { LIBVIRT_NAPI_BINARY: 'mine' } })).toBe('mine\n');
        expect(addonSettings('/srv/project')).toMatchObject({ LIBVIRT_NAPI_BINARY: '/srv/project/build/other.node' });
        expect(await bed().run('sh', ['-c', 'echo "$LIBVIRT_NAPI_BINARY"'])).toBe('\n');
      } finally {
        if (given === undefined) delete process.env['LIBVIRT_NAPI_BINARY'];
        else process.env['LIBVIRT_NAPI_BINARY'] = given;
      }
    });

    it('run as a user', async () => {
      await bed().addUser('plain', ['libvirt']);
      const script = 'id -un; id -Gn; echo $HOME $XDG_RUNTIME_DIR; touch $XDG_RUNTIME_DIR/x && pwd';
      const text = await bed().run('sh', ['-c', script], { user: 'plain' });
      expect(text).toMatch(/^plain\nplain libvirt\n\/home\/plain \/run\/user\/\d+\n\/home\/plain\n$/);
    });

    it.each(['root', 'plain'])('are killed when they take too long (%s)', async (user) => {
      await expect(bed().exec('sleep', ['1234'], { timeout: 300, user })).rejects.toThrow('killed after 300 ms');
      expect((await bed().exec('pgrep', ['-f', '^sleep 1234'])).stdout).toBe('');
    });

    it('get the signals of kill()', async () => {
      const child = bed().spawn('sh', [
        '-c',
        'trap "echo got it; exit 4" INT; echo ready; while :; do sleep 0.01; done',
      ]);
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('ready');
      const exit = once(child, 'exit');
      expect(child.kill('SIGINT')).toBe(true);
      expect((await lines.next()).value).toBe('got it');
      expect(await exit).toEqual([4, null]);
    });

    it('see the project as it is', async () => {
      const path = `${realpathSync(project)}/package.json`;
      expect(await bed().run('cat', [path])).toBe(readFileSync(path, 'utf8'));
      expect(await bed().run('node', ['-p', '6 * 7'])).toBe('42\n');
    });
  });

  describe('the inside', () => {
    it('is a copy: what it writes stays there', async () => {
      for (const path of [
        '/etc/testbed-was-here',
        '/usr/testbed-was-here',
        '/tmp/testbed-was-here',
        '/root/testbed-was-here',
      ]) {
        await bed().run('touch', [path]);
        expect(existsSync(bed().pathOf(path))).toBe(true);
        expect(existsSync(path)).toBe(false);
      }
    });

    it('has its own network, process ids, name and cgroups, and no KVM', async () => {
      expect((await bed().run('hostname')).trim()).toBe('testbed');
      expect((await bed().run('ls', ['/sys/class/net'])).split('\n')).toContain('lo');
      expect(await bed().run('ls', ['/sys/class/net'])).not.toContain('eth');
      expect(await bed().run('cat', ['/proc/1/cmdline'])).toContain('init.sh');
      expect(await bed().run('cat', ['/proc/self/cgroup'])).not.toMatch(/testbed|\.\./);
      expect((await bed().exec('ls', ['/dev/kvm'])).code).not.toBe(0);
    });

    it('shares a directory with the outside', async () => {
      const path = bed().file('note', 'hello');
      expect(await bed().run('cat', [path])).toBe('hello');
    });
  });
});

describeWithTestbed('two test beds', (bed) => {
  it('do not see one another', async () => {
    {
      await using other = await startTestbed();
      for (const one of [bed(), other]) await one.virsh('net-start', 'default');
      await bed().virsh('define', bed().file('only.xml', guestXML({ name: 'only-here' })));
      expect(await bed().virsh('list', '--all', '--name')).toContain('only-here');
      expect(await other.virsh('list', '--all', '--name')).not.toContain('only-here');
      expect(await other.run('cat', ['/etc/machine-id'])).not.toBe(await bed().run('cat', ['/etc/machine-id']));
      expect(await other.run('ip', ['-o', 'link'])).toContain('virbr0');
    }
    expect(await ask(bed().socket)).toBe(7);
    expect(await bed().run('ip', ['-o', 'link'])).toContain('virbr0');
  });
});

describeWithTestbed('a guest', (bed) => {
  it('boots, gets its static address and runs its agent', async () => {
    const lease = { mac: '52:54:00:00:00:02', name: 'lab-srv1', ip: '192.168.122.2' };
    await bed().virsh('net-undefine', 'default');
    await bed().virsh('net-create', bed().file('network.xml', defaultNetworkXML([lease])));
    const guest = await bed().guest();
    const xml = guestXML({ name: lease.name, guest, network: 'default', mac: lease.mac, agent: true });
    await bed().virsh('create', bed().file('guest.xml', xml));
    const byAgent = () => bed().virsh('domifaddr', lease.name, '--source', 'agent');
    // The agent may answer before the guest has its address.
    await eventually('the address in the guest', async () => (await byAgent()).includes(lease.ip), 300_000);
    expect(await bed().virsh('domifaddr', lease.name)).toMatch(/vnet0 .*192\.168\.122\.2/);
    expect(await bed().run('ping', ['-c', '1', lease.ip])).toContain('1 received');
  }, 600_000);
});

describeWithTestbed('the end of a test bed', (reference) => {
  const nothingLeft = (dir: string, namespace: string): void => {
    expect(processesIn(namespace)).toEqual([]);
    expect(leftovers(dir)).toEqual([]);
  };

  async function busy(): Promise<Testbed> {
    const bed = await startTestbed();
    await bed.virsh('net-start', 'default');
    await bed.virsh('create', bed.file('busy.xml', guestXML({ name: 'busy', memoryMiB: 16, network: 'default' })));
    return bed;
  }

  it('leaves no process, mount, interface, cgroup or file', async () => {
    const before = traces();
    await using bed = await busy();
    const namespace = pidNamespace(bed.pid) ?? '';
    expect(processesIn(namespace).length).toBeGreaterThan(5); // bash, cat, dbus, virtlogd, libvirtd, dnsmasq, QEMU
    expect(leftovers(bed.dir).length).toBeGreaterThan(1);
    const child = bed.spawn('sleep', ['1000']);
    const exit = once(child, 'exit');
    await bed.stop();
    await bed.stop();
    await exit;
    nothingLeft(bed.dir, namespace);
    expect(traces()).toEqual(before);
  });

  it('comes although libvirtd and QEMU are stopped', async () => {
    await using bed = await busy();
    const namespace = pidNamespace(bed.pid) ?? '';
    await suspendProcess(bed.qemuPid('busy'));
    await bed.libvirtd.suspend();
    await bed.stop();
    nothingLeft(bed.dir, namespace);
  });

  // A program that starts a sandbox as startTestbed() does, and is killed.
  async function sandboxOf(): Promise<{ owner: number; supervisor: number; pid: number; dir: string }> {
    const program = `
      const child = require('child_process').spawn('bash', [process.argv[1], '-t', '--', 'cat'],
        { stdio: ['pipe', 'inherit', 'inherit'], detached: true });
      console.log('supervisor', child.pid);`;
    const owner = spawn(process.execPath, ['-e', program, `${__dirname}/testbed/sandbox.sh`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const words: Record<string, string[]> = {};
    for await (const line of createInterface(owner.stdout)) {
      const [word = '', ...rest] = line.split(' ');
      words[word] = rest;
      if ('supervisor' in words && 'sandbox' in words) break;
    }
    const { supervisor = [], sandbox = [] } = words;
    return { owner: owner.pid ?? 0, supervisor: Number(supervisor[0]), pid: Number(sandbox[0]), dir: sandbox[1] ?? '' };
  }

  it('comes when its owner is killed', async () => {
    const { owner, supervisor, pid, dir } = await sandboxOf();
    const namespace = pidNamespace(pid) ?? '';
    expect(namespace).not.toBe('');
    expect(namespace).not.toBe(pidNamespace(process.pid));
    process.kill(owner, 'SIGKILL');
    await ended(supervisor);
    nothingLeft(dir, namespace);
  });

  it('comes when its supervisor is killed; the next start removes what that left', async () => {
    const { supervisor, pid, dir } = await sandboxOf();
    const namespace = pidNamespace(pid) ?? '';
    process.kill(supervisor, 'SIGKILL');
    await ended(pid);
    expect(processesIn(namespace)).toEqual([]);
    // Groups and directory are left, unless another test bed of this run has started already.
    await (await startTestbed({ libvirtd: false })).stop();
    expect(leftovers(dir)).toEqual([]);
    expect(await ask(reference().socket)).toBe(7); // one that lives was not touched
  });
});
