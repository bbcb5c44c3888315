// The same of connections to other machines.
import { eof, errno, failure, ssh, type Row } from './open-advice-errors.js';

// The errors are those that libvirt 9.0 and 12.8 gave in reality.
// prettier-ignore
export const remoteRows: Record<string, Row> = {
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
