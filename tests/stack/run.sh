#!/usr/bin/env bash
# What `make test-stack` does: an engine and images where they can be had, the tests, and away with what was started.
# With PQR_REQUIRE_ENGINE set, a machine without an engine fails; without it, the tests say why they are skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'test-stack: %4ds  %s\n' "$SECONDS" "$*" >&2; }

if ! docker info > /dev/null 2>&1; then
  trap 'deploy/engine.sh stop' EXIT
fi
if deploy/engine.sh; then
  say 'the engine answers'
  make --no-print-directory base-images
  say 'the pinned images are there'
  make --no-print-directory images
  say "the project's images are built"
elif [ -n "${PQR_REQUIRE_ENGINE:-}" ]; then
  say 'a container engine must be there, and there is none'
  exit 1
fi
.venv/bin/pytest -q --durations=10 -m stack tests/stack
say 'done'
