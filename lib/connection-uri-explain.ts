import { homedir } from 'node:os';

import type { ConnectionUri } from './connection-uri.js';

/** Whose view of the machine a URI is explained for. */
export interface UriEnvironment {
  /** The effective user id; absent where the system has none. */
  uid?: number | undefined;
  /** As `process.platform`. */
  platform: string;
  /** As `process.env`: XDG_RUNTIME_DIR, XDG_CACHE_HOME, HOME and LIBVIRT_DEFAULT_URI are looked at. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** A URI in words, as {@link ConnectionUri.explain} gives it. */
export interface UriExplanation {
  /** The driver's usual name: `QEMU/KVM`. */
  driver: string;
  /** Where it runs: `this machine (the system instance)`, `rocinante (the system instance)`, `inside this process`. */
  where: string;
  /** How it is reached: `over ssh as david`. */
  how: string;
  /** Which daemon answers, with its sockets where it is a local one; `none` for a driver in this process. */
  daemon: string;
  /** What looks wrong or unwise, a sentence each. Most often empty. */
  warnings: string[];
  /** All of it but the warnings in one or two sentences. */
  text: string;
}

const DRIVERS: ReadonlyMap<string, string> = new Map([
  ['bhyve', 'bhyve'],
  ['ch', 'Cloud Hypervisor'],
  ['esx', 'VMware ESXi'],
  ['gsx', 'VMware Server'],
  ['hyperv', 'Microsoft Hyper-V'],
  ['interface', 'The driver of host network interfaces'],
  ['lxc', 'Linux containers (LXC)'],
  ['network', 'The driver of virtual networks'],
  ['nodedev', 'The driver of host devices'],
  ['nwfilter', 'The driver of network filters'],
  ['openvz', 'OpenVZ'],
  ['parallels', 'Virtuozzo'],
  ['qemu', 'QEMU/KVM'],
  ['remote', 'Whichever driver the daemon chooses'],
  ['secret', 'The driver of secrets'],
  ['storage', 'The driver of storage pools'],
  ['test', 'The test driver (an invented host)'],
  ['vbox', 'VirtualBox'],
  ['vmwarefusion', 'VMware Fusion'],
  ['vmwareplayer', 'VMware Player'],
  ['vmwarews', 'VMware Workstation'],
  ['vpx', 'VMware vCenter'],
  ['vz', 'Virtuozzo'],
  ['xen', 'Xen'],
]);

const SCOPES = { system: 'the system instance', session: "the user's own session", embed: 'embedded' } as const;

/** Drivers whose daemon refuses any path but `/system` and `/session`. */
const SCOPED = new Set([
  'qemu',
  'vbox',
  'vz',
  'ch',
  'bhyve',
  'network',
  'storage',
  'nodedev',
  'interface',
  'nwfilter',
  'secret',
]);

/** Drivers of the client library: asked of a daemon, only libvirtd has them. */
const LIBVIRTD_ONLY = new Set([
  'test',
  'openvz',
  'vmwareplayer',
  'vmwarews',
  'vmwarefusion',
  'esx',
  'gsx',
  'vpx',
  'hyperv',
]);

/** Drivers that can be embedded in a process. */
const EMBEDDABLE = new Set(['qemu', 'secret']);

/** Whether libvirt has, or had, a driver of this name. */
export function isKnownDriver(driver: string): boolean {
  return DRIVERS.has(driver);
}

/** This process's view: its effective user, platform and environment. */
export function processUriEnvironment(): UriEnvironment {
  return { uid: process.geteuid?.(), platform: process.platform, variables: process.env };
}

/** Explains a URI; {@link ConnectionUri.explain} is the public way here. */
export function explainUri(uri: ConnectionUri, environment: UriEnvironment = processUriEnvironment()): UriExplanation {
  const warnings = [...uriFaults(uri), ...uriCautions(uri, environment)];
  if (!uri.driver) return { ...explainNameless(uri, environment), warnings };
  const driver = DRIVERS.get(uri.driver) ?? `The driver '${uri.driver}'`;
  const where = describeWhere(uri);
  const how = describeHow(uri);
  const daemon = describeDaemon(uri, environment);
  const answer = daemon === 'none' ? 'No libvirt daemon takes part.' : `Answered by ${daemon}.`;
  const text = `${driver} ${/^(inside|described)/.test(where) ? '' : 'on '}${where}, reached ${how}. ${answer}`;
  return { driver, where, how, daemon, warnings, text };
}

/** Texts without a driver: nothing at all, an alias, or something that is neither. */
function explainNameless(uri: ConnectionUri, environment: UriEnvironment): Omit<UriExplanation, 'warnings'> {
  const unknown = { driver: 'not known before opening', where: 'not known before opening', how: 'as libvirt decides' };
  const daemon = 'not known before opening';
  if (uri.isDefault) {
    const preset = environment.variables['LIBVIRT_DEFAULT_URI'];
    const order =
      'the environment variable LIBVIRT_DEFAULT_URI, then uri_default of libvirt.conf, then what it finds running';
    const now = preset ? ` The variable says ${maskText(preset)}.` : ' The variable is not set.';
    return { ...unknown, daemon, text: `No URI: libvirt chooses by ${order}.${now}` };
  }
  const { alias } = uri;
  if (alias === undefined) return { ...unknown, daemon, text: `'${uri.toDisplayString()}' names no driver.` };
  const text = `'${alias}' is an alias: libvirt looks it up in uri_aliases of libvirt.conf and opens what stands there.`;
  return { ...unknown, daemon, text };
}

/** The text of a URI without a password; for texts that are no `ConnectionUri` (importing the class would be a cycle). */
function maskText(uri: string): string {
  return uri.replace(/^([^/?#]*\/\/[^@/?#:]*:)[^/?#]*@/, '$1***@');
}

function describeWhere(uri: ConnectionUri): string {
  const { host, path, scope } = uri;
  if (uri.isInProcess && uri.isLocal === true) {
    if (scope === 'embed') return `inside this process, with its files below ${uri.get('root') ?? '(no root given)'}`;
    if (uri.driver === 'test' && path !== '/default')
      return `inside this process, described by the file ${path || '(none)'}`;
    return 'inside this process';
  }
  let place = 'this machine';
  if (uri.effectiveTransport === 'ext') place = 'the machine behind the command';
  else if (uri.effectiveTransport !== 'unix') place = host ?? (uri.isInProcess ? 'no host at all' : 'localhost');
  if (scope !== undefined) return `${place} (${SCOPES[scope]})`;
  return path === '' || path === '/' ? place : `${place} (${path})`;
}

function describeHow(uri: ConnectionUri): string {
  const port = uri.effectivePort;
  const as = uri.user === undefined ? '' : ` as ${maskName(uri.user)}`;
  const at = port === undefined ? '' : `, port ${port}`;
  switch (uri.effectiveTransport) {
    case 'none':
      if (uri.isLocal === true) return 'by plain function calls';
      return `over ${uri.get('transport') === 'http' ? 'HTTP' : 'HTTPS'}${as}${at}`;
    case 'unix':
      return 'over a UNIX socket';
    case 'tls':
      return `over TLS${at}`;
    case 'tcp':
      return `over TCP without encryption${at}`;
    case 'ext':
      return `through the command ${uri.get('command') ?? '(none given)'}`;
    case 'unknown':
      return `over '${uri.transport}'${as}`;
    default:
      return `over ssh${as}${at}${uri.effectiveTransport === 'ssh' ? '' : ` (the library ${uri.effectiveTransport})`}`;
  }
}

function describeDaemon(uri: ConnectionUri, environment: UriEnvironment): string {
  if (uri.isInProcess) return 'none';
  const own = modularDaemon(uri);
  if (uri.effectiveTransport === 'unix') {
    const sockets = socketPaths(uri, environment);
    if (uri.get('socket') !== undefined) return `the daemon that listens at ${sockets.join()}`;
    return sockets
      .map((s) => `${s.includes('/libvirt-sock') || own === undefined ? 'libvirtd' : own} at ${s}`)
      .join(', or ');
  }
  const proxied = uri.effectiveTransport === 'tls' || uri.effectiveTransport === 'tcp' || uri.driver === 'remote';
  const there = uri.effectiveTransport === 'ext' ? 'there' : `on ${uri.host ?? 'localhost'}`;
  const mode = uri.get('mode');
  const choices = [mode === 'direct' ? '' : 'libvirtd', mode === 'legacy' ? '' : proxied ? 'virtproxyd' : own];
  const daemons = `${LIBVIRTD_ONLY.has(uri.driver ?? '') ? 'libvirtd' : choices.filter(Boolean).join(' or ')} ${there}`;
  const name = uri.get('name');
  return name === undefined ? daemons : `${daemons}, asked for ${name || 'its default'}`;
}

/** The daemon that has this driver alone, where libvirt is split in one daemon for each; some drivers have none. */
export function modularDaemon(uri: ConnectionUri): string | undefined {
  const { driver } = uri;
  if (driver === undefined || driver === 'remote' || LIBVIRTD_ONLY.has(driver)) return undefined;
  return driver === 'parallels' ? 'virtvzd' : `virt${driver}d`;
}

/**
 * The sockets that libvirt tries for a local connection, the preferred one first.
 *
 * @param uri - a URI whose effective transport is `unix`.
 * @param environment - whose session is meant.
 */
export function socketPaths(uri: ConnectionUri, environment: UriEnvironment): string[] {
  const given = uri.get('socket');
  if (given !== undefined) return [given];
  const directory = socketDirectory(uri, environment);
  const legacy = `${directory}/libvirt-sock`;
  const mode = uri.get('mode');
  // Asked for it, libvirt makes a name of any driver, also where there is no such daemon.
  if (mode === 'direct') return [`${directory}/virt${uri.driver ?? ''}d-sock`];
  const own = modularDaemon(uri);
  return mode === 'legacy' || own === undefined ? [legacy] : [`${directory}/${own}-sock`, legacy];
}

/** Whether a session's daemon is meant: for root libvirt takes the system's in its place. */
export function usesSessionDaemon(uri: ConnectionUri, environment: UriEnvironment): boolean {
  return environment.uid !== 0 && (uri.scope === 'session' || uri.driver === 'test');
}

function socketDirectory(uri: ConnectionUri, environment: UriEnvironment): string {
  if (!usesSessionDaemon(uri, environment))
    return environment.platform === 'linux' ? '/run/libvirt' : '/var/run/libvirt';
  const { XDG_RUNTIME_DIR: runtime, XDG_CACHE_HOME: cache, HOME: home } = environment.variables;
  if (runtime) return `${runtime}/libvirt`;
  return `${cache ? cache : `${home ? home : homedir()}/.cache`}/libvirt`;
}

/** What libvirt surely refuses in this URI. */
export function uriFaults(uri: ConnectionUri): string[] {
  const faults: string[] = [];
  const { driver, host, scope, effectiveTransport } = uri;
  const text = uri.toDisplayString();
  if (!isUriText(uri.toString()))
    faults.push(
      `'${text}' is no valid URI: a host, port or escape is wrong, or a special character (a blank is %20) is not escaped.`,
    );
  if (!driver) {
    if (!uri.isDefault && uri.alias === undefined)
      faults.push("A URI begins with a driver and a colon, as in 'qemu:///system'.");
    return faults;
  }
  const slashes = missingSlash(uri);
  if (slashes !== undefined) faults.push(slashes);
  if (effectiveTransport === 'unknown') {
    faults.push(`The transport '${uri.transport}' is not one of unix, tls, tcp, ssh, libssh, libssh2 and ext.`);
  }
  if (effectiveTransport === 'unix' && host !== undefined) {
    faults.push(`A UNIX socket is on this machine: the host '${host}' is refused. Name a transport such as ssh.`);
  }
  if (effectiveTransport === 'ext' && uri.get('command') === undefined) {
    faults.push("The transport 'ext' needs the parameter command=/path/of/a/program.");
  }
  if (uri.isInProcess && uri.isLocal === false && host === undefined)
    faults.push(`The driver '${driver}' needs a host.`);
  if (driver === 'test' && uri.isInProcess && /^\/*$/.test(uri.path)) {
    faults.push('The test driver needs test:///default or the path of an XML file.');
  }
  if (driver === 'vpx' && uri.isInProcess && /^\/*$/.test(uri.path)) {
    faults.push('vpx needs a path of datacenter and host: vpx://vcenter/datacenter/host.');
  }
  if (scope === 'embed') faults.push(...embedFaults(uri));
  else if (SCOPED.has(driver) && scope === undefined && slashes === undefined && uri.get('name') === undefined) {
    faults.push(`The path is neither /system nor /session, as in ${driver}:///system.`);
  }
  return [...faults, ...paramFaults(uri)];
}

/** The warning for `qemu://system`: valid, but `system` is then a host. */
export function missingSlash(uri: ConnectionUri): string | undefined {
  const { driver, transport, host } = uri;
  if (transport !== undefined || driver === undefined) return undefined;
  const names = driver === 'test' ? ['default'] : ['system', 'session', 'embed'];
  if (host === undefined || !names.includes(host)) return undefined;
  return `With two slashes '${host}' is the name of a host. For this machine write three: ${driver}:///${host}.`;
}

function embedFaults(uri: ConnectionUri): string[] {
  const root = uri.get('root');
  const driver = uri.driver ?? '';
  if (uri.transport !== undefined || uri.host !== undefined) {
    return [`An embedded driver runs in this process: no transport and no host, as in ${driver}:///embed?root=/dir.`];
  }
  if (!EMBEDDABLE.has(driver)) return [`The driver '${driver}' cannot be embedded; qemu and secret can.`];
  if (root === undefined) return [`An embedded driver needs a directory for its files: ${driver}:///embed?root=/dir.`];
  return root.startsWith('/') ? [] : [`root=${root} has to be an absolute path.`];
}

function paramFaults(uri: ConnectionUri): string[] {
  if (uri.isInProcess) return [];
  const faults: string[] = [];
  for (const name of ['no_verify', 'no_tty', 'no_sanity']) {
    const value = uri.get(name);
    if (value !== undefined && !/^\s*[-+]?(0x[0-9a-f]+|\d+)$/i.test(value))
      faults.push(`${name}=${value} is refused: it takes 0 or 1.`);
  }
  const modes = ['auto', 'direct', 'legacy'];
  const proxies = ['auto', 'native', 'netcat'];
  for (const [name, known] of [
    ['mode', modes],
    ['proxy', proxies],
  ] as const) {
    const value = uri.get(name);
    if (value !== undefined && !known.includes(value))
      faults.push(`${name}=${value} is refused: it takes ${known.join(', ')}.`);
  }
  return faults;
}

/** What works, but probably not as meant. */
function uriCautions(uri: ConnectionUri, environment: UriEnvironment): string[] {
  const cautions: string[] = [];
  const { effectiveTransport, user, port } = uri;
  if (user !== undefined && /:/.test(user)) {
    cautions.push('libvirt reads no password from a URI; what follows the colon is taken as part of the user name.');
  }
  if (port !== undefined && port > 65535) cautions.push(`There is no port ${port}.`);
  if (effectiveTransport === 'tcp') cautions.push('TCP is not encrypted; use tls or ssh outside of a trusted network.');
  if (effectiveTransport === 'ssh' && uri.get('known_hosts_verify') !== undefined) {
    cautions.push('known_hosts_verify is read by libssh and libssh2 only; for ssh the parameter is no_verify=1.');
  }
  const checked = effectiveTransport === 'tls' || effectiveTransport === 'ssh' || uri.isLocal === false;
  if (checked && Number(uri.get('no_verify')) === 1)
    cautions.push('With no_verify=1 nobody checks who the other side is.');
  if (uri.scope === 'session' && effectiveTransport === 'unix' && environment.uid === 0) {
    cautions.push("For root a session is not its own: the system's daemon answers.");
  }
  if (uri.driver === 'phyp' || uri.driver === 'xenapi' || uri.driver === 'uml') {
    cautions.push(`libvirt no longer has the driver '${uri.driver}'.`);
  }
  return cautions;
}

/** Whether libvirt's parser (RFC 3986, a little relaxed) takes the text; in doubt yes. */
function isUriText(text: string): boolean {
  const [, scheme, authority, path = '', query = '', fragment = ''] =
    /^(?:([^:/?#]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  const only = (piece: string, extra: string) =>
    new RegExp(`^(?:[A-Za-z0-9._~!$&'()*+,;=${extra}-]|%[0-9A-Fa-f]{2})*$`).test(piece);
  // Anything may stand in brackets: zone ids are written after `%` and after `%25`.
  const host = authority?.replace(/^[^@]*@/, '').replace(/^\[[^\]]*\](?=:|$)/, '') ?? '';
  const user = /^([^@]*)@/.exec(authority ?? '')?.[1] ?? '';
  return (
    /^(?:[A-Za-z][A-Za-z0-9+.-]*)?$/.test(scheme ?? '') &&
    scheme !== '' &&
    only(user, ':') &&
    only(host.replace(/:\d*$/, ''), '') &&
    only(path, ':@/') &&
    only(query, ':@/?') &&
    only(fragment, ':@/?[\\]')
  );
}

function maskName(user: string): string {
  return user.replace(/:.*$/s, ':***');
}
