/** What a row has to hold; a part that is absent in the row has to be absent in the URI. */
export interface Row extends Partial<
  Record<'driver' | 'transport' | 'user' | 'host' | 'path' | 'scope' | 'how' | 'daemon', string>
> {
  port?: number;
  params?: [string, string][];
  /** effectiveTransport */
  by: string;
  local?: boolean;
  /** What the explanation has to say. */
  says: string[];
  warns?: string[];
}

const system = { path: '/system', scope: 'system' };
const both = (name: string) => [
  `virt${name}d at /run/libvirt/virt${name}d-sock, or libvirtd at /run/libvirt/libvirt-sock`,
];

// prettier-ignore
export const rows: Record<string, Row> = {
  'qemu:///system': {
    ...system, driver: 'qemu', by: 'unix', local: true,
    says: ['QEMU/KVM', 'this machine (the system instance)', 'UNIX socket', ...both('qemu')],
  },
  'qemu:///session': {
    driver: 'qemu', path: '/session', scope: 'session', by: 'unix', local: true,
    says: ["the user's own session", 'libvirtd at /run/user/1000/libvirt/libvirt-sock'],
  },
  'qemu+ssh://david@rocinante/system': {
    ...system, driver: 'qemu', transport: 'ssh', user: 'david', host: 'rocinante', by: 'ssh', local: false,
    says: ['QEMU/KVM on rocinante', 'over ssh as david', 'libvirtd or virtqemud on rocinante'],
  },
  'xen:///system': {
    ...system, driver: 'xen', by: 'unix', local: true, says: ['Xen on this machine', ...both('xen')],
  },
  'test:///default': {
    driver: 'test', path: '/default', by: 'none', local: true,
    says: ['The test driver', 'inside this process', 'No libvirt daemon takes part'],
  },
  'test:///path/file.xml': {
    driver: 'test', path: '/path/file.xml', by: 'none', local: true,
    says: ['described by the file /path/file.xml', 'No libvirt daemon'],
  },
  'lxc:///system': { ...system, driver: 'lxc', by: 'unix', local: true, says: ['LXC', ...both('lxc')] },
  'qemu+tcp://[::1]:16509/system': {
    ...system, driver: 'qemu', transport: 'tcp', host: '::1', port: 16509, by: 'tcp', local: false,
    says: ['on ::1', 'over TCP without encryption, port 16509', 'libvirtd or virtproxyd on ::1'],
    warns: ['not encrypted'],
  },
  'qemu+unix:///system?socket=/x': {
    ...system, driver: 'qemu', transport: 'unix', params: [['socket', '/x']], by: 'unix', local: true,
    says: ['this machine', 'the daemon that listens at /x'],
  },
  'esx://vcenter/dc/host?no_verify=1': {
    driver: 'esx', host: 'vcenter', path: '/dc/host', params: [['no_verify', '1']], by: 'none', local: false,
    says: ['VMware ESXi on vcenter', 'over HTTPS, port 443', 'No libvirt daemon takes part'],
    warns: ['nobody checks'],
  },
  hail: { path: 'hail', by: 'unknown', says: ["'hail' is an alias", 'uri_aliases of libvirt.conf'] },
  '': { path: '', by: 'unknown', says: ['libvirt chooses', 'LIBVIRT_DEFAULT_URI', 'uri_default'] },
  xen: { path: 'xen', by: 'unknown', says: ['means xen:///system', 'Xen on this machine'] },
  'qemu:///embed?root=/x': {
    driver: 'qemu', path: '/embed', scope: 'embed', params: [['root', '/x']], by: 'none', local: true,
    says: ['inside this process, with its files below /x', 'No libvirt daemon'],
  },
  'test+unix:///default': {
    driver: 'test', transport: 'unix', path: '/default', by: 'unix', local: true,
    says: ['Answered by libvirtd at /run/user/1000/libvirt/libvirt-sock.'],
  },
  'qemu+ssh://h/system?keyfile=/k%20k&no_tty=1': {
    ...system, driver: 'qemu', transport: 'ssh', host: 'h', params: [['keyfile', '/k k'], ['no_tty', '1']], by: 'ssh',
    local: false, says: ['over ssh.'],
  },
  'qemu+libssh2://h/system?known_hosts_verify=ignore': {
    ...system, driver: 'qemu', transport: 'libssh2', host: 'h', params: [['known_hosts_verify', 'ignore']],
    by: 'libssh2', local: false, says: ['over ssh, port 22 (the library libssh2)'],
  },
  'qemu+tls://h/system': {
    ...system, driver: 'qemu', transport: 'tls', host: 'h', by: 'tls', local: false,
    says: ['over TLS, port 16514', 'virtproxyd on h'],
  },
  'qemu://h/system': {
    ...system, driver: 'qemu', host: 'h', by: 'tls', local: false, says: ['over TLS, port 16514'],
  },
  'qemu+ext:///system?command=/c': {
    ...system, driver: 'qemu', transport: 'ext', params: [['command', '/c']], by: 'ext',
    says: ['through the command /c', 'the machine behind the command'],
  },
  'vbox:///session': {
    driver: 'vbox', path: '/session', scope: 'session', by: 'unix', local: true,
    says: ['VirtualBox', 'virtvboxd at /run/user/1000/libvirt/virtvboxd-sock'],
  },
  'vpx://admin@v/dc/h': {
    driver: 'vpx', user: 'admin', host: 'v', path: '/dc/h', by: 'none', local: false,
    says: ['VMware vCenter on v (/dc/h)', 'over HTTPS as admin, port 443'],
  },
  'hyperv://h:5985/?transport=http': {
    driver: 'hyperv', host: 'h', port: 5985, path: '/', params: [['transport', 'http']], by: 'none', local: false,
    says: ['Hyper-V', 'over HTTP, port 5985'],
  },
  'bhyve:///system': { ...system, driver: 'bhyve', by: 'unix', local: true, says: both('bhyve') },
  'ch:///system': { ...system, driver: 'ch', by: 'unix', local: true, says: ['Cloud Hypervisor', ...both('ch')] },
  ...Object.fromEntries(['network', 'storage', 'nodedev', 'interface', 'nwfilter', 'secret'].map((driver) => [`${driver}:///system`, { ...system, driver, by: 'unix', local: true, says: ['The driver of', ...both(driver)] }])),
  'xen+ssh://root@x/': {
    driver: 'xen', transport: 'ssh', user: 'root', host: 'x', path: '/', scope: 'system', by: 'ssh', local: false,
    says: ['Xen on x (the system instance)', 'libvirtd or virtxend on x'],
  },
  'qemu+SSH://h/system?MODE=direct&proxy=native': {
    ...system, driver: 'qemu', transport: 'SSH', host: 'h', params: [['MODE', 'direct'], ['proxy', 'native']],
    by: 'ssh', local: false, says: ['over ssh', 'Answered by virtqemud on h'],
  },
  'qemu:///system?mode=direct': {
    ...system, driver: 'qemu', params: [['mode', 'direct']], by: 'unix', local: true,
    says: ['Answered by virtqemud at /run/libvirt/virtqemud-sock.'],
  },
  'qemu:///system?mode=legacy': {
    ...system, driver: 'qemu', params: [['mode', 'legacy']], by: 'unix', local: true,
    says: ['Answered by libvirtd at /run/libvirt/libvirt-sock.'],
  },
  'qemu+ssh://h/system?name=xen:///system': {
    ...system, driver: 'qemu', transport: 'ssh', host: 'h', params: [['name', 'xen:///system']], by: 'ssh',
    local: false, says: ['asked for xen:///system'],
  },
  'qemu+tcp://[fe80::1%25eth0]/system': {
    ...system, driver: 'qemu', transport: 'tcp', host: 'fe80::1%eth0', by: 'tcp', local: false,
    says: ['on fe80::1%eth0'], warns: ['not encrypted'],
  },
  'remote://h/': {
    driver: 'remote', host: 'h', path: '/', by: 'tls', local: false, says: ['Whichever driver the daemon chooses'],
  },
  'qemu://system': {
    driver: 'qemu', host: 'system', by: 'tls', path: '', local: false, says: ['QEMU/KVM on system', 'over TLS'],
    warns: ["'system' is the name of a host. For this machine write three: qemu:///system"],
  },
  'constructor+toString://h/?__proto__=x': {
    driver: 'constructor', transport: 'toString', host: 'h', path: '/', params: [['__proto__', 'x']], by: 'unknown',
    says: ["The driver 'constructor'", "over 'toString'"], warns: ['not one of unix, tls, tcp'],
  },
};
