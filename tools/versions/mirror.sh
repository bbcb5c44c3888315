# mirror.sh   (sourced) Where the packages of a Debian release are: its mirror, or the archive once it is retired.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirrors() { # SUITE
  echo http://deb.debian.org/debian
  [ "$1" != bullseye ] || echo http://archive.debian.org/debian
}
