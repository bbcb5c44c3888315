// What libvirt said when a connection could not be opened, and what the advice has to be.
import type { ErrorRecord } from '../lib/native-types.js';
import type { OpenEnvironment } from '../lib/open-advice.js';

export interface Machine extends Omit<Partial<OpenEnvironment>, 'exists'> {
  files?: string[];
}

const installed = ['/usr/sbin/libvirtd', '/run/systemd/system'];

/** A plain user of a machine with libvirtd installed, with nothing running, if the row does not say otherwise. */
export function machine({ files = installed, ...rest }: Machine = {}): OpenEnvironment {
  return {
    uid: 1000,
    user: 'david',
    platform: 'linux',
    variables: { XDG_RUNTIME_DIR: '/run/user/1000', HOME: '/home/david' },
    groups: ['david'],
    accountGroups: ['david'],
    exists: (path) => files.includes(path),
    ...rest,
  };
}

export function failure(code: number, domain: number, message: string, int1 = -1, str2?: string): ErrorRecord {
  return { code, domain, level: 2, message, str2: str2 ?? message, int1, operation: 'virConnectOpen' };
}

const errno = { ENOENT: 2, EIO: 5, EACCES: 13, ENETUNREACH: 101, ECONNRESET: 104, ECONNREFUSED: 111 };
const socket = (path: string, reason: string, int1: number) =>
  failure(38, 7, `Failed to connect socket to '${path}': ${reason}`, int1);
const missing = (path: string) => socket(path, 'No such file or directory', errno.ENOENT);
export const ssh = (words: string) =>
  failure(38, 7, `Cannot recv data: ${words}: Connection reset by peer`, errno.ECONNRESET);
const eof = (words: string) =>
  failure(38, 7, `End of file while reading data: ${words}: Input/output error`, errno.EIO);
const noDriver = (uri: string) => failure(5, 0, `no connection driver available for ${uri}`, -1, uri);
const polkit = failure(
  94,
  60,
  "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
);
const denied = socket('/var/run/libvirt/libvirt-sock', 'Permission denied', errno.EACCES);
const systemSocket = '/var/run/libvirt/libvirt-sock';

export interface Row {
  uri: string | undefined;
  error: ErrorRecord;
  machine?: Machine;
  target: string;
  /** One for each hint, in order: words that it has. */
  hints: string[];
}

// The errors are those that libvirt 9.0 and 12.8 gave in reality.
// prettier-ignore
export const rows: Record<string, Row> = {
  'the daemon is not running': {
    uri: 'qemu:///system', error: missing(systemSocket), target: `the socket ${systemSocket}`,
    hints: ['not running. Start it: sudo systemctl start libvirtd (or virtqemud.socket'],
  },
  'the daemon is not running, without systemd': {
    uri: 'xen:///system', error: missing(systemSocket), machine: { files: ['/usr/sbin/virtxend'] },
    target: `the socket ${systemSocket}`, hints: ['libvirtd -d (or virtxend -d)'],
  },
  'the daemon is not running, on a Mac': {
    uri: 'qemu:///system', error: missing('/opt/homebrew/var/run/libvirt/libvirt-sock'),
    machine: { platform: 'darwin', files: ['/opt/homebrew/sbin/libvirtd'] },
    target: 'the socket /opt/homebrew/var/run/libvirt/libvirt-sock', hints: ['brew services'],
  },
  'the daemon is not installed': {
    uri: 'qemu:///system', error: missing(systemSocket), machine: { files: [] }, target: `the socket ${systemSocket}`,
    hints: ['not installed on this machine', 'qemu+ssh://user@host/system'],
  },
  'the daemon is not installed, for LXC': {
    uri: 'lxc:///system', error: missing(systemSocket), machine: { files: [] }, target: `the socket ${systemSocket}`,
    hints: ['libvirt-daemon-driver-lxc', 'lxc+ssh://user@host/system'],
  },
  'a socket of the other kind of daemon is there': {
    uri: 'qemu:///system?mode=direct', error: missing('/var/run/libvirt/virtqemud-sock'),
    machine: { files: [...installed, '/run/libvirt/libvirt-sock'] },
    target: 'the socket /var/run/libvirt/virtqemud-sock', hints: ['leave out mode=direct'],
  },
  'the text is in another language': {
    uri: 'qemu:///system',
    error: failure(38, 7, 'Verbinden mit Socket fehlgeschlagen: Datei oder Verzeichnis nicht gefunden', errno.ENOENT),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['not running'],
  },
  'a socket of the user': {
    uri: 'qemu+unix:///system?socket=/x', error: missing('/x'), target: 'the socket /x',
    hints: ['Is the path right (socket=)'],
  },
  'a path that is too long': {
    uri: `qemu+unix:///system?socket=/${'x'.repeat(120)}`,
    error: failure(38, 7, `Path /${'x'.repeat(120)} too long for unix socket: Cannot allocate memory`, 12),
    target: `the socket /${'x'.repeat(120)}`, hints: ['107 bytes'],
  },
  'a socket that was left behind': {
    uri: 'qemu:///system', error: socket(systemSocket, 'Connection refused', errno.ECONNREFUSED),
    target: `the socket ${systemSocket}`, hints: ['left behind. Start it'],
  },
  'a daemon that hangs up': {
    uri: 'qemu:///system', error: failure(38, 7, 'End of file while reading data: Input/output error', errno.EIO),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['its log'],
  },
  'no permission, not in the group': {
    uri: 'qemu:///system', error: denied, target: `the socket ${systemSocket}`,
    hints: ['david is not in the group libvirt: sudo usermod -aG libvirt david'],
  },
  'no permission, logged in before the group was given': {
    uri: 'qemu:///system', error: denied, machine: { accountGroups: ['david', 'libvirt'] },
    target: `the socket ${systemSocket}`, hints: ['this process is not yet: log out'],
  },
  'no permission though in the group': {
    uri: 'qemu:///system', error: denied, machine: { groups: ['libvirt'], accountGroups: ['libvirt'] },
    target: `the socket ${systemSocket}`, hints: ['unix_sock_rw_perms'],
  },
  'polkit without an agent': {
    uri: 'qemu:///system', error: polkit, target: 'the socket /run/libvirt/libvirt-sock',
    hints: ['not in the group libvirt', 'qemu:///session needs no rights'],
  },
  'polkit refuses a member of the group': {
    uri: 'qemu:///system', error: failure(45, 60, 'authentication failed: access denied by policy'),
    machine: { groups: ['libvirt'], accountGroups: ['libvirt'] }, target: 'the socket /run/libvirt/libvirt-sock',
    hints: ['/etc/polkit-1/rules.d'],
  },
  'polkit on the other side': {
    uri: 'qemu+ssh://tuser@127.0.0.1:2222/system', error: polkit, target: 'tuser@127.0.0.1, port 2222 by ssh',
    hints: ['On 127.0.0.1 the user tuser has to be in the group libvirt'],
  },
  'no polkit': {
    uri: 'qemu:///system',
    error: failure(89, 47, 'error from service: GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.PolicyKit1 was not provided by any .service files'),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['polkit or D-Bus does not run there'],
  },
  'no D-Bus': {
    uri: 'qemu+tcp://h/system',
    error: failure(1, 47, 'internal error: Unable to get system bus connection: Could not connect: No such file or directory'),
    target: 'host h, port 16509 (tcp)', hints: ['The daemon on h asks polkit'],
  },
  'the rules of access': {
    uri: 'qemu:///system', error: failure(88, 55, "access denied: 'QEMU' denied access"),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['access_drivers'],
  },
  'a session whose daemon does not start': {
    uri: 'qemu:///session', error: missing('/run/user/1000/libvirt/libvirt-sock'),
    machine: { files: [...installed, '/run/user/1000'] }, target: 'the socket /run/user/1000/libvirt/libvirt-sock',
    hints: ['did not come up'],
  },
  'a session without XDG_RUNTIME_DIR': {
    uri: 'qemu:///session', error: missing('/home/david/.cache/libvirt/libvirt-sock'),
    machine: { variables: { LIBVIRT_AUTOSTART: '0' }, files: [...installed, '/run/user/1000'] },
    target: 'the socket /home/david/.cache/libvirt/libvirt-sock',
    hints: ['LIBVIRT_AUTOSTART=0', "XDG_RUNTIME_DIR is not set; the log-in's session is most likely in /run/user/1000"],
  },
  'a session whose XDG_RUNTIME_DIR is gone': {
    uri: 'qemu:///session', error: missing('/run/user/1000/libvirt/libvirt-sock'), machine: { files: [] },
    target: 'the socket /run/user/1000/libvirt/libvirt-sock',
    hints: ['not installed', 'XDG_RUNTIME_DIR is /run/user/1000, which is not there'],
  },
  'a session without a home': {
    uri: 'qemu:///session',
    error: failure(38, 7, "Cannot create user runtime directory '/nonexistent/.cache/libvirt': Permission denied", errno.EACCES),
    machine: { variables: { HOME: '/nonexistent' } }, target: 'the socket /nonexistent/.cache/libvirt/libvirt-sock',
    hints: ['XDG_RUNTIME_DIR is not set and the home directory'],
  },
  "root's session": {
    uri: 'qemu:///session', error: missing(systemSocket), machine: { uid: 0, variables: {} },
    target: `the socket ${systemSocket}`, hints: ['systemctl start libvirtd'],
  },
  'no URI, no daemon': {
    uri: undefined, error: missing('/run/user/1000/libvirt/libvirt-sock'),
    machine: { files: [...installed, '/run/user/1000'] }, target: 'the socket /run/user/1000/libvirt/libvirt-sock',
    hints: ['did not come up'],
  },
  'no URI, nothing found': {
    uri: undefined, error: noDriver('<null>'), target: "libvirt's own choice, as no URI was given",
    hints: ['name a URI such as qemu:///system'],
  },
  'a driver that is not there': {
    uri: 'xen:///system', error: noDriver('xen:///system'), target: 'the socket /run/libvirt/libvirt-sock',
    hints: ['libvirt-daemon-driver-xen', 'xen+ssh://user@host/system'],
  },
  'a driver that no machine has': {
    uri: 'foo:///system', error: noDriver('foo:///system'), target: 'the socket /run/libvirt/libvirt-sock',
    hints: ["Is 'foo' spelled right?"],
  },
  'a driver that the other side does not have': {
    uri: 'xen+ssh://vuser@127.0.0.1:2222/', error: noDriver('xen:///'), target: 'vuser@127.0.0.1, port 2222 by ssh',
    hints: ["The libvirt on 127.0.0.1 has no driver 'xen'"],
  },
  'a driver that name= asks for': {
    uri: 'qemu+unix:///system?name=xen:///system', error: noDriver('xen:///system'),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ["no driver 'xen'", 'xen+ssh'],
  },
  'a driver that is not in the library': {
    uri: 'hyperv://h/',
    error: failure(67, 0, "unsupported configuration: libvirt was built without the 'hyperv' driver"),
    target: 'the hyperv server h, port 5986', hints: ["built without the driver 'hyperv'"],
  },
  'a word that is no alias': {
    uri: 'hail', error: noDriver("URI 'hail' does not include a driver name"),
    target: "'hail', which names no driver itself", hints: ["'hail' is no URI, and no alias"],
  },
  'a text without a driver': {
    uri: '/x', error: noDriver("URI '/x' does not include a driver name"),
    target: "'/x', which names no driver itself", hints: ['begins with a driver'],
  },
  'a text that is no URI': {
    uri: 'qemu:///sys tem', error: failure(1, 45, 'internal error: Unable to parse URI qemu:///sys tem'),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['no valid URI', 'neither /system nor /session'],
  },
  'an alias that leads to a socket': {
    uri: 'hail', error: missing(systemSocket), target: `the socket ${systemSocket}`, hints: ['not running'],
  },
  'two slashes, libvirt sees it': {
    uri: 'qemu://system',
    error: failure(1, 0, 'internal error: invalid URI qemu://system (maybe you want qemu:///system)'),
    target: 'host system, port 16514 (tls)', hints: ['write three: qemu:///system'],
  },
  'two slashes, libvirt does not': {
    uri: 'lxc://system',
    error: failure(38, 7, "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", errno.ENOENT),
    target: 'host system, port 16514 (tls)',
    hints: ['write three: lxc:///system', '/etc/pki/CA/cacert.pem is missing'],
  },
  'a path that the driver refuses': {
    uri: 'qemu:///foo', error: failure(1, 0, "internal error: unexpected qemu URI path '/foo', try qemu:///system"),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ['neither /system nor /session'],
  },
  'embed without root': {
    uri: 'qemu:///embed', error: failure(8, 45, "invalid argument: Missing URI parameter 'root'"),
    target: "the driver 'qemu' inside this process", hints: ['qemu:///embed?root=/dir'],
  },
  'embed below a relative path': {
    uri: 'qemu:///embed?root=x', error: failure(67, 0, 'unsupported configuration: root path must be absolute'),
    target: "the driver 'qemu' inside this process", hints: ['absolute'],
  },
  'embed without the driver': {
    uri: 'qemu:///embed?root=/x', error: noDriver('qemu:///embed?root=/x'),
    target: "the driver 'qemu' inside this process", hints: ['libvirt-daemon-driver-qemu'],
  },
  'a transport that is none': {
    uri: 'qemu+foo://h/system',
    error: failure(8, 13, 'invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)'),
    target: "host h by 'foo'", hints: ["The transport 'foo'"],
  },
  'a UNIX socket on a host': {
    uri: 'qemu+unix://h/system',
    error: failure(8, 13, "invalid argument: using unix socket and remote server 'h' is not supported."),
    target: 'the socket /run/libvirt/libvirt-sock', hints: ["the host 'h' is refused"],
  },
  'a parameter in words': {
    uri: 'qemu+ssh://h/system?no_tty=true',
    error: failure(8, 13, 'invalid argument: Failed to parse value of URI component no_tty'), target: 'h by ssh',
    hints: ['takes 0 or 1'],
  },
  'ext without a command': {
    uri: 'qemu+ext:///system',
    error: failure(8, 13, "invalid argument: remote_open: for 'ext' transport, command is required"),
    target: 'the command (none)', hints: ['command='],
  },
  'ext with a missing program': {
    uri: 'qemu+ext:///system?command=/nonexist',
    error: ssh('libvirt:  error : cannot execute binary /nonexist: No such file or directory'),
    target: 'the command /nonexist', hints: ['/nonexist is not there'],
  },
  'ext with a program that ends': {
    uri: 'qemu+ext:///system?command=/bin/false',
    error: failure(38, 7, 'Cannot recv data: : Connection reset by peer', errno.ECONNRESET),
    machine: { files: ['/bin/false'] }, target: 'the command /bin/false', hints: ['ended before the daemon answered'],
  },
  'tcp: nothing listens': {
    uri: 'qemu+tcp://127.0.0.1:16510/system',
    error: failure(38, 7, "unable to connect to server at '127.0.0.1:16510': Connection refused", errno.ECONNREFUSED),
    target: 'host 127.0.0.1, port 16510 (tcp)', hints: ['Nothing listens at port 16510 of 127.0.0.1'],
  },
  'tcp: no way': {
    uri: 'qemu+tcp://[fe80::1%25lo]/system',
    error: failure(38, 7, "unable to connect to server at 'fe80::1%lo:16509': Network is unreachable", errno.ENETUNREACH),
    target: 'host fe80::1%lo, port 16509 (tcp)', hints: ['cannot be reached'],
  },
  'tcp: to a TLS port': {
    uri: 'qemu+tcp://127.0.0.1:16514/system',
    error: failure(38, 7, 'Cannot recv data: Connection reset by peer', errno.ECONNRESET),
    target: 'host 127.0.0.1, port 16514 (tcp)', hints: ['is port 16514 the one for tcp?'],
  },
  'tcp: an unknown name': {
    uri: 'qemu+tcp://nohost.invalid/system',
    error: failure(38, 7, "Unable to resolve address 'nohost.invalid' service '16509': Temporary failure in name resolution"),
    target: 'host nohost.invalid, port 16509 (tcp)', hints: ["The name 'nohost.invalid' is not known"],
  },
  'SASL without credentials': {
    uri: 'qemu+tcp://127.0.0.1/system',
    error: failure(45, 7, 'authentication failed: Failed to start SASL negotiation: -4 (SASL(-4): no mechanism available: No worthy mechs found)'),
    target: 'host 127.0.0.1, port 16509 (tcp)', hints: ['127.0.0.1 wants a user name and a password', 'mech_list'],
  },
  'SASL with a wrong password': {
    uri: 'qemu+tcp://127.0.0.1/system', error: failure(45, 7, 'authentication failed: authentication failed'),
    target: 'host 127.0.0.1, port 16509 (tcp)', hints: ['was refused'],
  },
  'tls: no CA': {
    uri: 'qemu+tls://127.0.0.1/system?pkipath=/tmp/nopki',
    error: failure(38, 7, "Cannot read CA certificate '/tmp/nopki/cacert.pem': No such file or directory", errno.ENOENT),
    target: 'host 127.0.0.1, port 16514 (tls)', hints: ['/tmp/nopki/cacert.pem is missing'],
  },
  'tls: the client key is not readable': {
    uri: 'qemu://h/system',
    error: failure(38, 7, "Cannot read client key '/etc/pki/libvirt/private/clientkey.pem': Permission denied", errno.EACCES),
    target: 'host h, port 16514 (tls)', hints: ['clientkey.pem cannot be read by david'],
  },
  'tls: our own certificate': {
    uri: 'qemu+tls://127.0.0.1/system?pkipath=/o',
    error: failure(38, 7, "Our own certificate /o/clientcert.pem failed validation against /o/cacert.pem: The certificate hasn't got a known issuer."),
    target: 'host 127.0.0.1, port 16514 (tls)', hints: ['/o/clientcert.pem does not fit'],
  },
  'tls: the name in the certificate': {
    uri: 'qemu+tls://127.0.0.2/system',
    error: failure(45, 7, "authentication failed: Failed to verify peer's certificate"),
    target: 'host 127.0.0.2, port 16514 (tls)', hints: ["'127.0.0.2' has to be one of its names"],
  },
  'tls: refused, in another language': {
    uri: 'qemu+tls://127.0.0.2/system', error: failure(45, 7, 'Authentifizierung fehlgeschlagen'),
    target: 'host 127.0.0.2, port 16514 (tls)', hints: ['has to be one of its names', 'password was refused'],
  },
  'tls: the client certificate is refused': {
    uri: 'qemu+tls://127.0.0.1/system',
    error: failure(38, 7, 'Unable to read TLS confirmation: Input/output error', errno.EIO),
    target: 'host 127.0.0.1, port 16514 (tls)', hints: ['tls_allowed_dn_list'],
  },
  'tls: an unknown name': {
    uri: 'qemu://nohost.invalid/system',
    error: failure(38, 7, "Adresse 'nohost.invalid' Dienst '16514' nicht gefunden"),
    target: 'host nohost.invalid, port 16514 (tls)', hints: ["The name 'nohost.invalid' is not known"],
  },
  'ssh: no key': {
    uri: 'qemu+ssh://nobody@127.0.0.1:2222/system?keyfile=/k',
    error: ssh('nobody@127.0.0.1: Permission denied (publickey).'), target: 'nobody@127.0.0.1, port 2222 by ssh',
    hints: ["'ssh -p 2222 nobody@127.0.0.1 true' has to work without a question"],
  },
  'ssh: a password would do': {
    uri: 'qemu+ssh://nobody@127.0.0.1/system',
    error: ssh("Warning: Permanently added '[127.0.0.1]:2222' (ED25519) to the list of known hosts.\nnobody@127.0.0.1: Permission denied (publickey,password)."),
    target: 'nobody@127.0.0.1 by ssh', hints: ['took no key', 'the option interactive lets it'],
  },
  'ssh: nothing listens': {
    uri: 'qemu+ssh://vuser@127.0.0.1:2299/system',
    error: ssh('ssh: connect to host 127.0.0.1 port 2299: Connection refused'), target: 'vuser@127.0.0.1, port 2299 by ssh',
    hints: ['No ssh server listens at port 2299'],
  },
  'ssh: no way': {
    uri: 'qemu+ssh://h/system', error: ssh('ssh: connect to host h port 22: No route to host'), target: 'h by ssh',
    hints: ['h cannot be reached'],
  },
  'ssh: an unknown name': {
    uri: 'qemu+ssh://nohost.invalid/system',
    error: ssh('ssh: Could not resolve hostname nohost.invalid: Temporary failure in name resolution'),
    target: 'nohost.invalid by ssh', hints: ["The name 'nohost.invalid' is not known"],
  },
  'ssh: no such key file': {
    uri: 'qemu+ssh://vuser@127.0.0.1/system?keyfile=/nokey',
    error: ssh('Warning: Identity file /nokey not accessible: No such file or directory.\nvuser@127.0.0.1: Permission denied (publickey).'),
    target: 'vuser@127.0.0.1 by ssh', hints: ['The key file /nokey is not there', 'took no key'],
  },
  'ssh: an unknown host key': {
    uri: 'qemu+ssh://vuser@127.0.0.1:2222/system', error: ssh('Host key verification failed.'),
    target: 'vuser@127.0.0.1, port 2222 by ssh',
    hints: ['not in known_hosts: log in once by hand (ssh -p 2222 vuser@127.0.0.1 true). On a trusted network no_verify=1'],
  },
  'ssh: another host key': {
    uri: 'qemu+ssh://vuser@127.0.0.1:2222/system',
    error: ssh('@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key for [127.0.0.1]:2222 has changed and you have requested strict checking.\nHost key verification failed.'),
    target: 'vuser@127.0.0.1, port 2222 by ssh', hints: ["ssh-keygen -R '[127.0.0.1]:2222'"],
  },
  'ssh: the daemon there does not run': {
    uri: 'qemu+ssh://vuser@rocinante/system',
    error: eof("virt-ssh-helper: cannot connect to '/var/run/libvirt/libvirt-sock': Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory"),
    target: 'vuser@rocinante by ssh', hints: ["libvirt's daemon does not run on rocinante"],
  },
  'ssh: the same by netcat': {
    uri: 'qemu+ssh://vuser@rocinante/system?proxy=netcat',
    error: eof('nc: /var/run/libvirt/libvirt-sock: No such file or directory'), target: 'vuser@rocinante by ssh',
    hints: ["libvirt's daemon does not run on rocinante"],
  },
  'ssh: no netcat there': {
    uri: 'qemu+ssh://vuser@rocinante/system?netcat=/nonc', error: eof('sh: 1: /nonc: not found'),
    target: 'vuser@rocinante by ssh', hints: ['nc (netcat-openbsd)'],
  },
  'ssh: an alias led there': {
    uri: 'hail', error: ssh('ssh: connect to host hail.example port 22: Connection refused'),
    target: "'hail', which names no driver itself", hints: ['No ssh server listens at port 22 of hail.example'],
  },
  'libssh: an unknown host key': {
    uri: 'qemu+libssh://vuser@127.0.0.1:2222/system',
    error: failure(98, 66, "libssh transport error: No user interaction callback provided: Can't verify the session host key"),
    target: 'vuser@127.0.0.1, port 2222 by libssh', hints: ['known_hosts_verify=ignore'],
  },
  'libssh2: no such key file': {
    uri: 'qemu+libssh2://vuser@127.0.0.1/system?keyfile=/nofile',
    error: failure(85, 50, "SSH transport error: No user interaction callback provided: Can't retrieve private key passphrase"),
    target: 'vuser@127.0.0.1, port 22 by libssh2', hints: ['The key file /nofile is not there'],
  },
  'libssh: no key fits': {
    uri: 'qemu+libssh://vuser@127.0.0.1/system',
    error: failure(45, 66, 'authentication failed: All provided authentication methods with credentials were rejected by the server'),
    target: 'vuser@127.0.0.1, port 22 by libssh', hints: ['took no key and no password'],
  },
  'libssh: the daemon there does not run': {
    uri: 'qemu+libssh://vuser@h/system',
    error: failure(98, 66, 'libssh transport error: Remote command terminated with non-zero code: 1'),
    target: 'vuser@h, port 22 by libssh', hints: ["libvirt's daemon does not run on h"],
  },
  'libssh: nothing listens': {
    uri: 'qemu+libssh2://127.0.0.1:9/system',
    error: failure(38, 7, "unable to connect to server at '127.0.0.1:9': Connection refused", errno.ECONNREFUSED),
    target: '127.0.0.1, port 9 by libssh2', hints: ['port 9 of 127.0.0.1: sshd has to run'],
  },
  'test: no such file': {
    uri: 'test:///nofile.xml', error: failure(27, 12, "XML error: failed to parse xml document '/nofile.xml'"),
    target: 'the file /nofile.xml', hints: ['/nofile.xml is not there'],
  },
  'test: broken XML': {
    uri: 'test:///bad.xml', error: failure(35, 12, "/bad.xml:2: Couldn't find end of Start Tag x line 1"),
    machine: { files: ['/bad.xml'] }, target: 'the file /bad.xml', hints: ['<node>'],
  },
  'test: no path': {
    uri: 'test:', error: failure(8, 12, 'invalid argument: testOpen: supply a path or use test:///default'),
    target: 'the file (none)', hints: ['test:///default'],
  },
  OpenVZ: {
    uri: 'openvz:///system', error: failure(1, 14, 'internal error: OpenVZ control file /proc/vz does not exist'),
    target: "the driver 'openvz' inside this process", hints: ['a kernel with OpenVZ'],
  },
  'VMware Player': {
    uri: 'vmwareplayer:///session', error: failure(1, 39, 'internal error: vmrun utility is missing'),
    target: "the driver 'vmwareplayer' inside this process", hints: ['vmrun'],
  },
  VirtualBox: {
    uri: 'vbox:///session', error: failure(1, 25, 'internal error: unable to initialize VirtualBox driver API'),
    target: 'the socket /run/user/1000/libvirt/libvirt-sock', hints: ['VirtualBox has to be installed'],
  },
  'ESX: no host': {
    uri: 'esx:///', error: failure(8, 0, 'invalid argument: URI is missing the server part'),
    target: 'the esx server (none), port 443', hints: ['needs a host'],
  },
  'ESX: an unknown name': {
    uri: 'esx://h.invalid/?no_verify=1',
    error: failure(1, 28, "internal error: IP address lookup for host 'h.invalid' failed: Name or service not known"),
    target: 'the esx server h.invalid, port 443', hints: ["The name 'h.invalid' is not known"],
  },
  'ESX: no password': {
    uri: 'esx://root@127.0.0.1:9/?no_verify=1',
    error: failure(8, 46, 'invalid argument: Missing authentication credentials'),
    target: 'the esx server 127.0.0.1, port 9', hints: ['127.0.0.1 wants a user name and a password'],
  },
};
