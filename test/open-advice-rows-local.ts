// What libvirt said when a connection on this machine could not be opened, and what the advice has to be.
import {
  denied,
  errno,
  failure,
  installed,
  missing,
  noDriver,
  polkit,
  socket,
  systemSocket,
  type Row,
} from './open-advice-errors.js';

// The errors are those that libvirt 7.0, 9.0 and 12.8 gave in reality.
// prettier-ignore
export const localRows: Record<string, Row> = {
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
  'libvirt 7.0 looks in vain for a daemon of a driver that libvirtd has not': {
    uri: 'xen:///system', error: missing('/var/run/libvirt/virtxend-sock'),
    machine: { files: [...installed, '/var/run/libvirt/libvirt-sock'] },
    target: 'the socket /var/run/libvirt/virtxend-sock', hints: ["no driver 'xen'", 'xen+ssh://user@host/system'],
  },
  'the daemon of a driver does not run, and that for all does': {
    uri: 'xen:///system', error: missing('/var/run/libvirt/virtxend-sock'),
    machine: { files: ['/usr/sbin/virtxend', '/var/run/libvirt/libvirt-sock'] },
    target: 'the socket /var/run/libvirt/virtxend-sock', hints: ['libvirtd -d (or virtxend -d)'],
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
};
