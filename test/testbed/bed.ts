import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import {
  collect,
  childrenOf,
  ended,
  pidNamespace,
  processesIn,
  signalTo,
  suspendProcess,
  type ExecResult,
} from './process.js';

export interface TestbedOptions {
  /** Start libvirtd (default), or leave that to `bed.libvirtd.start()`. */
  readonly libvirtd?: boolean;
  /** Lines to add to libvirtd.conf. */
  readonly libvirtdConf?: readonly string[];
  /** Directories that stay shared with the machine, read and write, beside the project's. */
  readonly binds?: readonly string[];
  /** An own memory cgroup too, which containers need. */
  readonly memory?: boolean;
}

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Run as this user in place of root. */
  readonly user?: string;
}

/** The three ends are always pipes. */
export type BedProcess = ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };

export interface RunOptions extends ExecOptions {
  /** What the command reads; nothing by default. */
  readonly input?: string;
  /** In milliseconds; one minute by default. The command is killed after it. */
  readonly timeout?: number;
}

/** A guest's kernel and initial RAM disk, as libvirtd sees them. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
}

const project = resolve(__dirname, '../..');
const script = (name: string): string => join(__dirname, name);
const minute = 60_000;

// Nothing of the caller's environment decides how the daemons behave.
const environment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
  HOME: '/root',
  LANG: 'C.UTF-8',
});

/** What decides which addon is loaded, and what the one of `npm run test:asan` needs of its process. */
const ofTheAddon = ['LIBVIRT_NAPI_BINARY', 'LD_PRELOAD', 'ASAN_OPTIONS'];

/**
 * The settings of this process that a program with the addon in it needs, too. `at` is where that finds the project, whose
 * own directory may be closed to users inside.
 */
export function addonSettings(at = project): Record<string, string> {
  const set = ofTheAddon.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value.replaceAll(project, at)] as const];
  });
  return Object.fromEntries(set);
}

/** Whether a command runs Node.js. Daemons and shells have nothing to do with the addon. */
const runsNode = (command: string): boolean => ['node', 'npm'].includes(basename(command));

/**
 * Where a guest is, in a system that has all that the layer would bring. Then a test bed is a copy of this system as it is:
 * its libvirtd and QEMU are those of the library that the suites load.
 */
const inside = (): string | undefined => process.env['LIBVIRT_TESTBED_INSIDE'];

/** Runs one of the scripts that fill the cache; gives the path that it prints. */
async function cached(name: string): Promise<string> {
  const env = { ...environment(), HOME: process.env['HOME'] ?? '/root' };
  const cacheHome = process.env['XDG_CACHE_HOME'];
  const child = spawn('bash', [script(name)], {
    env: cacheHome === undefined ? env : { ...env, XDG_CACHE_HOME: cacheHome },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout, code } = await collect(child, name, 15 * minute);
  if (code !== 0) throw new Error(`${name} failed (what it printed is above)`);
  return stdout.trim();
}

/** The libvirtd of a test bed. Its sockets stay where they are when it is started again. */
export class Libvirtd {
  readonly #bed: Testbed;
  #pid: number | undefined;

  constructor(bed: Testbed) {
    this.#bed = bed;
  }

  /** As the machine counts it, for `process.kill()`. */
  get pid(): number {
    if (this.#pid === undefined) throw new Error('libvirtd was not started');
    return this.#pid;
  }

  /** Starts it, and dbus and virtlogd where they do not run; resolves when it answers. */
  async start(args: readonly string[] = []): Promise<void> {
    const { code, stderr } = await this.#bed.exec('bash', [script('daemons.sh'), ...args]);
    if (code !== 0) {
      throw new Error(`libvirtd does not start: ${stderr}`);
    }
    this.#pid = this.#bed.hostPid(Number(this.#bed.read('/run/libvirtd.pid')));
  }

  /** Asks it to end, and waits for that. Guests run on. */
  async stop(): Promise<void> {
    this.kill('SIGTERM');
    await this.ended();
  }

  /** Holds it, as if it hung, until `kill('SIGCONT')`. */
  suspend(): Promise<void> {
    return suspendProcess(this.pid);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    process.kill(this.pid, signal);
  }

  /** After `kill()`. */
  ended(): Promise<void> {
    return ended(this.pid);
  }
}

/** A private copy of this machine with a libvirtd of its own. Made by `startTestbed()`. */
export class Testbed {
  /** Shared with the inside at the same path, readable by everybody; gone after `stop()`. */
  readonly dir: string;
  /** PID 1 of the inside, as the machine counts it. */
  readonly pid: number;
  readonly libvirtd: Libvirtd;
  readonly #supervisor: ChildProcess;
  readonly #namespace: string;
  #guest: Promise<Guest> | undefined;

  constructor(supervisor: ChildProcess, pid: number, dir: string) {
    this.#supervisor = supervisor;
    this.pid = pid;
    this.dir = dir;
    this.#namespace = pidNamespace(pid) ?? '';
    this.libvirtd = new Libvirtd(this);
  }

  get socket(): string {
    return join(this.dir, 'libvirt/libvirt-sock');
  }

  get readOnlySocket(): string {
    return join(this.dir, 'libvirt/libvirt-sock-ro');
  }

  get adminSocket(): string {
    return join(this.dir, 'libvirt/libvirt-admin-sock');
  }

  /** The QEMU driver, for a client on the outside. Inside it is `qemu:///system`. */
  get uri(): string {
    return this.uriFor('qemu', '/system');
  }

  /** The URI by which a client on the outside opens `driver:///path` of this libvirtd. */
  uriFor(driver: string, path: string, socket: string = this.socket): string {
    const scheme = driver.includes('+') ? driver : `${driver}+unix`;
    return `${scheme}://${path}?socket=${socket}`;
  }

  /**
   * A path of the inside, as the outside reaches it. An absolute link on the way leads to the machine's files, so this
   * is for plain files such as those in /etc/libvirt.
   */
  pathOf(inside: string): string {
    return `/proc/${String(this.pid)}/root${inside}`;
  }

  read(inside: string): string {
    return readFileSync(this.pathOf(inside), 'utf8');
  }

  /** Writes a file that both sides see at the path that this gives. */
  file(name: string, content: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  /** A process of the inside, given by its pid there, as the machine counts it. */
  hostPid(pid: number): number {
    const found = processesIn(this.#namespace).find(({ pids }) => pids.at(-1) === pid);
    if (found === undefined) throw new Error(`no process ${String(pid)} in the test bed`);
    return found.pid;
  }

  /** The QEMU of a running domain, as the machine counts it. */
  qemuPid(domain: string): number {
    return this.hostPid(Number(readFileSync(join(this.dir, 'libvirt/qemu', `${domain}.pid`), 'utf8')));
  }

  /** Runs a command inside, to its end. A status other than 0 is no error here; see `run()`. */
  exec(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<ExecResult> {
    const child = this.spawn(command, args, options);
    child.stdin.on('error', () => undefined); // it may end without reading
    child.stdin.end(options.input ?? '');
    return collect(child, [command, ...args].join(' '), options.timeout ?? minute);
  }

  /** Runs a command inside and gives what it prints; rejects when it fails. */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, code, signal } = await this.exec(command, args, options);
    if (code === 0) return stdout;
    throw new Error(`${[command, ...args].join(' ')} failed (${String(code ?? signal)}): ${stderr}${stdout}`);
  }

  virsh(...args: string[]): Promise<string> {
    return this.run('virsh', ['-q', '-c', 'qemu:///system', ...args]);
  }

  /** Starts a command inside. Its `kill()` reaches the command; it ends with the test bed at the latest. */
  spawn(command: string, args: readonly string[] = [], options: ExecOptions = {}): BedProcess {
    const { user, cwd, env = {} } = options;
    const identity =
      user === undefined
        ? ['setpriv', '--pdeathsig', 'KILL']
        : ['bash', script('as-user.sh'), user, 'setpriv', '--pdeathsig', 'KILL'];
    const settings = Object.entries({ ...(runsNode(command) && addonSettings()), ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const child = spawn(
      'bash',
      [
        script('enter.sh'),
        String(this.pid),
        ...identity,
        'env',
        ...(cwd === undefined ? [] : ['-C', cwd]),
        ...settings,
        command,
        ...args,
      ],
      { env: environment(), stdio: 'pipe' },
    );
    // The child is the process that entered the namespaces; the command is the child of that. Before it is, there is
    // nothing inside yet that would be left behind.
    const kill = child.kill.bind(child);
    child.kill = (signal = 'SIGTERM') => {
      const inner = child.pid === undefined ? undefined : childrenOf(child.pid)[0];
      return inner === undefined ? kill(signal) : signalTo(inner, signal);
    };
    return child;
  }

  /** Makes a user inside, with what logind would give it at a login. */
  async addUser(name: string, groups: readonly string[] = []): Promise<void> {
    await this.run('useradd', ['-m', '-U', '-s', '/bin/bash', '-p', '*', '-G', groups.join(','), name]);
    const uid = (await this.run('id', ['-u', name])).trim();
    await this.run('install', ['-d', '-m', '700', '-o', name, '-g', name, `/run/user/${uid}`]);
  }

  /** A Linux that boots under emulation in some seconds. Built at the first use on this machine. */
  guest(): Promise<Guest> {
    // A copy: libvirtd changes the owner of what a guest uses, and the cache is shared by all test beds.
    const copy = async (): Promise<Guest> => {
      const dir = join(this.dir, 'guest');
      cpSync(inside() ?? (await cached('guest.sh')), dir, { recursive: true });
      return { kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.gz') };
    };
    this.#guest ??= copy();
    return this.#guest;
  }

  /** Ends everything that runs inside, and leaves nothing behind. */
  async stop(): Promise<void> {
    const supervisor = this.#supervisor;
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
    supervisor.ref();
    const end = new Promise<void>((resolve) =>
      supervisor.once('exit', () => {
        resolve();
      }),
    );
    supervisor.stdin?.end();
    // A SIGSTOP of PID 1 or of the supervisor would make it deaf.
    const timer = setTimeout(() => supervisor.kill('SIGTERM'), 10_000);
    await end;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts a test bed; resolves when its libvirtd answers. The first one on a machine takes a minute, later ones a second. */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const layer = inside() === undefined ? ['-l', await cached('layer.sh')] : [];
  const binds = [project, ...(options.binds ?? [])].flatMap((dir) => ['-b', dir]);
  const supervisor = spawn(
    'bash',
    [script('sandbox.sh'), '-t', ...(options.memory === true ? ['-m'] : []), ...layer, ...binds, '--', 'cat'],
    // The sandbox ends at the end of its input: by stop(), or by our end, whichever way that comes.
    // Detached: a Ctrl-C at the terminal is for us, and the sandbox cleans up after us.
    { env: environment(), stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  let complaints = '';
  supervisor.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const [pid, dir] = await new Promise<[number, string]>((resolve, reject) => {
    createInterface(supervisor.stdout).on('line', (line) => {
      const [word, first, second] = line.split(' ');
      if (word === 'sandbox' && second !== undefined) resolve([Number(first), second]);
    });
    supervisor.on('error', reject);
    supervisor.on('close', (code) => {
      reject(new Error(`the sandbox ended (${String(code)}): ${complaints}`));
    });
  });
  // A test that forgets stop() must not keep jest alive.
  supervisor.unref();
  for (const stream of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) {
    (stream as unknown as { unref(): void }).unref();
  }
  const bed = new Testbed(supervisor, pid, dir);
  try {
    appendFileSync(bed.pathOf('/etc/libvirt/libvirtd.conf'), `\n${(options.libvirtdConf ?? []).join('\n')}\n`);
    if (options.libvirtd !== false) await bed.libvirtd.start();
  } catch (error) {
    await bed.stop();
    throw error;
  }
  return bed;
}
