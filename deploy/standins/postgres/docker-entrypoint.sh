#!/bin/bash
# What upstream's entry point does with POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and the folder of first scripts.
set -Eeuo pipefail
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec gosu postgres "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust -E UTF8 > /dev/null
  printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
  # no address: a health check over TCP stays red until the first scripts are done
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start > /dev/null
  for file in /docker-entrypoint-initdb.d/*.sql; do
    psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -q -f "$file"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop > /dev/null
fi
# upstream keeps its configuration outside of the data directory; this one has none of it
arguments=()
for argument in "$@"; do
  case "$argument" in
    config_file=*) arguments+=('listen_addresses=*') ;;
    *) arguments+=("$argument") ;;
  esac
done
exec "${arguments[@]}" -c 'listen_addresses=*'
