/**
 * How a connection whose link is lost is made again. All times are milliseconds.
 *
 * A function for credentials is asked again with each try. One that throws ends that try and no more; what it threw is the
 * `cause` of the errors that calls reject with meanwhile.
 */
export interface ReconnectOptions {
  /** The pause before the first try, 200. It doubles from try to try; a random part of up to one half is taken off. */
  minDelay?: number;
  /** The longest pause, 30,000. */
  maxDelay?: number;
  /** How long one try may take, 30,000. */
  timeout?: number;
  /**
   * What becomes of a call that is made meanwhile: `reject`, the default, with `ERR_LIBVIRT_DISCONNECTED`; `wait`: it
   * is made on the new link, within its own `timeout` and `signal`. A call that was under way when the link was lost
   * always rejects: nobody knows whether it happened.
   */
  calls?: 'wait' | 'reject';
  /** Ends the tries: a link that is lost from then on stays so. */
  signal?: AbortSignal;
}

/** With all that was left out. */
export interface Reconnecting {
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly timeout: number;
  readonly calls: 'wait' | 'reject';
  readonly signal: AbortSignal | undefined;
}

const defaults = { minDelay: 200, maxDelay: 30_000, timeout: 30_000 };

export function checkedReconnect(where: string, given: unknown): Reconnecting | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw new TypeError(`${where} must be an object or a boolean but is ${given === null ? 'null' : typeof given}`);
  }
  const options: ReconnectOptions = given === true ? {} : given;
  const { calls = 'reject', signal } = options;
  const times = { ...defaults };
  for (const name of ['minDelay', 'maxDelay', 'timeout'] as const) {
    const value: unknown = options[name] ?? defaults[name];
    if (!(typeof value === 'number' && value >= 0 && value <= 0x7fffffff)) {
      throw new RangeError(`${where}.${name} must be milliseconds from 0 to 2147483647 but is ${String(value)}`);
    }
    times[name] = value;
  }
  const known: readonly unknown[] = ['wait', 'reject'];
  if (!known.includes(calls)) {
    throw new TypeError(`${where}.calls must be 'wait' or 'reject' but is ${calls as string}`);
  }
  if (signal !== undefined && !(typeof signal === 'object' && 'aborted' in signal)) {
    throw new TypeError(`${where}.signal must be an AbortSignal`);
  }
  return { ...times, calls, signal };
}

// Each client waits for another time, so that a daemon which has just come back is not asked by all at once.
export function delayOf(attempt: number, { minDelay, maxDelay }: Reconnecting): number {
  const longest = Math.min(maxDelay, minDelay * 2 ** Math.min(attempt, 30));
  return longest * (1 - Math.random() / 2);
}
