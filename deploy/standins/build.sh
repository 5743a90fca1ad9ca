#!/usr/bin/env bash
# Images under the names that the Compose files pin, made of Debian and PyPI packages, for a machine that cannot pull.
# They prove how the stack is wired, not how the upstream versions behave: deploy/README.md says what is not proved.
#
#   deploy/standins/build.sh             every image that is not there; needs the engine and `make setup`
#   NO_CACHE=1 deploy/standins/build.sh  all of them again
set -euo pipefail
cd "$(dirname "$0")"
export PATH=/usr/bin:$PATH DOCKER_BUILDKIT=1

root=../..
label='{{index .Config.Labels "org.pqr.standin"}}'
say() { printf 'stand-ins: %4ds  %s\n' "$SECONDS" "$*" >&2; }
pin() { # the tag of an image as the Compose files write it
  local found
  found=$(grep -hoE "image: $1:[^@ ]+" "$root"/compose*.yaml | sort -u)
  [ "$(wc -l <<< "$found")" = 1 ] || { say "one pin of $1 is expected, found: $found"; exit 1; }
  echo "${found#image: }"
}
build() { # TAG FOLDER [CONTEXT]; what was pulled is the real one, and better
  if docker image inspect "$1" > /dev/null 2>&1 && [ "$(docker image inspect --format "$label" "$1")" != true ]; then
    say "$1 is there, and real"
    return
  fi
  docker build ${NO_CACHE:+--no-cache} --quiet --tag "$1" --file "$2/Dockerfile" "${3:-$2}" > /dev/null
  say "$1"
}

if [ -n "${NO_CACHE:-}" ] || ! docker image inspect debian:bookworm-slim > /dev/null 2>&1; then
  debian/build.sh > /dev/null 2>&1 || { say 'debian:bookworm-slim failed: run deploy/standins/debian/build.sh to see why'; exit 1; }
  say debian:bookworm-slim
fi
build python:3.11-slim-bookworm python
build "$(pin rustfs/rustfs)" s3
build "$(pin supabase/postgres)" postgres
build "$(pin supabase/gotrue)" auth
build "$(pin prefecthq/prefect)" prefect "$root"
build "$(pin prom/prometheus)" prometheus
build "$(pin prometheuscommunity/postgres-exporter)" postgres-exporter
build "$(pin grafana/grafana)" grafana ..
build "$(pin metabase/metabase)" metabase
