#!/bin/bash
# remote.sh DIR PROJECT   (inside the sandbox, as root, before libvirtd starts) What it takes to reach libvirtd from elsewhere:
#
#   users           `member` is in the group libvirt, `stranger` is not; both log in with keys/USER
#   sshd            port 2222 takes keys, port 2223 takes member's password (which is `password`); `member` knows their host keys
#   DIR/pki         CA, certificates and keys of server and client; they are for 127.0.0.1, localhost and rocinante
#   DIR/other-pki   the same files by another CA
#   DIR/half-pki    the right CA and nothing of the client's
#   DIR/mixed-pki   the right CA and the client's certificate of the other one
#   DIR/empty-pki   nothing
#   /srv/project    the project, where its own directory may be closed to other users
set -eu
dir=$1
project=$2
install -d -m 755 "$dir" "$dir/keys"
cd "$dir"

mkdir -p /srv/project
mount --rbind "$project" /srv/project # with the addon that may be mounted in it

useradd -m -U -s /bin/bash -G libvirt member
useradd -m -U -s /bin/bash stranger
echo member:password | chpasswd -c SHA512 # without PAM, which may want a better one
usermod -p '*' stranger # sshd refuses an account that is locked with '!'
for user in member stranger; do
  install -d -m 700 -o $user -g $user "/run/user/$(id -u $user)"
  ssh-keygen -q -t ed25519 -N '' -C $user -f keys/$user
  chown $user keys/$user
done
ssh-keygen -q -t ed25519 -N '' -f keys/unknown # which no server lets in
install -m 600 -o member keys/unknown keys/wrong
chmod 644 keys/*.pub
cat keys/member.pub keys/stranger.pub > authorized_keys

ssh-keygen -q -t ed25519 -N '' -f host
serve() { # PORT SETTING...
  local port=$1
  shift
  { printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $dir/host" "PidFile $dir/sshd-$port.pid" \
    "AuthorizedKeysFile $dir/authorized_keys" 'KbdInteractiveAuthentication no' 'ChallengeResponseAuthentication no' \
    'UsePAM no' 'StrictModes no' "${patience[@]}" "$@"; } > sshd-$port
  /usr/sbin/sshd -f "$dir/sshd-$port" -E "$dir/sshd-$port.log"
  echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 host.pub)" >> known_hosts
}
mkdir -p /run/sshd
# A newer sshd closes its door for a while to a client that failed, which the tests' clients do on purpose.
patience=('PerSourcePenalties no')
/usr/sbin/sshd -t -f /dev/null -h host -o "${patience[0]}" 2> /dev/null || patience=()
serve 2222 'PasswordAuthentication no'
serve 2223 'PasswordAuthentication yes' 'PubkeyAuthentication no'
install -d -m 700 -o member -g member ~member/.ssh
install -m 600 -o member -g member known_hosts ~member/.ssh/known_hosts

certificates() { # DIR
  local who
  install -d -m 755 "$1"
  certtool --generate-privkey --key-type=rsa --bits 2048 --outfile "$1/ca.key"
  printf '%s\n' 'cn=test CA' ca cert_signing_key expiration_days=30 > "$1/ca.info"
  certtool --generate-self-signed --load-privkey "$1/ca.key" --template "$1/ca.info" --outfile "$1/cacert.pem"
  for who in server client; do
    certtool --generate-privkey --key-type=rsa --bits 2048 --outfile "$1/${who}key.pem"
    # libvirt wants both uses of the key.
    printf '%s\n' organization=test cn=$who ip_address=127.0.0.1 dns_name=localhost dns_name=rocinante tls_www_$who signing_key encryption_key \
      expiration_days=30 > "$1/$who.info"
    certtool --generate-certificate --load-privkey "$1/${who}key.pem" --load-ca-certificate "$1/cacert.pem" \
      --load-ca-privkey "$1/ca.key" --template "$1/$who.info" --outfile "$1/${who}cert.pem"
  done
  chmod 644 "$1"/*.pem
}
certificates pki 2> pki.log
certificates other-pki 2>> pki.log
mkdir half-pki mixed-pki empty-pki
cp pki/cacert.pem half-pki/
cp pki/cacert.pem other-pki/client*.pem mixed-pki/

cat >> /etc/libvirt/libvirtd.conf <<Y
listen_tls = 1
listen_tcp = 1
listen_addr = "0.0.0.0"
auth_tcp = "none"
key_file = "$dir/pki/serverkey.pem"
cert_file = "$dir/pki/servercert.pem"
ca_file = "$dir/pki/cacert.pem"
Y
