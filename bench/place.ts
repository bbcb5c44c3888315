// Where the clients run. In the test bed there is a libvirtd for them; without one they run beside us, and what needs a
// libvirtd is left out.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BedProcess, Testbed } from '../test/testbed/bed.js';

export interface Place {
  /** Why there is no libvirtd here. */
  readonly noDaemon?: string;
  /** The test driver of this libvirtd, with the machine that a path of file() describes, or with libvirt's own. */
  daemonUri(path?: string): string;
  spawn(command: string, args: readonly string[]): BedProcess;
  /** Writes a file that clients and daemon can read. */
  file(name: string, content: string): string;
  /** Why a command does not do what it should; undefined when it does. */
  complaint(command: string, args: readonly string[]): Promise<string | undefined>;
  leave(): Promise<void>;
}

export function inTestbed(bed: Testbed): Place {
  return {
    daemonUri: (path = '/default') => bed.uriFor('test', path),
    spawn: (command, args) => bed.spawn(command, args),
    file: (name, content) => bed.file(name, content),
    complaint: async (command, args) => {
      const { code, stderr } = await bed.exec(command, args);
      return code === 0 ? undefined : lastLine(stderr);
    },
    leave: () => bed.stop(),
  };
}

export function onThisMachine(noDaemon: string): Place {
  const dir = mkdtempSync(join(tmpdir(), 'libvirt-napi-bench-'));
  return {
    noDaemon,
    daemonUri: () => {
      throw new Error(noDaemon);
    },
    spawn: (command, args) => spawn(command, args, { stdio: 'pipe' }),
    file: (name, content) => {
      const path = join(dir, name);
      writeFileSync(path, content);
      return path;
    },
    complaint: (command, args) => {
      const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
      return Promise.resolve(status === 0 ? undefined : (error?.message ?? lastLine(stderr)));
    },
    leave: () => {
      rmSync(dir, { recursive: true });
      return Promise.resolve();
    },
  };
}

/** The last line that is not empty: where a stack or a log says what was wrong. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
