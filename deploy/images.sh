#!/usr/bin/env bash
# The images that the Compose files pin and the base of ours: what is there is used, what can be pulled is pulled, and
# where a registry does not answer stand-ins take their place, brought up to date each time. Needs the engine, `make stack-env` and the wheelhouse.
#
#   make base-images
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=/usr/bin:$PATH

pull_seconds=900 # the largest image over a slow line
say() { printf 'images: %s\n' "$*" >&2; }
pinned() {
  docker compose -f compose.yaml -f compose.observability.yaml config --images | grep -v '^pqr-'
  echo "${PQR_PYTHON_IMAGE:-python:3.11-slim-bookworm}"
}

is_stand_in() { [ "$(docker image inspect --format '{{index .Config.Labels "org.pqr.standin"}}' "$1")" = true ]; }
stand_ins() { say "$1: stand-ins, see deploy/README.md for what they do not prove"; exec deploy/standins/build.sh; }

for image in $(pinned | sort -u); do
  if docker image inspect "$image" > /dev/null 2>&1; then
    ! is_stand_in "$image" || stand_ins "$image is one"
  else
    say "pulling $image"
    timeout "$pull_seconds" docker pull --quiet "$image" > /dev/null || stand_ins "$image cannot be pulled"
  fi
done
say 'every pinned image is there'
