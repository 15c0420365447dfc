#!/usr/bin/env bash
# postgres.sh COMMAND...: runs a command with DATABASE_URL set to a PostgreSQL database.
# TEST_DATABASE_URL names one; otherwise a temporary server runs for the command, on a Unix socket.
set -euo pipefail
source "$(dirname "$0")/common.sh"

if [ -n "${TEST_DATABASE_URL:-}" ]; then
  DATABASE_URL=$TEST_DATABASE_URL exec "$@"
fi

find_server() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }
bin=$(find_server)
if [ -z "$bin" ] && may_install; then
  install_debian postgresql || true
  bin=$(find_server)
fi
[ -n "$bin" ] || fail "PostgreSQL is not installed. Name a database (TEST_DATABASE_URL=postgres://…), or: apt-get install postgresql"

# The server refuses to run as root; Debian's package creates a user for it.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
folder=$(mktemp -d /tmp/portal-pg.XXXXXX)
[ "$(id -u)" != 0 ] || chown postgres "$folder"
stop() {
  as_server "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT

# Used for one run: no data needs to survive a power failure, so nothing waits for the disk.
cd /tmp
as_server "$bin/initdb" --pgdata="$folder/data" --auth=trust --username=portal --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder.log" 2>&1 ||
  { cat "$folder.log" >&2; rm -f "$folder.log"; fail "PostgreSQL's files could not be made."; }
rm -f "$folder.log"
as_server "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait start \
  --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off -c full_page_writes=off -c synchronous_commit=off" >/dev/null ||
  { cat "$folder/log" >&2; fail "PostgreSQL did not start."; }
as_server "$bin/createdb" --host="$folder" --username=portal portal
cd "$OLDPWD"

DATABASE_URL="postgres://portal@${folder//\//%2F}/portal" "$@"
