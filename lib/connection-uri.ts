import { inspect, isDeepStrictEqual, type InspectOptions } from 'node:util';

import { explainUri, type UriEnvironment, type UriExplanation } from './connection-uri-explain.js';
import {
  appendPiece,
  decode,
  decodeHost,
  encode,
  encodeHost,
  encodeParams,
  encodePort,
  encodeScheme,
  joinUri,
  parsePiece,
  parseQuery,
  type RawUri,
  sameName,
  splitQuery,
  splitUri,
} from './connection-uri-text.js';

/** A way to reach a libvirt daemon, as written after the `+` of a URI. */
export type UriTransport = 'unix' | 'tls' | 'tcp' | 'ssh' | 'libssh' | 'libssh2' | 'ext';

/** Which instance of a driver a URI means: the machine's, the user's own, or one inside this process. */
export type UriScope = 'system' | 'session' | 'embed';

/** One `name=value` of a URI's query, decoded. */
export type UriParam = readonly [name: string, value: string];

/** The parts of a connection URI, decoded, as {@link ConnectionUri.build} and {@link ConnectionUri.with} take them. */
export interface ConnectionUriParts {
  /** The driver: `qemu`, `xen`, `lxc`, `test`, ... */
  driver?: string | undefined;
  /** The transport after the `+`: `ssh`, `tcp`, ... */
  transport?: string | undefined;
  /** The user to log in as. */
  user?: string | undefined;
  /** The host: a name or an address. An IPv6 address needs no brackets here. */
  host?: string | undefined;
  /** The port, 0 to 65535; libvirt takes 0 for the usual one. */
  port?: number | undefined;
  /** The path: `/system`, `/session`, `/default`, a file. A leading slash is added where it is missing. */
  path?: string | undefined;
  /** The query's parameters in order. */
  params?: Iterable<UriParam> | Readonly<Record<string, string>> | undefined;
}

const TRANSPORTS: ReadonlySet<string> = new Set<UriTransport>([
  'unix',
  'tls',
  'tcp',
  'ssh',
  'libssh',
  'libssh2',
  'ext',
]);

/** Drivers that are part of the client library, but only for this machine: with a host they are asked of a daemon. */
const CLIENT_LOCAL: ReadonlySet<string> = new Set(['test', 'openvz', 'vmwareplayer', 'vmwarews', 'vmwarefusion']);

/** Drivers that are part of the client library and speak a protocol of their own to a server. */
const CLIENT_REMOTE: ReadonlySet<string> = new Set(['esx', 'gsx', 'vpx', 'hyperv']);

/**
 * A connection URI of libvirt: `driver[+transport]://[user@][host][:port]/[path][?params]`.
 *
 * It parses every text and refuses none, because libvirt alone decides what it accepts: aliases of libvirt.conf, an
 * empty text (libvirt chooses), drivers, transports and parameters that are not known here. What libvirt would surely
 * refuse is a warning of {@link ConnectionUri.explain}. A `ConnectionUri` never changes.
 *
 * @example
 * ```ts
 * const uri = ConnectionUri.parse('qemu+ssh://david@rocinante/system');
 * uri.host; // 'rocinante'
 * uri.explain().text; // 'QEMU/KVM on rocinante (the system instance), reached over ssh as david. ...'
 * String(uri.with({ port: 2222 })); // 'qemu+ssh://david@rocinante:2222/system'
 * ```
 */
export class ConnectionUri {
  /** The driver (the scheme up to the first `+`), as written. Absent in an alias and in an empty text. */
  readonly driver: string | undefined;
  /** The transport (the scheme after the first `+`), as written. See {@link ConnectionUri.effectiveTransport}. */
  readonly transport: string | undefined;
  /** The user, decoded. libvirt knows no password here: what follows a `:` is part of the name for it. */
  readonly user: string | undefined;
  /** The host, decoded and without the brackets of an IPv6 address. */
  readonly host: string | undefined;
  /** The port as written; without a host libvirt reads none. See {@link ConnectionUri.effectivePort}. */
  readonly port: number | undefined;
  /** The path, decoded, with its leading slash; empty if there is none. */
  readonly path: string;
  /** The parameters of the query, decoded, in order. */
  readonly params: readonly UriParam[];

  readonly #raw: Readonly<RawUri>;

  private constructor(raw: RawUri) {
    this.#raw = raw;
    const plus = raw.scheme?.indexOf('+') ?? -1;
    this.driver = plus < 0 ? raw.scheme : raw.scheme?.slice(0, plus);
    this.transport = plus < 0 ? undefined : raw.scheme?.slice(plus + 1);
    this.user = raw.user === undefined ? undefined : decode(raw.user);
    this.host = decodeHost(raw.host);
    this.port = raw.host && raw.port ? Number(raw.port) : undefined;
    this.path = decode(raw.path);
    this.params = Object.freeze(parseQuery(raw.query));
  }

  /**
   * Reads a URI, an alias or an empty text. Never throws for a string.
   *
   * @param text - what a user gave; `undefined`, `null` and `''` all leave the choice to libvirt.
   */
  static parse(text: string | null | undefined): ConnectionUri {
    return new ConnectionUri(splitUri(text ?? ''));
  }

  /**
   * Makes a URI of its parts, encoding what needs it.
   *
   * @throws TypeError if a driver is missing or a name cannot stand in a URI; RangeError if the port is out of range.
   */
  static build(parts: ConnectionUriParts): ConnectionUri {
    return ConnectionUri.parse('').with(parts);
  }

  /**
   * The same URI with some parts changed; `undefined` takes a part away. All other parts stay byte for byte.
   *
   * @throws TypeError if no driver is left (as with an alias) or a name cannot stand in a URI; RangeError for the port.
   */
  with(parts: ConnectionUriParts): ConnectionUri {
    const raw = { ...this.#raw };
    if ('driver' in parts || 'transport' in parts) {
      raw.scheme = encodeScheme(
        'driver' in parts ? parts.driver : this.driver,
        'transport' in parts ? parts.transport : this.transport,
      );
    }
    if ('params' in parts) raw.query = encodeParams(parts.params);
    if ('path' in parts) raw.path = encode(parts.path ?? '', 'path');
    if ('user' in parts) raw.user = parts.user === undefined ? undefined : encode(parts.user, 'user');
    if ('host' in parts) raw.host = encodeHost(parts.host ?? '');
    if ('port' in parts) raw.port = encodePort(parts.port);
    if (!raw.scheme) throw new TypeError('a connection URI needs a driver');
    if ('path' in parts || 'user' in parts || 'host' in parts || 'port' in parts) {
      raw.host ??= '';
      if (raw.path !== '' && !raw.path.startsWith('/')) raw.path = `/${raw.path}`;
    }
    return new ConnectionUri(raw);
  }

  /**
   * The same URI with one parameter set, or taken away with `undefined`. Names are compared as libvirt does, without
   * regard to case; the other parameters stay byte for byte.
   */
  withParam(name: string, value: string | undefined): ConnectionUri {
    if (!this.#raw.scheme) throw new TypeError('a connection URI needs a driver');
    const wanted = this.params.filter(([n]) => !sameName(n, name));
    const pieces = splitQuery(this.#raw.query ?? '').filter((piece) => !sameName(parsePiece(piece)?.[0] ?? '', name));
    let query = pieces.join('');
    if (value === undefined) query = query.replace(/[&;]$/, '');
    else {
      wanted.push([name, value]);
      query = appendPiece(query, encodeParams([[name, value]]) ?? '');
    }
    // Where `&` and `;` are mixed, a piece that goes or comes can change how its neighbours are read.
    if (!isDeepStrictEqual(parseQuery(query), wanted)) query = encodeParams(wanted) ?? '';
    return new ConnectionUri({ ...this.#raw, query: query === '' ? undefined : query });
  }

  /** The value of a parameter. As in libvirt the case of the name does not matter and the last one counts. */
  get(name: string): string | undefined {
    return this.params.findLast(([n]) => sameName(n, name))?.[1];
  }

  /** The text itself when it may be an alias of libvirt.conf's `uri_aliases`: letters, digits, `_` and `-` only. */
  get alias(): string | undefined {
    const text = this.toString();
    return /^[A-Za-z0-9_-]+$/.test(text) ? text : undefined;
  }

  /** Whether the text is empty, so that libvirt chooses the connection. */
  get isDefault(): boolean {
    return this.toString() === '';
  }

  /**
   * How the driver is reached: the transport as libvirt takes it, `none` for a driver inside this process, `unknown` for
   * an alias, an empty text or a transport that is not known here. Without one written, a host means `tls` and no host
   * means `unix`.
   */
  get effectiveTransport(): UriTransport | 'none' | 'unknown' {
    if (!this.driver) return 'unknown';
    if (this.transport !== undefined) {
      // libvirt compares drivers with regard to case, transports without.
      const transport = this.transport.toLowerCase();
      return TRANSPORTS.has(transport) ? (transport as UriTransport) : 'unknown';
    }
    if (CLIENT_REMOTE.has(this.driver) || this.scope === 'embed') return 'none';
    if (this.host === undefined) return CLIENT_LOCAL.has(this.driver) ? 'none' : 'unix';
    return 'tls';
  }

  /**
   * The port that is connected to: the written one, or the usual one of the transport or driver. Absent where there is no
   * port, and for `ssh`, whose own configuration decides.
   */
  get effectivePort(): number | undefined {
    switch (this.effectiveTransport) {
      case 'tls':
        return this.port || 16514;
      case 'tcp':
        return this.port || 16509;
      case 'libssh':
      case 'libssh2':
        return this.port || 22;
      case 'ssh':
        return this.port || undefined;
      case 'none': {
        const plain = this.get('transport') === 'http';
        if (this.driver === 'hyperv') return this.port || (plain ? 5985 : 5986);
        if (this.driver === 'gsx') return this.port || (plain ? 8222 : 8333);
        return this.driver === 'esx' || this.driver === 'vpx' ? this.port || (plain ? 80 : 443) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Which instance is meant, where the driver has instances. (`test:///system` means a file, `esx` paths are its own.) */
  get scope(): UriScope | undefined {
    if (this.driver === undefined || this.driver === 'test' || CLIENT_REMOTE.has(this.driver)) return undefined;
    if (this.driver === 'xen' && (this.path === '' || this.path === '/')) return 'system';
    const name = this.path.slice(1);
    return this.path.startsWith('/') && (name === 'system' || name === 'session' || name === 'embed')
      ? name
      : undefined;
  }

  /**
   * Whether the connection stays on this machine; `undefined` where only libvirt (an alias, an empty text) or the user (the
   * command of `ext`) knows.
   */
  get isLocal(): boolean | undefined {
    const transport = this.effectiveTransport;
    if (transport === 'unknown' || transport === 'ext') return undefined;
    return transport === 'unix' || (transport === 'none' && !CLIENT_REMOTE.has(this.driver ?? ''));
  }

  /** Whether the driver runs inside this process, so that no libvirt daemon takes part. */
  get isInProcess(): boolean {
    return this.effectiveTransport === 'none';
  }

  /**
   * Says in words what the URI means: driver, where, how, which daemon, and what looks wrong.
   *
   * @param environment - whose sockets are meant; by default this process's.
   */
  explain(environment?: UriEnvironment): UriExplanation {
    if (this.alias !== 'xen') return explainUri(this, environment);
    const explanation = explainUri(ConnectionUri.parse('xen:///system'), environment);
    return { ...explanation, text: `'xen' alone means xen:///system. ${explanation.text}` };
  }

  /** The URI for people and logs: as {@link ConnectionUri.toString}, but what follows a `:` in the user is `***`. */
  toDisplayString(): string {
    const { user } = this.#raw;
    return joinUri({ ...this.#raw, user: user === undefined ? undefined : maskUser(user) });
  }

  /** The URI; exactly the text that was parsed when nothing was changed. */
  toString(): string {
    return joinUri(this.#raw);
  }

  /** The URI as a string, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }

  /** What `util.inspect` and `console.log` print: without a password. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const shown: Record<string, unknown> = {};
    const { driver, transport, host, port, path, params, effectiveTransport, scope } = this;
    const user = this.user === undefined ? undefined : maskUser(this.user);
    const parts = { driver, transport, user, host, port, path, params, effectiveTransport, scope };
    for (const [name, value] of Object.entries(parts)) {
      if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) continue;
      shown[name] = value;
    }
    return `ConnectionUri ${inspect(this.toDisplayString(), options)} ${inspect(shown, options)}`;
  }
}

/** Hides what follows the first `:`; some people write a password there, although libvirt reads none. */
function maskUser(user: string): string {
  return user.replace(/(:|%3a).*$/is, '$1***');
}
