// What libvirt says when a connection cannot be opened, made short for the rows of open-advice-rows.ts.
import type { ErrorRecord } from '../lib/native-types.js';
import type { OpenEnvironment } from '../lib/open-advice.js';

export interface Machine extends Omit<Partial<OpenEnvironment>, 'exists'> {
  files?: string[];
}

export const installed = ['/usr/sbin/libvirtd', '/run/systemd/system'];

/** A plain user of a machine with libvirtd installed, with nothing running, if the row does not say otherwise. */
export function machine({ files = installed, ...rest }: Machine = {}): OpenEnvironment {
  return {
    uid: 1000,
    user: 'david',
    platform: 'linux',
    variables: { XDG_RUNTIME_DIR: '/run/user/1000', HOME: '/home/david' },
    groups: ['david'],
    accountGroups: ['david'],
    exists: (path) => files.includes(path),
    ...rest,
  };
}

export function failure(code: number, domain: number, message: string, int1 = -1, str2?: string): ErrorRecord {
  return { code, domain, level: 2, message, str2: str2 ?? message, int1, operation: 'virConnectOpen' };
}

export const errno = { ENOENT: 2, EIO: 5, EACCES: 13, ENETUNREACH: 101, ECONNRESET: 104, ECONNREFUSED: 111 };
export const socket = (path: string, reason: string, int1: number) =>
  failure(38, 7, `Failed to connect socket to '${path}': ${reason}`, int1);
export const missing = (path: string) => socket(path, 'No such file or directory', errno.ENOENT);
export const ssh = (words: string) =>
  failure(38, 7, `Cannot recv data: ${words}: Connection reset by peer`, errno.ECONNRESET);
export const eof = (words: string) =>
  failure(38, 7, `End of file while reading data: ${words}: Input/output error`, errno.EIO);
export const noDriver = (uri: string) => failure(5, 0, `no connection driver available for ${uri}`, -1, uri);
export const polkit = failure(
  94,
  60,
  "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
);
export const denied = socket('/var/run/libvirt/libvirt-sock', 'Permission denied', errno.EACCES);
export const systemSocket = '/var/run/libvirt/libvirt-sock';

export interface Row {
  uri: string | undefined;
  error: ErrorRecord;
  machine?: Machine;
  target: string;
  /** One for each hint, in order: words that it has. */
  hints: string[];
}
