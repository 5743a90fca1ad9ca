#!/usr/bin/env bash
# What tests need of Debian's packages: Chromium and a font, and HAProxy. They are installed where apt and root are there;
# elsewhere it says so, and the tests skip, or fail under PQR_REQUIRE_PROGRAMS=1. nginx is unpacked in .venv and not installed,
# or it would begin to serve port 80. And axe, from npm where that is there.
set -euo pipefail
say() { printf 'programs: %s\n' "$*" >&2; }
is_there() { command -v "$1" > /dev/null; }

AXE=4.14.1
if is_there npm && [ ! -e ".venv/axe/axe-core-$AXE.tgz" ]; then
  mkdir -p .venv/axe
  if npm pack --silent --pack-destination .venv/axe "axe-core@$AXE" > /tmp/pqr-axe.log 2>&1; then
    tar -xzf ".venv/axe/axe-core-$AXE.tgz" -C .venv/axe package/axe.min.js
  else
    say "no axe, and its tests will skip: $(tail -n 1 /tmp/pqr-axe.log)"
  fi
fi

if ! is_there nginx && [ ! -x .venv/nginx/nginx ]; then
  temporary=$(mktemp -d)
  if (cd "$temporary" && { apt-get download -qq -o APT::Sandbox::User=root nginx ||
    { apt-get update -qq && apt-get download -qq -o APT::Sandbox::User=root nginx; }; } && dpkg-deb -x nginx_*.deb .) \
    > /tmp/pqr-nginx.log 2>&1; then
    mkdir -p .venv/nginx
    install -m 755 "$temporary/usr/sbin/nginx" .venv/nginx/nginx
    say "$(.venv/nginx/nginx -v 2>&1) in .venv/nginx"
  else
    say "no nginx, and its tests will skip: $(tail -n 1 /tmp/pqr-nginx.log)"
  fi
  rm -rf "$temporary"
fi

missing=()
[ -n "${PQR_CHROMIUM:-}" ] || is_there chromium || is_there chromium-browser || missing+=(chromium fonts-dejavu)
is_there haproxy || missing+=(haproxy)
[ "${#missing[@]}" -gt 0 ] || exit 0

if ! grep -qsE '^ID(_LIKE)?=.*debian' /etc/os-release || [ "$(id -u)" != 0 ]; then
  say "no ${missing[*]} here, and only root on Debian can have them by this script: install them by yourself"
  exit 0
fi
say "installing ${missing[*]} from Debian"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 \
  "${missing[@]}"; } > /tmp/pqr-programs.log 2>&1; then
  say "it failed, and the tests will say so: $(tail -n 1 /tmp/pqr-programs.log)"
fi
