import { resolveUri } from './client-config.js';
import { ConnectionUri } from './connection-uri.js';
import { LibvirtError, isErrorRecord, toFacadeError } from './errors.js';
import { KeepAlive, type KeepAliveOptions } from './keepalive.js';
import { type CallOptions, checkCallOptions, withinLimits } from './limits.js';
import { native } from './native.js';
import type { ErrorRecord, virConnect } from './native-types.js';
import { adviseOnOpen, noPromptUri } from './open-advice.js';

/** How a connection is opened and kept. */
export interface OpenOptions extends CallOptions {
  /** Only look: calls that change something are refused with `VIR_ERR_OPERATION_DENIED`. */
  readOnly?: boolean;
  /**
   * After how many seconds of silence the daemon is asked whether it lives, and how often in vain before the link is
   * given up. On by default (every 5 seconds, 5 times) where the other side can do it; false: never.
   */
  keepAlive?: KeepAliveOptions | false;
  /** How many calls run at once, 4; all but one of them may be such as wait for a guest or a disk. */
  maxCalls?: number;
  /** How long `close()` waits for calls that run, in milliseconds; 10,000. */
  closeTimeout?: number;
  /** Lets ssh ask for a password or a host key on the process's terminal. */
  interactive?: boolean;
}

export interface Opened {
  handle: virConnect;
  closeTimeout: number;
  keepAlive: KeepAlive;
}

const defaults = { keepAlive: { interval: 5, count: 5 }, closeTimeout: 10_000 };

export async function openConnection(given: string | ConnectionUri | undefined, options: OpenOptions): Promise<Opened> {
  const uri = given instanceof ConnectionUri ? given.toString() : given;
  checkOpenOptions(uri, options);
  options.signal?.throwIfAborted();
  // Read here and not by libvirt: worker threads and test runners have a copy of the environment of their own.
  const wanted = uri || process.env['LIBVIRT_DEFAULT_URI'] || undefined;
  const closeTimeout = options.closeTimeout ?? defaults.closeTimeout;
  try {
    const name = uriToOpen(wanted, options.interactive ?? false);
    const opening = options.readOnly === true ? native.virConnectOpenReadOnly(name) : native.virConnectOpen(name);
    const handle = await withinLimits(opening, native.runtime.lastCall(), options);
    if (options.maxCalls !== undefined) native.runtime.setMaxCalls(handle, options.maxCalls);
    const keepAlive = new KeepAlive(handle);
    if (options.keepAlive !== false) startKeepAlive(keepAlive, options.keepAlive ?? defaults.keepAlive);
    return { handle, closeTimeout, keepAlive };
  } catch (error) {
    if (isErrorRecord(error) && typeof error.code === 'number') throw openError(wanted, { ...error, code: error.code });
    throw toFacadeError(error);
  }
}

// libvirt gets the name as it was given, unless what it stands for has to be told to be silent.
function uriToOpen(wanted: string | undefined, interactive: boolean): string | null {
  const resolved = resolveUri(wanted);
  const silent = resolved === undefined ? undefined : noPromptUri(resolved, interactive);
  return (silent === resolved ? wanted : silent) ?? null;
}

// Drivers inside the process have no daemon to ask, and old daemons do not answer: neither is a failure.
function startKeepAlive(keepAlive: KeepAlive, options: KeepAliveOptions): void {
  try {
    keepAlive.start(options);
  } catch (error) {
    if (!isErrorRecord(error)) throw error;
  }
}

function openError(uri: string | undefined, record: ErrorRecord & { code: number }): LibvirtError {
  const { target, hints } = adviseOnOpen(uri, { ...record, domain: record.domain ?? 0 });
  const lines = [record.message, `  tried: ${target}`, ...hints.map((hint) => `  look at: ${hint}`)];
  return new LibvirtError(record, { message: lines.join('\n'), hints });
}

function checkOpenOptions(uri: unknown, options: OpenOptions): void {
  if (uri !== undefined && typeof uri !== 'string') {
    throw new TypeError(`Connection.open: uri must be a string or a ConnectionUri but is ${typeof uri}`);
  }
  checkCallOptions(options);
  const { maxCalls, closeTimeout, keepAlive, readOnly, interactive } = options;
  for (const [name, value] of Object.entries({ readOnly, interactive })) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`Connection.open: ${name} must be a boolean but is ${typeof value}`);
    }
  }
  if (maxCalls !== undefined && !(Number.isInteger(maxCalls) && maxCalls >= 1 && maxCalls <= 1024)) {
    throw new RangeError(`Connection.open: maxCalls must be an integer from 1 to 1024 but is ${String(maxCalls)}`);
  }
  if (
    closeTimeout !== undefined &&
    !(typeof closeTimeout === 'number' && closeTimeout >= 0 && closeTimeout <= 0x7fffffff)
  ) {
    throw new RangeError(`Connection.open: closeTimeout must be milliseconds but is ${String(closeTimeout)}`);
  }
  if (keepAlive !== undefined && keepAlive !== false) checkKeepAlive('Connection.open: keepAlive.', keepAlive);
}

export function checkKeepAlive(where: string, { interval, count }: KeepAliveOptions): void {
  const longest = Math.floor(0x7fffffff / 1000); // what a timer of Node.js can wait
  if (!(Number.isInteger(interval) && interval <= longest)) {
    throw new RangeError(`${where}interval must be whole seconds up to ${String(longest)} but is ${String(interval)}`);
  }
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`${where}count must be an integer of 0 or more but is ${String(count)}`);
  }
}
