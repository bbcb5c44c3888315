import { sshPorts } from './testbed/remote.js';
import { isSince } from './versions.js';

/** A way to be refused. `DIR` is the directory of remote.sh, `UID` is member's. */
export interface Row {
  uri: string;
  user?: string;
  code: string;
  /** libvirt's own words. */
  text: string | RegExp;
  tried: string;
  /** Words of each hint, in order. */
  hints: string[];
}

export const sshURI = (transport: string, parameters: string, user = 'member', port: number = sshPorts.key): string =>
  `qemu+${transport}://${user}@127.0.0.1:${port}/system?${parameters}`;

export const sshRows: Record<string, Row> = {
  'a wrong key': {
    uri: sshURI('ssh', 'keyfile=DIR/keys/wrong'),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'Permission denied (publickey)',
    tried: 'member@127.0.0.1, port 2222 by ssh',
    hints: ["'ssh -p 2222 member@127.0.0.1 true' has to work without a question"],
  },
  'no key file': {
    uri: sshURI('ssh', 'keyfile=/no/such/key'),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'Identity file /no/such/key not accessible',
    tried: 'member@127.0.0.1, port 2222 by ssh',
    hints: ['The key file /no/such/key is not there', 'took no key of ours'],
  },
  'a host key that is not known': {
    uri: sshURI('ssh', 'keyfile=DIR/keys/stranger'),
    user: 'stranger',
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'Host key verification failed',
    tried: 'member@127.0.0.1, port 2222 by ssh',
    hints: ['not in known_hosts: log in once by hand (ssh -p 2222 member@127.0.0.1 true)'],
  },
  'a server that is not there': {
    uri: sshURI('ssh', 'keyfile=DIR/keys/member', 'member', 2299),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'connect to host 127.0.0.1 port 2299: Connection refused',
    tried: 'member@127.0.0.1, port 2299 by ssh',
    hints: ['No ssh server listens at port 2299 of 127.0.0.1'],
  },
  'a user there who is not in the group': {
    uri: sshURI('ssh', 'keyfile=DIR/keys/member', 'stranger'),
    code: 'VIR_ERR_AUTH_UNAVAILABLE',
    text: 'no polkit agent available',
    tried: 'stranger@127.0.0.1, port 2222 by ssh',
    hints: ['On 127.0.0.1 the user stranger has to be in the group libvirt'],
  },
  'libssh: a wrong key': {
    uri: sshURI('libssh', 'keyfile=DIR/keys/wrong&known_hosts_verify=ignore'),
    code: 'VIR_ERR_AUTH_FAILED',
    text: 'authentication failed',
    tried: 'member@127.0.0.1, port 2222 by libssh',
    hints: ['took no key and no password of ours'],
  },
  'libssh: a wrong key, and nothing else is tried': {
    uri: sshURI('libssh', 'keyfile=DIR/keys/wrong&known_hosts_verify=ignore&sshauth=privkey'),
    code: 'VIR_ERR_LIBSSH',
    text: "failed to authenticate: Access denied for 'publickey'",
    tried: 'member@127.0.0.1, port 2222 by libssh',
    hints: ['took no key and no password of ours'],
  },
  'libssh: a host key that is not known': {
    uri: sshURI('libssh', 'keyfile=DIR/keys/stranger'),
    user: 'stranger',
    code: 'VIR_ERR_LIBSSH',
    text: 'No user interaction callback provided',
    tried: 'member@127.0.0.1, port 2222 by libssh',
    hints: ['known_hosts_verify=ignore'],
  },
  'libssh2: a wrong key': {
    uri: sshURI('libssh2', 'keyfile=DIR/keys/wrong&known_hosts_verify=ignore&sshauth=privkey'),
    code: 'VIR_ERR_AUTH_FAILED',
    text: 'authentication failed',
    tried: 'member@127.0.0.1, port 2222 by libssh2',
    hints: ['took no key and no password of ours'],
  },
  'libssh: a server that is not there': {
    uri: sshURI('libssh', 'known_hosts_verify=ignore', 'member', 2299),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: "unable to connect to server at '127.0.0.1:2299': Connection refused",
    tried: 'member@127.0.0.1, port 2299 by libssh',
    hints: ['Nothing listens at port 2299 of 127.0.0.1: sshd'],
  },
};

const tls = (host: string, pki: string): string => `qemu+tls://${host}/system?pkipath=DIR/${pki}`;
export const networkRows: Record<string, Row> = {
  'tcp: nothing listens': {
    uri: 'qemu+tcp://127.0.0.1:16510/system',
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: "unable to connect to server at '127.0.0.1:16510': Connection refused",
    tried: 'host 127.0.0.1, port 16510 (tcp)',
    hints: ['Nothing listens at port 16510 of 127.0.0.1: libvirtd with listen_tcp = 1'],
  },
  'tls: nothing listens': {
    uri: 'qemu+tls://127.0.0.1:16515/system?pkipath=DIR/pki',
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: "unable to connect to server at '127.0.0.1:16515': Connection refused",
    tried: 'host 127.0.0.1, port 16515 (tls)',
    hints: ['Nothing listens at port 16515 of 127.0.0.1: libvirtd with listen_tls = 1'],
  },
  'tls: the certificate of another CA': {
    uri: tls('127.0.0.1', 'other-pki'),
    code: 'VIR_ERR_AUTH_FAILED',
    text: "Failed to verify peer's certificate",
    tried: 'host 127.0.0.1, port 16514 (tls)',
    hints: ["'127.0.0.1' has to be one of its names"],
  },
  'tls: a name that is not in the certificate': {
    uri: tls('127.0.0.2', 'pki'),
    code: 'VIR_ERR_AUTH_FAILED',
    text: "Failed to verify peer's certificate",
    tried: 'host 127.0.0.2, port 16514 (tls)',
    hints: ["'127.0.0.2' has to be one of its names"],
  },
  'tls: no CA': {
    uri: tls('127.0.0.1', 'empty-pki'),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: /CA certificate '.*\/empty-pki\/cacert\.pem'.*: No such file or directory/,
    tried: 'host 127.0.0.1, port 16514 (tls)',
    hints: ['DIR/empty-pki/cacert.pem is missing'],
  },
  'tls: a certificate of ours by another CA': {
    uri: tls('127.0.0.1', 'mixed-pki'),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'DIR/mixed-pki/clientcert.pem failed validation',
    tried: 'host 127.0.0.1, port 16514 (tls)',
    hints: ['DIR/mixed-pki/clientcert.pem does not fit'],
  },
  'tls: no certificate of ours': {
    uri: tls('127.0.0.1', 'half-pki'),
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'Unable to read TLS confirmation',
    tried: 'host 127.0.0.1, port 16514 (tls)',
    hints: ['it wants a client certificate'],
  },
  'tcp, at the port of TLS': {
    uri: 'qemu+tcp://127.0.0.1:16514/system',
    code: 'VIR_ERR_SYSTEM_ERROR',
    text: 'Cannot recv data',
    tried: 'host 127.0.0.1, port 16514 (tcp)',
    hints: ['is port 16514 the one for tcp?'],
  },
  'two slashes, which make a host of the word system': {
    uri: 'qemu://system',
    code: 'VIR_ERR_INTERNAL_ERROR',
    text: 'invalid URI qemu://system',
    tried: 'host system, port 16514 (tls)',
    hints: ["With two slashes 'system' is the name of a host. For this machine write three: qemu:///system"],
  },
};

/** A driver that the daemon has not. libvirt 7.0 then looks for a daemon that has only this one, and tells of its socket. */
function noDriver(driver: string, path: '/system' | '/session', hints: string[]): Row {
  const uri = `${driver}://${path}`;
  const run = path === '/session' ? '/run/user/UID/libvirt' : '/run/libvirt';
  if (isSince('9.0.0')) {
    const text = `no connection driver available for ${uri}`;
    return { uri, code: 'VIR_ERR_NO_CONNECT', text, tried: `the socket ${run}/libvirt-sock`, hints };
  }
  const socket = `${path === '/session' ? run : `/var${run}`}/virt${driver}d-sock`;
  const text = `Failed to connect socket to '${socket}': No such file or directory`;
  return { uri, code: 'VIR_ERR_SYSTEM_ERROR', text, tried: `the socket ${socket}`, hints };
}

export const driverRows: Record<string, Row> = {
  Xen: noDriver('xen', '/system', ["no driver 'xen'", 'xen+ssh://user@host/system']),
  'Cloud Hypervisor': noDriver('ch', '/system', ["no driver 'ch'", 'ch+ssh://user@host/system']),
  VirtualBox: noDriver('vbox', '/session', ["no driver 'vbox'", 'vbox+ssh://user@host/session']),
  'a word that is no driver': noDriver('qmeu', '/system', ["Is 'qmeu' spelled right?"]),
  'a path that QEMU has not': {
    uri: 'qemu:///nowhere',
    code: 'VIR_ERR_INTERNAL_ERROR',
    text: "unexpected qemu URI path '/nowhere'",
    tried: 'the socket /run/libvirt/libvirt-sock',
    hints: ['The path is neither /system nor /session'],
  },
  'a word that is no alias': {
    uri: 'rocinante',
    code: 'VIR_ERR_NO_CONNECT',
    text: "URI 'rocinante' does not include a driver name",
    tried: "'rocinante', which names no driver itself",
    hints: ["'rocinante' is no URI, and no alias of uri_aliases in libvirt.conf"],
  },
};
