#!/usr/bin/env bash
# What tests need of Debian's packages: Chromium and a font, and HAProxy. They are installed where apt and root are there;
# elsewhere it says so, and the tests skip, or fail under PQR_REQUIRE_PROGRAMS=1. nginx is unpacked in .venv and not installed,
# or it would begin to serve port 80. And axe and Mermaid, from npm where that is there.
set -euo pipefail
say() { printf 'programs: %s\n' "$*" >&2; }
is_there() { command -v "$1" > /dev/null; }

# from_npm PACKAGE VERSION FOLDER WHAT-GOES-WITHOUT: unpack it there, once.
from_npm() {
  is_there npm || return 0
  local folder=$3 archive=/tmp/pqr-npm.$$
  [ -e "$folder/.$2" ] && return 0
  mkdir -p "$folder" "$archive"
  if npm pack --silent --pack-destination "$archive" "$1@$2" > /tmp/pqr-npm.log 2>&1; then
    tar -xzf "$archive"/*.tgz -C "$folder" --strip-components 1
    touch "$folder/.$2"
  else
    say "no $1, $4: $(tail -n 1 /tmp/pqr-npm.log)"
  fi
  rm -rf "$archive"
}
from_npm axe-core 4.14.1 .venv/npm/axe-core "and its tests will skip"
from_npm @mermaid-js/tiny 11.17.2 .venv/npm/mermaid "and the site shows its diagrams as text"
from_npm iframe-worker 1.0.4 .venv/npm/iframe-worker "and the site's search needs a server"

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
