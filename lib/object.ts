import { inspect, type InspectOptions } from 'node:util';
import { toFacadeError } from './errors.js';
import { type CallOptions, checkCallOptions, withinLimits } from './limits.js';
import { native } from './native.js';

// One for all: thousands of machines are found at once.
const unlimited: CallOptions = Object.freeze({});

/**
 * What all objects of libvirt have in common. An object is an identity; the handle that a call needs is found when the
 * call is made, so that it may be another one after the connection was made anew.
 */
export abstract class LibvirtObject<H> {
  /** @internal What the calls of this view are bound by. */
  protected readonly options: CallOptions = unlimited;

  /** @internal The handle on the connection as it is now. */
  protected abstract handle(): H | Promise<H>;

  /** @internal What `util.inspect` shows. */
  protected abstract summary(): Record<string, unknown>;

  /**
   * The same object, with a limit on how long its calls are waited for.
   *
   * @example
   * ```ts
   * await domain.with({ timeout: 5000 }).getXMLDesc();
   * ```
   */
  with(options: CallOptions): this {
    const view = Object.create(this) as this;
    Object.defineProperty(view, 'options', { value: { ...this.options, ...options } });
    return view;
  }

  /** @internal The one way from the facade into the raw layer. */
  protected async call<T>(run: (handle: H) => T | Promise<T>): Promise<T> {
    const { signal, timeout } = this.options;
    const limited = signal !== undefined || timeout !== undefined;
    try {
      if (limited) {
        checkCallOptions(this.options);
        signal?.throwIfAborted();
      }
      const current = this.handle();
      const handle = isPromise(current) ? await current : current;
      const result = run(handle);
      return await (limited && isPromise(result)
        ? withinLimits(result, native.runtime.lastCall(), this.options)
        : result);
    } catch (error) {
      throw this.toError(error);
    }
  }

  /** @internal What a caller gets for what came out of the raw layer. */
  protected toError(error: unknown): unknown {
    return toFacadeError(error);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return depth < 0 ? `[${this.constructor.name}]` : `${this.constructor.name} ${inspect(this.summary(), options)}`;
  }
}

/** @internal Under jest a native promise belongs to another realm, so `instanceof` would not do. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
