/** The tasks by which the reference groups the methods of a class. A method belongs to that of the file it stands in. */
export const TASKS = {
  'connection.ts': 'Open and close',
  'connection-domains.ts': 'Machines',
  'connection-networks.ts': 'Networks',
  'connection-storage.ts': 'Storage',
  'connection-security.ts': 'Network filters and secrets',
  'connection-interfaces.ts': 'Interfaces and devices of the host',
  'connection-host.ts': 'What the host is and can',
  'connection-node.ts': 'CPUs and memory of the host',
  'domain.ts': 'Start, stop, define',
  'domain-jobs.ts': 'Save, dump, migrate',
  'domain-snapshots.ts': 'Snapshots and checkpoints',
  'domain-block.ts': 'Disks and backup',
  'domain-devices.ts': 'Interfaces, disks and memory',
  'domain-guest.ts': 'The guest and its agent',
  'domain-tuning.ts': 'Limits and tuning',
  'domain-vcpu.ts': 'CPUs',
  'domain-misc.ts': 'Devices, metadata and others',
  'domain-qemu.ts': 'QEMU and containers only',
  'domain-lxc.ts': 'QEMU and containers only',
};

const words = [
  [/^(createReadStream|createWriteStream|downloadTo|uploadFrom)$/, 'Contents'],
  [/^(on|once|off|addListener|removeListener|removeAllListeners|unsubscribe)$/, 'Events'],
  [/^wait/, 'Wait'],
  [
    /^(create|destroy|undefine|delete|build|refresh|wipe|detach|reAttach|reset|open|close|daemonShutdown)$/,
    'Start, stop, make, delete',
  ],
  [/^(list|numOf|num|lookup|getParent$|currentSnapshot$)/, 'Find others'],
  [
    /^(with|then|catch|finally|abort|pivot|statistics|ref|unref|next|return|parse|explain|to[A-Z]|\[)/,
    'The object itself',
  ],
  [/^(is|has|get)/, 'Ask'],
  [/^(set|update|resize|define|create)/, 'Change'],
];

/** Of a class that has a file to itself, by the method's name; undefined when nobody has thought of such a name yet. */
const taskOfName = (name) => words.find(([pattern]) => pattern.test(name))?.[1];

/** Of a group of methods of Connection or Domain that has no title above: `domain-console.ts` is `Console`. */
function taskOfFile(file) {
  const [, part = ''] = /^(?:connection|domain)-(.*)\.ts$/.exec(file) ?? [];
  return part === '' ? undefined : (part.charAt(0).toUpperCase() + part.slice(1)).replaceAll('-', ' ');
}

const ofNode = 'As every stream of Node.js';

/** @returns {string | undefined} what a method is for. `file` is where it stands. */
export function taskOf(className, name, file) {
  if (file.endsWith('.d.ts')) return ofNode;
  const layered = className === 'Connection' || className === 'Domain';
  return (layered ? (TASKS[file] ?? taskOfFile(file)) : undefined) ?? taskOfName(name);
}

/** The order of groups on a page, and of the kinds of things in the contents. */
export const ORDER = [
  'Classes',
  'Functions',
  'Types',
  ...new Set(Object.values(TASKS)),
  'Start, stop, make, delete',
  'Ask',
  'Change',
  'Find others',
  'Contents',
  'Wait',
  'Events',
  'The object itself',
  '*',
  ofNode,
  'Others',
];
