import { constants } from 'node:os';

import { isKnownDriver, modularDaemon, socketPaths, uriFaults, usesSessionDaemon } from './connection-uri-explain.js';
import { ConnectionUri } from './connection-uri.js';
import { ErrorDomain, ErrorNumber } from './constants/error.js';
import type { ErrorRecord } from './native-types.js';
import type { Failure, OpenEnvironment } from './open-advice.js';

const { ENOENT, EACCES, EPERM, ECONNREFUSED, ECONNRESET, EIO, EPIPE, ENOMEM, ENAMETOOLONG } = constants.errno;

/** Drivers that Debian and Fedora alike have as packages of their own. */
const PACKAGED: ReadonlySet<string> = new Set(['qemu', 'lxc', 'xen', 'vbox']);

/** libvirt's own limit is that of `sun_path`. */
const longestSocketPath = 107;

export function socketOfText(message: string): string | undefined {
  return /\/[^\s'"«»„“”]*-sock(?:-ro)?(?![\w-])/.exec(message)?.[0];
}

/** The socket that libvirt names, or else the one that it takes: the first that is there, or libvirtd's. */
export function socketOf(uri: ConnectionUri, error: ErrorRecord, environment: OpenEnvironment): string {
  const paths = uri.driver === undefined ? [] : socketPaths(uri, environment);
  return socketOfText(error.message) ?? paths.find((path) => environment.exists(path)) ?? paths.at(-1) ?? '(unknown)';
}

const CLOSED_AT_ONCE =
  'The daemon closed the connection at once: its log (journalctl -u libvirtd) says why. max_clients may be reached.';

/** The UNIX socket: missing, left behind, or closed to this user. */
export function socketHints(failure: Failure): string[] {
  const { uri, error, environment } = failure;
  const path = socketOf(uri, error, environment);
  const session = usesSessionDaemon(uri, environment) || (uri.isDefault && environment.uid !== 0);
  switch (error.int1) {
    case ENOENT:
      if (uri.get('socket') !== undefined)
        return [`Is the path right (socket=), and does the daemon run that listens there?`];
      if (lacksDriver(failure, path)) return driverHints(failure);
      return session ? sessionHints(failure) : missingDaemonHints(failure);
    case ECONNREFUSED:
      return [`The socket is there, but no daemon listens at it: it was left behind. ${startHint(failure, session)}`];
    case EACCES:
    case EPERM:
      if (session && socketOfText(error.message) === undefined) return [runtimeHint(failure)];
      return session
        ? [`The socket belongs to another user; XDG_RUNTIME_DIR has to be this user's own.`]
        : groupHints(failure);
    case EIO:
    case EPIPE:
    case ECONNRESET:
      return [CLOSED_AT_ONCE];
    case ENOMEM:
    case ENAMETOOLONG:
      if (Buffer.byteLength(path) <= longestSocketPath) return [];
      return [`The path of the socket is longer than the ${longestSocketPath} bytes that the system allows.`];
    default:
      return /client socket is closed/.test(error.message) ? [CLOSED_AT_ONCE] : [];
  }
}

/** libvirt 7.0 looks for a driver that libvirtd has not in a daemon of its own, and names the socket of that one. */
function lacksDriver({ uri, environment }: Failure, path: string): boolean {
  const own = `virt${uri.driver ?? ''}d`;
  const directory = path.slice(0, -`/${own}-sock`.length);
  const isOwn = path === `${directory}/${own}-sock` && uri.get('mode') === undefined;
  return isOwn && environment.exists(`${directory}/libvirt-sock`) && !isInstalled(own, environment);
}

function missingDaemonHints(failure: Failure): string[] {
  const { uri, environment } = failure;
  const mode = uri.get('mode');
  const others = mode === undefined ? [] : socketPaths(uri.withParam('mode', undefined), environment);
  const other = others.find((path) => environment.exists(path));
  if (mode !== undefined && other !== undefined) return [`A daemon listens at ${other}: leave out mode=${mode}.`];
  if (!daemonInstalled(failure)) return [installHint(uri), remoteHint(uri)];
  return [`libvirt's daemon is not running. ${startHint(failure, false)}`];
}

function sessionHints(failure: Failure): string[] {
  const { uid, variables, exists } = failure.environment;
  const usual = `/run/user/${uid ?? ''}`;
  const hints: string[] = [];
  if (!daemonInstalled(failure)) hints.push(installHint(failure.uri));
  else if (variables['LIBVIRT_AUTOSTART'] === '0')
    hints.push('LIBVIRT_AUTOSTART=0 keeps libvirt from starting the daemon.');
  else hints.push(`libvirt starts a session's daemon by itself, but it did not come up. ${startHint(failure, true)}`);
  const runtime = variables['XDG_RUNTIME_DIR'];
  if (!runtime && exists(usual))
    hints.push(`XDG_RUNTIME_DIR is not set; the log-in's session is most likely in ${usual}.`);
  if (runtime && !exists(runtime)) hints.push(`XDG_RUNTIME_DIR is ${runtime}, which is not there.`);
  return hints;
}

function runtimeHint({ environment }: Failure): string {
  const runtime = environment.variables['XDG_RUNTIME_DIR'];
  if (runtime) return `libvirt cannot write in XDG_RUNTIME_DIR (${runtime}): it has to be this user's own directory.`;
  return 'XDG_RUNTIME_DIR is not set and the home directory (HOME) cannot be written: libvirt has no place for its socket.';
}

function isInstalled(daemon: string, environment: OpenEnvironment): boolean {
  const places = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/opt/homebrew/sbin', '/sbin'];
  return places.some((place) => environment.exists(`${place}/${daemon}`));
}

function daemonInstalled({ uri, environment }: Failure): boolean {
  const names = uri.driver === undefined ? ['libvirtd', 'virtqemud'] : ['libvirtd', modularDaemon(uri) ?? 'libvirtd'];
  return names.some((name) => isInstalled(name, environment));
}

function startHint({ uri, environment }: Failure, session: boolean): string {
  const own = modularDaemon(uri);
  const or = (suffix: string) => (own === undefined ? '' : ` (or ${own}${suffix})`);
  if (session) return `Run libvirtd${or('')} by hand to see what it says.`;
  if (environment.platform === 'darwin') return 'Start it: brew services start libvirt.';
  if (!environment.exists('/run/systemd/system'))
    return `Start it: libvirtd -d${or(' -d')}, or by the system's services.`;
  return `Start it: sudo systemctl start libvirtd${or('.socket, where each driver has its own daemon')}.`;
}

function installHint(uri: ConnectionUri): string {
  const driver = uri.driver ?? 'qemu';
  if (driver === 'bhyve') return 'bhyve is a hypervisor of FreeBSD, and its libvirt daemon runs there only.';
  const more = PACKAGED.has(driver) ? ` libvirt-daemon-driver-${driver}` : '';
  return (
    "libvirt's daemon is not installed on this machine (the library alone cannot run it): " +
    `libvirt-daemon-system${more} on Debian and Ubuntu, libvirt-daemon${more} on Fedora and openSUSE, libvirt elsewhere.`
  );
}

function remoteHint(uri: ConnectionUri): string {
  return `For another machine name its host, as in ${uri.driver ?? 'qemu'}+ssh://user@host/${uri.driver === 'vbox' ? 'session' : 'system'}.`;
}

/** No permission on the socket, or polkit says no: the group is what most systems let in. */
function groupHints({ environment }: Failure): string[] {
  const { user = 'NAME', groups, accountGroups } = environment;
  const names = ['libvirt', 'libvirtd'];
  if (groups.some((group) => names.includes(group)))
    return [`${user} is in the group libvirt, so look at unix_sock_group and unix_sock_rw_perms in libvirtd.conf.`];
  if (accountGroups.some((group) => names.includes(group))) {
    return [`${user} is in the group libvirt, but this process is not yet: log out and in again.`];
  }
  return [`${user} is not in the group libvirt: sudo usermod -aG libvirt ${user}, then log out and in again.`];
}

export function polkitHints(failure: Failure): string[] {
  const { uri, error, environment, host } = failure;
  const here = uri.isLocal !== false;
  if (error.domain === ErrorDomain.DBUS) {
    const place = here ? 'this machine' : host;
    return [
      `The daemon on ${place} asks polkit who may connect, and polkit or D-Bus does not run there: ` +
        'start them, or set auth_unix_rw = "none" and unix_sock_group = "libvirt" in libvirtd.conf.',
    ];
  }
  if (!here)
    return [
      `On ${host} the user ${uri.user ?? 'that logs in'} has to be in the group libvirt, as polkit cannot ask for a password.`,
    ];
  const member = [...environment.groups, ...environment.accountGroups].some((name) => /^libvirtd?$/.test(name));
  const hints = environment.groups.some((name) => /^libvirtd?$/.test(name))
    ? ["polkit's rules do not let the group libvirt in: look into /etc/polkit-1/rules.d for org.libvirt.unix.manage."]
    : groupHints(failure);
  if (!member && uri.driver === 'qemu' && uri.scope === 'system')
    hints.push("qemu:///session needs no rights: it holds the user's own machines.");
  return hints;
}

/** No driver answers to the URI, here or on the other side, which names the URI that it tried. */
export function driverHints(failure: Failure): string[] {
  const { uri, error, transport, host } = failure;
  const tried = /^[A-Za-z][A-Za-z0-9.+-]*:\//.test(error.str2 ?? '') ? ConnectionUri.parse(error.str2) : uri;
  const { driver } = tried;
  if (driver === undefined) {
    if (uri.isDefault)
      return ['libvirt found no hypervisor here: name a URI such as qemu:///system, or set LIBVIRT_DEFAULT_URI.'];
    if (uri.alias === undefined) return uriFaults(uri);
    return [
      `'${uri.alias}' is no URI, and no alias of uri_aliases in libvirt.conf (/etc/libvirt for root, ~/.config/libvirt else).`,
    ];
  }
  const faults = uriFaults(uri);
  if (faults.length > 0) return faults;
  if (!isKnownDriver(driver)) return [`Is '${driver}' spelled right? It is no driver that libvirt is known to have.`];
  if (uri.scope === 'embed') {
    return [
      `The part of libvirt that runs ${driver} is not installed here: libvirt-daemon-driver-${driver} (Debian, Ubuntu, Fedora).`,
    ];
  }
  if (transport !== 'unix' && transport !== 'unknown')
    return [`The libvirt on ${host} has no driver '${driver}', or its hypervisor does not run there.`];
  const hints = [
    `The libvirt daemon here has no driver '${driver}', or its hypervisor does not run here. ${packageHint(driver)}`,
  ];
  return [...hints, remoteHint(tried)];
}

function packageHint(driver: string): string {
  if (driver === 'bhyve') return 'bhyve is a hypervisor of FreeBSD.';
  if (!PACKAGED.has(driver)) return 'Some systems leave it out of their packages.';
  return `The driver is a package of its own: libvirt-daemon-driver-${driver} (Debian, Ubuntu, Fedora); restart the daemon then.`;
}

export function testHints({ uri, error, environment }: Failure): string[] {
  const faults = uriFaults(uri);
  if (faults.length > 0 || uri.path === '/default') return faults;
  if (uri.isLocal === true && !environment.exists(uri.path))
    return [`The file ${uri.path} is not there; test:///default needs none.`];
  if (error.code === ErrorNumber.XML_DETAIL || error.code === ErrorNumber.XML_ERROR) {
    return [`${uri.path} has to be a readable XML file with the element <node> at its top.`];
  }
  return [];
}
