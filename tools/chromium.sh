#!/usr/bin/env bash
# Debian's Chromium and a font for the browser tests, where apt and root are there; elsewhere it says so, and the tests
# skip, or fail under PQR_REQUIRE_BROWSER=1.
set -euo pipefail
say() { printf 'browser: %s\n' "$*" >&2; }

if [ -n "${PQR_CHROMIUM:-}" ] || command -v chromium > /dev/null || command -v chromium-browser > /dev/null; then
  exit 0
fi
if ! grep -qsE '^ID(_LIKE)?=.*debian' /etc/os-release || [ "$(id -u)" != 0 ]; then
  say 'no Chromium, and only root on Debian can have it from here: install it, or set PQR_CHROMIUM to one'
  exit 0
fi
say 'installing chromium and fonts-dejavu from Debian'
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 \
  chromium fonts-dejavu; } > /tmp/pqr-chromium.log 2>&1; then
  say "it failed, and the tests will say so: $(tail -n 1 /tmp/pqr-chromium.log)"
fi
