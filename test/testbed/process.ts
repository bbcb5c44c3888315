import { type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Collects what a process prints, until it has ended. After `timeout` ms it is killed, and the promise rejects. */
export function collect(child: ChildProcess, what: string, timeout: number): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) reject(new Error(`${what}: killed after ${String(timeout)} ms\n${stdout}${stderr}`));
      else resolve({ stdout, stderr, code, signal });
    });
  });
}

interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** The pid in each namespace, from ours to its own. */
  readonly pids: readonly number[];
}

function processes(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let status: string;
    try {
      status = readFileSync(`/proc/${name}/status`, 'utf8');
    } catch {
      continue; // has ended
    }
    if (/^State:\s*[ZX]/m.test(status)) continue; // has ended, its parent did not look yet
    const field = (key: string): number[] =>
      (new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).map(Number);
    found.push({ pid: Number(name), parent: field('PPid')[0] ?? 0, pids: field('NSpid') });
  }
  return found;
}

export function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${String(pid)}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** The processes of a PID namespace, as we count them. */
export function processesIn(namespace: string): ProcessInfo[] {
  return processes().filter(({ pid }) => pidNamespace(pid) === namespace);
}

export function childrenOf(parent: number): number[] {
  return processes()
    .filter((info) => info.parent === parent)
    .map(({ pid }) => pid);
}

/** The states of a process's threads, as letters; none of one that is gone. */
function threadStates(pid: number): string[] {
  const tasks = `/proc/${String(pid)}/task`;
  const state = (task: string): string =>
    /^State:\s*(\w)/m.exec(readFileSync(join(tasks, task, 'status'), 'utf8'))?.[1] ?? '';
  return unlessGone(() => readdirSync(tasks)).flatMap((task) => unlessGone(() => [state(task)]));
}

/** What is read of a process or a thread; nothing when it has ended, which it may at any moment. */
function unlessGone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** The first thread of a process that is killed may be a zombie while the others still hold its sockets. */
export function isRunning(pid: number): boolean {
  return threadStates(pid).some((state) => !/[ZX]/.test(state));
}

/** SIGSTOP, and waits until it holds: the threads of a process take notice one after the other. */
export async function suspendProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (threadStates(pid).some((state) => !/[Tt]/.test(state))) await delay(1);
}

/** False when it has ended by itself. */
export function signalTo(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Waits for the end of a process that is not our child, which nothing but looking tells. */
export async function ended(pid: number, timeout = 10_000): Promise<void> {
  const limit = performance.now() + timeout;
  while (isRunning(pid)) {
    if (performance.now() > limit) throw new Error(`process ${String(pid)} still runs after ${String(timeout)} ms`);
    await delay(5);
  }
}
