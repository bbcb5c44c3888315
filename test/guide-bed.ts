/** The test bed on which the blocks of the guide are run: what the pages take for granted on a host, and on one called rocinante. */
import { appendFileSync } from 'node:fs';
import { type ExecOptions, type ExecResult, guestXML, type Testbed } from './testbed/index.js';
import { collect } from './testbed/process.js';
import { Remote } from './testbed/remote.js';

const password = 's3cret';
const disk = '/var/lib/libvirt/images/guest.qcow2';
const mac = '52:54:00:00:00:01';

/**
 * What the pages tell of: places for copies, the other side of `qemu+tls://rocinante` and of `qemu+libssh://david@rocinante`, and
 * a disk with a file system for a machine with a Linux.
 */
const host = `
pki=$1
password=$2
disk=$3
mkdir /backup /fast /run/secrets
printf %s "$password" > /run/secrets/libvirt

echo '127.0.0.1 rocinante' >> /etc/hosts
install -D -m 644 "$pki/cacert.pem" /etc/pki/CA/cacert.pem
install -D -m 644 "$pki/clientcert.pem" /etc/pki/libvirt/clientcert.pem
install -D -m 600 "$pki/clientkey.pem" /etc/pki/libvirt/private/clientkey.pem
printf '%s\\n' 'mech_list: digest-md5' 'sasldb_path: /etc/libvirt/passwd.db' > /etc/sasl2/libvirt.conf
printf %s "$password" | saslpasswd2 -p -c -a libvirt -u rocinante -f /etc/libvirt/passwd.db fred

useradd -m -U -s /bin/bash -G libvirt david
echo "david:$password" | chpasswd -c SHA512
install -d -m 700 -o david -g david "/run/user/$(id -u david)"
sed 's/^Port .*/Port 22/; /^PidFile/d' "$pki/../sshd-2223" > "$pki/../sshd-22"
/usr/sbin/sshd -f "$pki/../sshd-22"

truncate -s 64M /tmp/disk
mke2fs -q -F -t ext4 /tmp/disk
qemu-img convert -O qcow2 /tmp/disk "$disk"
`;

/** The network does not ask around for 3 s before it gives an address away: so long the Linux does not wait for one. */
const quick = (networkXML: string): string =>
  networkXML
    .replace('<network>', "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>")
    .replace('</network>', "<dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options></network>");

/** Prepares a test bed whose libvirtd does not run yet, and starts it. @returns what programs on it are told of its guest */
export async function prepareBed(bed: Testbed): Promise<Record<string, string>> {
  const remote = await Remote.start(bed);
  await bed.run('bash', ['-euc', host, 'host', remote.path('pki'), password, disk]);
  await bed.virsh('net-define', bed.file('default.xml', quick(await bed.virsh('net-dumpxml', 'default'))));
  const guest = await bed.guest();
  return { GUEST_XML: guestXML({ name: 'pc1', guest, agent: true, disk, network: 'default', mac }), GUEST_MAC: mac };
}

/** From now on libvirtd wants a name and a password by TLS. */
export async function wantPasswords(bed: Testbed): Promise<void> {
  appendFileSync(bed.pathOf('/etc/libvirt/libvirtd.conf'), 'auth_tls = "sasl"\n');
  await bed.libvirtd.stop();
  await bed.libvirtd.start(['--listen']);
}

/** Runs a program at whose terminal somebody trusts the host's key, and knows the password. */
export function answered(
  bed: Testbed,
  command: string,
  args: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const child = bed.spawn(command, args, options);
  child.stdout.on('data', (prompt) => {
    child.stdin.write(`${String(prompt).includes('(y/n)') ? 'y' : password}\n`);
  });
  return collect(child, command, 60_000);
}
