import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

import { missingSlash, processUriEnvironment, type UriEnvironment, uriFaults } from './connection-uri-explain.js';
import { ConnectionUri } from './connection-uri.js';
import { ErrorDomain, ErrorNumber } from './constants/error.js';
import type { ErrorRecord } from './native-types.js';
import { driverHints, polkitHints, socketHints, socketOf, socketOfText, testHints } from './open-advice-local.js';
import {
  authHints,
  commandHints,
  credentialsHint,
  libsshHints,
  nameHint,
  networkHints,
  serverHints,
  sshHints,
  tlsHints,
} from './open-advice-remote.js';

/** What the advice has to know of the machine; {@link processOpenEnvironment} reads the real one. */
export interface OpenEnvironment extends UriEnvironment {
  /** The name of the user that this process runs as. */
  user?: string | undefined;
  /** The names of the groups that this process has. */
  groups: readonly string[];
  /** The names of the groups that the user's account has: a process keeps the groups of its log-in. */
  accountGroups: readonly string[];
  /** Whether a file is there. */
  exists: (path: string) => boolean;
}

/** What a person should look at when a connection could not be opened. */
export interface OpenAdvice {
  /** Which socket, host or file was meant. */
  target: string;
  /** What to look at, a sentence or two each, the likeliest first. Empty where nothing is known. */
  hints: string[];
}

/** One failure with all that the hints are made of. */
export interface Failure {
  uri: ConnectionUri;
  error: ErrorRecord;
  environment: OpenEnvironment;
  /** The transport; where the URI does not tell (an alias), what the text shows. */
  transport: ConnectionUri['effectiveTransport'];
  host: string;
  /** `user@host`, for a command that the reader can copy. */
  login: string;
}

/**
 * Adds `no_tty=1` to a URI that uses the ssh program, so that ssh never asks on the process's terminal.
 *
 * @param uri - any text that libvirt takes. All other texts, aliases too, are given back as they are; so is a URI that says
 * `no_tty` itself. (libssh and libssh2 ask through callbacks only.)
 * @param interactive - ssh may ask: nothing is added.
 */
export function noPromptUri(uri: string, interactive: boolean): string {
  if (interactive) return uri;
  const parsed = ConnectionUri.parse(uri);
  if (parsed.effectiveTransport !== 'ssh' || parsed.get('no_tty') !== undefined) return uri;
  return parsed.withParam('no_tty', '1').toString();
}

/** This process's machine, as the advice sees it. */
export function processOpenEnvironment(): OpenEnvironment {
  const table = readGroups();
  const ids = new Set([...(process.getgroups?.() ?? []), process.getegid?.()]);
  let user: string | undefined;
  try {
    user = userInfo().username;
  } catch {
    // A process may run with a user id that has no name.
  }
  return {
    ...processUriEnvironment(),
    user,
    groups: table.filter((group) => ids.has(group.id)).map((group) => group.name),
    accountGroups: table.filter((group) => user !== undefined && group.members.includes(user)).map(({ name }) => name),
    exists: existsSync,
  };
}

function readGroups(): { name: string; id: number; members: string[] }[] {
  try {
    return readFileSync('/etc/group', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , id = '', members = '']) => ({ name, id: Number(id || NaN), members: members.split(',') }));
  } catch {
    return [];
  }
}

/**
 * Says which socket or host a failed open meant, and what a person should look at.
 *
 * It goes by libvirt's codes, the errno and the state of the machine, because libvirt's texts are translated; only where
 * these do not tell, and for the texts of ssh, which are not, it reads the message. What it does not know gets no hint.
 *
 * @param uri - the URI that was opened; `undefined` for libvirt's own choice.
 * @param error - libvirt's error.
 * @param environment - the machine; by default the real one.
 */
export function adviseOnOpen(
  uri: string | undefined,
  error: ErrorRecord,
  environment: OpenEnvironment = processOpenEnvironment(),
): OpenAdvice {
  const parsed = ConnectionUri.parse(uri);
  let transport = parsed.effectiveTransport;
  if (transport === 'unknown' && parsed.transport === undefined) transport = transportOfText(error.message);
  const host = parsed.host ?? (parsed.driver === undefined ? hostOfText(error.message) : 'localhost');
  const login = parsed.user === undefined ? host : `${parsed.user.replace(/:.*/s, '')}@${host}`;
  const failure = { uri: parsed, error, environment, transport, host, login };
  const hints = [...new Set([missingSlash(parsed) ?? '', ...hintsFor(failure)])].filter((hint) => hint !== '');
  return { target: describeTarget(failure), hints };
}

/** An alias or an empty URI does not tell where it led, but a socket's path or ssh's own words do. */
function transportOfText(message: string): Failure['transport'] {
  if (/^Cannot recv data: .*\bssh\b|Host key verification failed|Permission denied \(/s.test(message)) return 'ssh';
  return socketOfText(message) === undefined ? 'unknown' : 'unix';
}

/** Where an alias led, as far as ssh names it. */
function hostOfText(message: string): string {
  const words = /connect to host (\S+) port|resolve hostname ([^\s:]+)|@([^\s:@]+): Permission denied/.exec(message);
  return words?.slice(1).find((name) => name) ?? 'the other side';
}

function describeTarget({ uri, error, environment, transport, host, login }: Failure): string {
  if (uri.isInProcess && uri.isLocal === true) {
    if (uri.driver === 'test' && uri.path !== '/default') return `the file ${uri.path || '(none)'}`;
    return `the driver '${uri.driver ?? ''}' inside this process`;
  }
  const port = uri.effectivePort === undefined ? '' : `, port ${uri.effectivePort}`;
  if (transport === 'unix') return `the socket ${socketOf(uri, error, environment)}`;
  if (uri.isDefault) return "libvirt's own choice, as no URI was given";
  if (uri.driver === undefined) return `'${uri.toDisplayString()}', which names no driver itself`;
  if (transport === 'ext') return `the command ${uri.get('command') ?? '(none)'}`;
  if (transport === 'none') return `the ${uri.driver} server ${uri.host ?? '(none)'}${port}`;
  if (transport === 'unknown') return `host ${host} by '${uri.transport ?? ''}'`;
  return transport === 'tcp' || transport === 'tls'
    ? `host ${host}${port} (${transport})`
    : `${login}${port} by ${transport}`;
}

function hintsFor(failure: Failure): string[] {
  const { uri, error } = failure;
  switch (error.domain) {
    case ErrorDomain.POLKIT:
    case ErrorDomain.DBUS:
      return polkitHints(failure);
    case ErrorDomain.TEST:
      return testHints(failure);
    case ErrorDomain.OPENVZ:
      return ['OpenVZ needs a kernel with OpenVZ and root: openvz:///system works on such a host only.'];
    case ErrorDomain.VMWARE:
      return [
        "VMware's command vmrun has to be installed and in PATH; the path of these URIs is /session.",
        ...uriFaults(uri),
      ];
    case ErrorDomain.VBOX:
      return [
        'VirtualBox has to be installed where the daemon runs, in a version that this libvirt knows (VBoxXPCOMC is loaded).',
      ];
    case ErrorDomain.ESX:
    case ErrorDomain.HYPERV:
      return serverHints(failure);
  }
  switch (error.code) {
    case ErrorNumber.NO_CONNECT:
      return driverHints(failure);
    case ErrorNumber.CONFIG_UNSUPPORTED: {
      const faults = uriFaults(uri);
      if (faults.length > 0 || !uri.driver || !error.message.includes(uri.driver)) return faults;
      return [`This libvirt was built without the driver '${uri.driver}'.`];
    }
    case ErrorNumber.INTERNAL_ERROR:
    case ErrorNumber.INVALID_ARG:
      if (error.domain === ErrorDomain.AUTH) return [credentialsHint(failure)];
      return error.domain === ErrorDomain.RPC ? transportHints(failure) : uriFaults(uri);
    case ErrorNumber.ACCESS_DENIED:
      return [
        `The access rules of the daemon (access_drivers, polkit's rules for org.libvirt.api) do not let this user connect.`,
      ];
    case ErrorNumber.UNKNOWN_HOST:
      return [nameHint(failure)];
    case ErrorNumber.SYSTEM_ERROR:
    case ErrorNumber.RPC:
    case ErrorNumber.GNUTLS_ERROR:
    case ErrorNumber.SSH:
    case ErrorNumber.LIBSSH:
      return transportHints(failure);
    case ErrorNumber.AUTH_FAILED:
    case ErrorNumber.AUTH_CANCELLED:
    case ErrorNumber.AUTH_UNAVAILABLE:
      return authHints(failure);
    default:
      return [];
  }
}

function transportHints(failure: Failure): string[] {
  switch (failure.transport) {
    case 'unix':
      return socketHints(failure);
    case 'ssh':
      return sshHints(failure);
    case 'libssh':
    case 'libssh2':
      return libsshHints(failure);
    case 'tls':
      return tlsHints(failure);
    case 'tcp':
      return networkHints(failure);
    case 'ext':
      return commandHints(failure);
    default:
      return [];
  }
}
