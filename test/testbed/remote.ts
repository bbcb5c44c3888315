import { join, resolve } from 'node:path';
import type { OpenOptions } from '../../lib/index.js';
import { isSince } from '../versions.js';
import { addonSettings, type BedProcess, type ExecOptions, type Testbed } from './bed.js';

/** What a client prints of an error. */
export interface ClientError {
  readonly code: string;
  readonly errno?: number;
  readonly domain?: number;
  readonly message: string;
  readonly hints: readonly string[];
  readonly operation?: string;
  /** The whole of it, as Node.js prints what is hidden, too. */
  readonly shown: string;
}

/** What a client prints. */
export interface ClientReport {
  readonly uri?: string;
  readonly hostname?: string;
  readonly type?: string;
  /** An answer, or the code of the error where the driver has none. */
  readonly isSecure?: boolean | string;
  readonly isEncrypted?: boolean | string;
  readonly isAlive?: boolean | string;
  /** What it was asked for, when it had a function for that. */
  readonly asked?: readonly { readonly type: string; readonly prompt: string }[];
  /** What the body gave. */
  readonly value?: unknown;
  /** What the body threw. */
  readonly error?: ClientError;
  /** The code with which a call after the end is refused. */
  readonly afterClose?: string;
  /** Why the connection could not be opened. */
  readonly refused?: ClientError;
}

export interface ClientOptions extends ExecOptions {
  /** Of `Connection.open()`. */
  readonly open?: OpenOptions;
  /** JavaScript that has a `prompt` of libvirt's and returns the answer. */
  readonly credentials?: string;
  /** JavaScript that has a `connection`; what it returns is reported. */
  readonly body?: string;
  /** Leave the connection open at the end of the process. */
  readonly forgets?: boolean;
  /** Run it at a terminal. */
  readonly terminal?: boolean;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** What ssh inside the process cannot do on a system, and why; virsh says the same there. */
export const lacks = {
  libssh: !isSince('9.0.0') && 'Debian 11 builds it without libssh',
  libssh2: !isSince('9.0.0') && 'the libssh2 of Debian 11 reads no private key and knows no newer host key',
} as const;

/** The same for a test whose title says by what it goes. */
export const lacking = (title: string): string | false => {
  const found = /libssh2?/.exec(title)?.[0] as keyof typeof lacks | undefined;
  return found !== undefined && lacks[found];
};

/** The ports of the ssh servers: one takes keys, the other passwords. */
export const sshPorts = { key: 2222, password: 2223 } as const;

/** Where a test bed's libvirtd is reached by ssh, TCP and TLS, and clients inside it. See remote.sh for what there is. */
export class Remote {
  readonly dir: string;
  readonly #bed: Testbed;

  private constructor(bed: Testbed) {
    this.#bed = bed;
    this.dir = join(bed.dir, 'remote');
  }

  /** Prepares a test bed whose libvirtd does not run yet, and starts it. */
  static async start(bed: Testbed): Promise<Remote> {
    const remote = new Remote(bed);
    await bed.run('bash', [join(__dirname, 'remote.sh'), remote.dir, resolve(__dirname, '../..')]);
    await bed.libvirtd.start(['--listen']);
    return remote;
  }

  /** A file or directory of remote.sh. */
  path(name: string): string {
    return join(this.dir, name);
  }

  /** Starts a client inside. */
  spawn(uri: string | undefined, options: ClientOptions = {}): BedProcess {
    return this.#bed.spawn(...command(uri, options));
  }

  /** Runs a client inside, which has to end by itself. */
  async client(uri: string | undefined, options: ClientOptions = {}): Promise<ClientReport> {
    const { stdout, stderr, code } = await this.#bed.exec(...command(uri, options));
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    if (code !== 0 || !line.startsWith('{'))
      throw new Error(`the client ended with ${String(code)}: ${stdout}${stderr}`);
    return JSON.parse(line) as ClientReport;
  }
}

/** Where remote.sh puts the project. */
const place = '/srv/project';

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

function command(
  uri: string | undefined,
  options: ClientOptions,
): [string, string[], ExecOptions & { timeout: number }] {
  const { open = {}, credentials, body, forgets, terminal = false, timeout = 20_000, ...exec } = options;
  const words = [
    'node',
    `${place}/test/testbed/client.mjs`,
    JSON.stringify({ uri, options: open, credentials, body, forgets }),
  ];
  const limits = { ...exec, env: { ...addonSettings(place), ...exec.env }, timeout };
  return terminal
    ? ['script', ['-qec', words.map(quoted).join(' '), '/dev/null'], limits]
    : ['node', words.slice(1), limits];
}
