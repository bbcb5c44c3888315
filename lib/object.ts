import { inspect, type InspectOptions } from 'node:util';
import { toFacadeError } from './errors.js';
import { type CallOptions, checkCallOptions, type Limits, limitsOf } from './limits.js';
import { isPromise } from './promises.js';

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
  protected abstract handle(limits: Limits): H | Promise<H>;

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
    Object.defineProperties(view, {
      options: { value: { ...this.options, ...options } },
      itself: { value: this.itself },
    });
    return view;
  }

  /** @internal Not the view of it that this may be: what is found through a view is not bound by the view's limits. */
  protected get itself(): this {
    return this;
  }

  /** @internal The one way from the facade into the raw layer, for a method that makes one call there. */
  protected call<T>(run: (handle: H) => T | Promise<T>): Promise<T> {
    return this.calls((handle, { within }) => within(() => run(handle)));
  }

  /** @internal For a method that makes several: each goes through `limits.within`. */
  protected async calls<T>(run: (handle: H, limits: Limits) => T | Promise<T>): Promise<T> {
    try {
      const { options } = this;
      checkCallOptions(options, 'with: ');
      options.signal?.throwIfAborted();
      const limits = limitsOf(options);
      const handle = this.handle(limits);
      return await run(isPromise(handle) ? await handle : handle, limits);
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
