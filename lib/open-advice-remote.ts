import { constants } from 'node:os';

import { uriFaults } from './connection-uri-explain.js';
import { ErrorDomain, ErrorNumber } from './constants/error.js';
import type { Failure } from './open-advice.js';
import { polkitHints } from './open-advice-local.js';

const { ENOENT, EACCES, ECONNREFUSED, ECONNRESET, EIO, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH } = constants.errno;

/** ESX, vCenter and Hyper-V: the library itself talks to the server. */
export function serverHints(failure: Failure): string[] {
  const { uri, error, host } = failure;
  const faults = uriFaults(uri);
  if (faults.length > 0) return faults;
  if (error.code === ErrorNumber.AUTH_FAILED) return [`${host} refused the user name or the password.`];
  if (error.code !== ErrorNumber.INTERNAL_ERROR) return [];
  // One code for all: only a text that names the host says what was tried.
  if (/lookup for host/.test(error.message)) return [nameHint(failure)];
  if (/certificate|SSL|TLS/i.test(error.message))
    return [`The certificate of ${host} is not known here; no_verify=1 skips the check.`];
  return [];
}

export function credentialsHint({ transport, host }: Failure): string {
  const who = transport === 'unix' ? 'The daemon' : host;
  return `${who} wants a user name and a password, and none were given.`;
}

export function authHints(failure: Failure): string[] {
  const { error, transport, uri } = failure;
  if (transport === 'libssh' || transport === 'libssh2' || error.domain === ErrorDomain.SSH)
    return libsshHints(failure);
  if (error.code === ErrorNumber.AUTH_CANCELLED) return [credentialsHint(failure)];
  if (error.code === ErrorNumber.AUTH_UNAVAILABLE) return polkitHints(failure);
  if (/peer's certificate/.test(error.message)) return [certificateHint(failure)];
  if (/\(SASL\(-4\)|No worthy mechs/.test(error.message)) {
    return [
      credentialsHint(failure),
      'Or the two sides have no SASL mechanism in common: mech_list in /etc/sasl2/libvirt.conf of the daemon. ' +
        'Without TLS libvirtd takes only one that encrypts (gssapi, digest-md5).',
    ];
  }
  const refused = 'The user name or the password was refused. SASL names often have a realm: fred@host.';
  // In another language the text does not tell which of the two was refused.
  if (transport === 'tls' && !/SASL|authentication failed: authentication failed/.test(error.message))
    return [certificateHint(failure), refused];
  return uri.isInProcess ? [] : [refused];
}

function certificateHint({ host }: Failure): string {
  return (
    `The server's certificate does not hold: '${host}' has to be one of its names (dns_name, ip_address), and the CA in use ` +
    'here the one that signed it, and not expired. no_verify=1 skips the check.'
  );
}

export function tlsHints(failure: Failure): string[] {
  const { error, host, environment } = failure;
  const file = /\/[^\s'"«»„“”]*\.pem/.exec(error.message)?.[0];
  if (file !== undefined) {
    if (error.int1 === ENOENT) {
      return [
        `${file} is missing. TLS needs a CA certificate, and most servers want a client's too; pkipath= names another directory.`,
      ];
    }
    if (error.int1 === EACCES) return [`${file} cannot be read by ${environment.user ?? 'this user'}.`];
    return [`${file} does not fit: it has to be signed by the CA in use here and be valid today.`];
  }
  if (error.int1 === EIO) {
    return [
      `${host} closed the connection after the handshake: it wants a client certificate (clientcert.pem, clientkey.pem) and one in its tls_allowed_dn_list.`,
    ];
  }
  return networkHints(failure);
}

export function nameHint({ host }: Failure): string {
  return `The name '${host}' is not known: is it spelled right, and does 'getent hosts ${host}' answer?`;
}

/** What a TCP connection can run into. */
export function networkHints(failure: Failure): string[] {
  const { uri, error, host, transport } = failure;
  const port = uri.effectivePort ?? 22;
  const listener =
    transport === 'tcp' || transport === 'tls'
      ? `libvirtd with listen_${transport} = 1, or virtproxyd-${transport}.socket`
      : 'sshd';
  switch (error.int1) {
    case ECONNREFUSED:
      return [`Nothing listens at port ${port} of ${host}: ${listener} has to run there.`];
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return [`${host} cannot be reached: is it up, and does a firewall let port ${port} through?`];
    case ECONNRESET:
    case EIO:
      return [`${host} closed the connection: is port ${port} the one for ${transport}?`];
    default:
      // Resolving is no system call, so there is no errno; the text has the name in every language.
      return error.code === ErrorNumber.SYSTEM_ERROR &&
        error.message.includes(`'${host}'`) &&
        error.message.includes(`'${port}'`)
        ? [nameHint(failure)]
        : [];
  }
}

/** ssh's words, which no locale changes, and what to do. All that fit are given. */
const SSH_WORDS: readonly (readonly [RegExp, (failure: Failure) => string])[] = [
  [/Could not resolve hostname/, nameHint],
  [
    /ssh: connect to host \S+ port \d+: Connection refused/,
    (f) => `No ssh server listens at port ${f.uri.port ?? 22} of ${f.host}.`,
  ],
  [
    /ssh: connect to host \S+ port \d+: (?!Connection refused)/,
    (f) => `${f.host} cannot be reached: is it up, and does a firewall let ssh through?`,
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    (f) =>
      `The host key of ${f.host} is another one than before. If that was to be expected: ssh-keygen -R '${f.uri.port ? `[${f.host}]:${f.uri.port}` : f.host}'.`,
  ],
  [
    /^(?!.*IDENTIFICATION HAS CHANGED).*Host key verification failed/s,
    (f) =>
      `The host key of ${f.host} is not in known_hosts: log in once by hand (${command(f)}). On a trusted network no_verify=1 will do.`,
  ],
  [
    /Identity file (\S+) not accessible/,
    (f) => `The key file ${f.uri.get('keyfile') ?? 'that ssh names'} is not there (keyfile=).`,
  ],
  [
    /UNPROTECTED PRIVATE KEY FILE/,
    (f) => `ssh refuses a key that others can read: chmod 600 ${f.uri.get('keyfile') ?? 'KEY'}.`,
  ],
  [
    /Permission denied \(/,
    (f) =>
      `${f.host} took no key of ours: '${command(f)}' has to work without a question. Name a key with keyfile=, or use ssh-agent.`,
  ],
  [
    /Permission denied \([^)]*(password|keyboard)/,
    () =>
      'The server would take a password, but ssh may not ask on the terminal: the option interactive lets it (or no_tty=0 in the URI).',
  ],
  [
    /(virt-ssh-helper: cannot connect|nc: |Failed to connect socket).*No such file|nc: .*Connection refused/,
    (f) => `ssh works, but libvirt's daemon does not run on ${f.host}.`,
  ],
  [
    /(virt-ssh-helper: cannot connect|nc: |Failed to connect socket).*Permission denied/,
    (f) => `ssh works, but on ${f.host} the user ${f.uri.user ?? 'that logs in'} is not in the group libvirt.`,
  ],
  [
    /: (command )?not found/,
    (f) =>
      `On ${f.host} the program that leads to the daemon is missing: virt-ssh-helper (libvirt-daemon) or nc (netcat-openbsd).`,
  ],
  [
    /cannot execute binary/,
    () => 'The program ssh is missing on this machine: openssh-client (Debian), openssh-clients (Fedora).',
  ],
];

function command({ uri, login }: Failure): string {
  return `ssh ${uri.port ? `-p ${uri.port} ` : ''}${login} true`;
}

export function sshHints(failure: Failure): string[] {
  return SSH_WORDS.filter(([words]) => words.test(failure.error.message)).map(([, hint]) => hint(failure));
}

/** libssh and libssh2 are silent: what they would ask, they ask a callback. */
export function libsshHints(failure: Failure): string[] {
  const { uri, error, host, environment } = failure;
  const keyfile = uri.get('keyfile');
  const missing =
    keyfile !== undefined && !environment.exists(keyfile) ? [`The key file ${keyfile} is not there (keyfile=).`] : [];
  if (error.code === ErrorNumber.AUTH_FAILED || /failed to authenticate/.test(error.message)) {
    if (missing.length > 0) return missing;
    return [`${host} took no key and no password of ours: name a key with keyfile=, or the ways to try with sshauth=.`];
  }
  if (error.code === ErrorNumber.SYSTEM_ERROR) return networkHints(failure);
  if (missing.length > 0) return missing;
  if (/host key/.test(error.message)) {
    return [
      `The host key of ${host} is not known: log in once by hand (${command(failure)}), or known_hosts_verify=ignore on a trusted network.`,
    ];
  }
  if (/Remote command terminated/.test(error.message)) {
    return [
      `ssh works, but libvirt's daemon does not run on ${host}, or ${uri.user ?? 'the user'} is not in the group libvirt there.`,
    ];
  }
  return [];
}

export function commandHints({ uri, error, environment }: Failure): string[] {
  const program = uri.get('command');
  const ended = error.int1 === ECONNRESET || error.int1 === EIO;
  if (program === undefined || !ended) return [];
  if (program.startsWith('/') && !environment.exists(program)) return [`The program ${program} is not there.`];
  return [`${program} ended before the daemon answered: its input and output have to lead to the daemon's socket.`];
}
