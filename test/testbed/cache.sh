# cache.sh   (sourced) Where the test bed keeps what takes long to make, and the rules for making it.
# $cache/apt             package lists and packages, so that a rebuild downloads only what is new
# $cache/NAME-KEY        one finished thing; made under another name and renamed, so it is whole or not there
# $cache/NAME-KEY.lock   held shared by those who use it
testbed=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/libvirt-napi/testbed
case $(realpath -m "$cache") in
  /etc/* | /opt/* | /usr/* | /var/*)
    # The kernel refuses a layer below the directory that it is laid over.
    echo "testbed: the cache must not be in /etc, /opt, /usr or /var; it is $cache (see XDG_CACHE_HOME)" >&2
    exit 1
    ;;
esac
mkdir -p "$cache"/apt/{lists,archives}/partial

say() { echo "testbed: $*" >&"${screen:-2}"; }

# From here on all output goes to a file, of which a failure shows the end. What the script prints goes to "$result".
log_to() {
  exec {result}>&1 {screen}>&2 > "$1" 2>&1
  trap 'status=$?; rm -rf "$tmp" "$tmp".*; [ $status = 0 ] || { tail -n 20 "'"$1"'" >&$screen; say "the whole log: '"$1"'"; }' EXIT
}

# Two runs at once must not both build: the second waits here, and then finds the first one's result.
lock_cache() { exec 9>>"$cache/lock"; flock 9; }

key_of() { sha256sum | cut -c1-16; }

apt_options=(
  -o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache::archives=$cache/apt/archives" -o APT::Sandbox::User=root
  -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=true -o Acquire::Languages=none -o Dpkg::Use-Pty=0
)

# Only apt runs with the machine's network, and it only downloads.
# Without network what was downloaded before may do: whether it does, the next command tells.
apt_update() {
  "$testbed/sandbox.sh" -n -b "$cache" -- apt-get "${apt_options[@]}" -qq update 9>&- ||
    say 'apt-get update failed, going on with the package lists of an earlier run'
}

# What nobody used for two weeks goes, unless a running sandbox holds its lock.
prune() { # NAME, KEPT
  local lock
  rm -rf "$cache/$1"-*.tmp.*
  for lock in "$cache/$1"-*.lock; do
    [ -e "$lock" ] && [ "$lock" != "$2.lock" ] && [ -n "$(find "$lock" -mtime +14)" ] || continue
    flock -n -x "$lock" rm -rf "${lock%.lock}" "$lock" || true
  done
}
