#!/bin/bash
# as-user.sh USER COMMAND...   (inside the sandbox) What a login as USER would give: ids, groups, environment.
set -eu
user=$1
uid=$(id -u "$user")
shift
set -- env PATH="$PATH" LANG=C.UTF-8 "$@"
[ ! -d "/run/user/$uid" ] || set -- env XDG_RUNTIME_DIR="/run/user/$uid" "$@"
cd "$(getent passwd "$user" | cut -d: -f6)" 2>/dev/null || cd /
exec setpriv --reuid "$uid" --regid "$(id -g "$user")" --init-groups --reset-env "$@"
