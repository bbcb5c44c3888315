import type { ConnectionUriParts, UriParam } from './connection-uri.js';

/** A URI's pieces as they were written, so that what nobody changes is rebuilt byte for byte. */
export interface RawUri {
  scheme: string | undefined;
  user: string | undefined;
  /** `undefined`: there is no `//` at all. */
  host: string | undefined;
  port: string | undefined;
  path: string;
  query: string | undefined;
  fragment: string | undefined;
}

export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Cuts a text at RFC 3986's delimiters. Every text fits, so that joining the pieces always gives it back. */
export function splitUri(text: string): RawUri {
  const [, scheme, authority, path = '', query, fragment] =
    /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  const raw: RawUri = { scheme, user: undefined, host: undefined, port: undefined, path, query, fragment };
  if (authority === undefined) return raw;
  // The last `@`: a password with an unencoded one must not become part of the host, which is shown.
  const at = authority.lastIndexOf('@');
  if (at >= 0) raw.user = authority.slice(0, at);
  raw.host = authority.slice(at + 1);
  const port = /^(\[[^\]]*\]|[^:]*):(\d*)$/s.exec(raw.host);
  if (port) [, raw.host, raw.port] = port;
  return raw;
}

export function joinUri({ scheme, user, host, port, path, query, fragment }: Readonly<RawUri>): string {
  let text = scheme === undefined ? '' : `${scheme}:`;
  if (host !== undefined) {
    text += '//';
    if (user !== undefined) text += `${user}@`;
    text += host;
    if (port !== undefined) text += `:${port}`;
  }
  text += path;
  if (query !== undefined) text += `?${query}`;
  return fragment === undefined ? text : `${text}#${fragment}`;
}

/** Decodes `%XX` as libvirt does: whole runs as UTF-8, a `%` that starts no escape stays. `+` is no blank. */
export function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
}

export function decodeHost(raw: string | undefined): string | undefined {
  if (!raw) return undefined;
  return decode(raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw);
}

/**
 * Cuts a query into pieces, each with the separator that ends it. libvirt takes the next `&`, and `;` only where no `&` is
 * left: `a;b&c` is `a;b` and `c`, `a&b;c` is three.
 */
export function splitQuery(query: string): string[] {
  const last = query.lastIndexOf('&') + 1;
  return [...query.slice(0, last).split(/(?<=&)/), ...query.slice(last).split(/(?<=;)/)].filter(
    (piece) => piece !== '',
  );
}

export function appendPiece(query: string, piece: string): string {
  if (query === '' || query.endsWith('&')) return query + piece;
  return query + (query.includes(';', query.lastIndexOf('&') + 1) ? ';' : '&') + piece;
}

/** A name alone has an empty value; what has no name is dropped, as libvirt does. */
export function parsePiece(piece: string): UriParam | undefined {
  const text = piece.replace(/[&;]$/, '');
  const at = text.indexOf('=');
  const name = decode(at < 0 ? text : text.slice(0, at));
  return name === '' ? undefined : Object.freeze([name, at < 0 ? '' : decode(text.slice(at + 1))] as const);
}

export function parseQuery(query: string | undefined): UriParam[] {
  return splitQuery(query ?? '').flatMap((piece) => [parsePiece(piece)].filter((param) => param !== undefined));
}

/** What may stand unencoded in each part. */
const LITERAL = {
  user: /[^A-Za-z0-9._~!$&'()*+,;=:-]/gu,
  host: /[^A-Za-z0-9._~!$&'()*+,;=-]/gu,
  path: /[^A-Za-z0-9._~!$&'()*+,;=:@/-]/gu,
  param: /[^A-Za-z0-9._~:@/,-]/gu,
} as const;

export function encode(text: string, part: keyof typeof LITERAL): string {
  if (text.includes('\0')) throw new TypeError(`the ${part} of a connection URI cannot hold a NUL`);
  return text.replace(LITERAL[part], (c) => Buffer.from(c).toString('hex').replace(/../g, '%$&').toUpperCase());
}

export function encodeScheme(driver: string | undefined, transport: string | undefined): string {
  if (driver === undefined) throw new TypeError('a connection URI needs a driver');
  if (!/^[A-Za-z][A-Za-z0-9.-]*$/.test(driver)) throw new TypeError(`'${driver}' cannot be a driver's name`);
  if (transport === undefined) return driver;
  if (!/^[A-Za-z0-9.+-]+$/.test(transport)) throw new TypeError(`'${transport}' cannot be a transport's name`);
  return `${driver}+${transport}`;
}

export function encodeHost(host: string): string {
  const bare = /^\[(.*)\]$/s.exec(host)?.[1] ?? host;
  if (!bare.includes(':')) return encode(bare, 'host');
  if (!/^[0-9A-Fa-f:.]+(?:%[^%\]]+)?$/.test(bare)) throw new TypeError(`'${host}' cannot be a host`);
  const zone = bare.indexOf('%');
  return zone < 0 ? `[${bare}]` : `[${bare.slice(0, zone)}%25${encode(bare.slice(zone + 1), 'host')}]`;
}

export function encodePort(port: number | undefined): string | undefined {
  if (port === undefined) return undefined;
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return String(port);
  throw new RangeError(`a port is an integer from 0 to 65535, not ${port}`);
}

export function encodeParams(params: ConnectionUriParts['params']): string | undefined {
  const list = params === undefined ? [] : isIterable(params) ? [...params] : Object.entries(params);
  if (list.some(([name]) => name === '')) throw new TypeError('a parameter of a connection URI needs a name');
  const query = list.map(([name, value]) => `${encode(name, 'param')}=${encode(value, 'param')}`).join('&');
  return query === '' ? undefined : query;
}

function isIterable(params: NonNullable<ConnectionUriParts['params']>): params is Iterable<UriParam> {
  return Symbol.iterator in params;
}
