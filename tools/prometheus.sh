#!/usr/bin/env bash
# Prometheus, promtool and the exporter for Postgres from Debian's packages, unpacked beside the environment: nothing is
# installed, no service starts. Where they cannot be had it says so and ends well; the tests that need them then skip.
#
#   tools/prometheus.sh FOLDER
set -euo pipefail

folder=$1
packages=(prometheus prometheus-postgres-exporter)
programs=(prometheus promtool prometheus-postgres-exporter)

say() { printf 'prometheus: %s\n' "$*" >&2; }

missing=0
for program in "${programs[@]}"; do [ -x "$folder/$program" ] || missing=1; done
[ "$missing" = 1 ] || exit 0

if ! command -v apt-get > /dev/null || ! command -v dpkg-deb > /dev/null; then
  say 'this machine has no Debian packages; tests use a prometheus and promtool on the PATH, or skip'
  exit 0
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"
if ! apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}" 2> /dev/null; then
  [ "$(id -u)" != 0 ] || apt-get update -qq || true
  if ! apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}"; then
    say "Debian's packages ${packages[*]} cannot be had here; tests that need them skip"
    exit 0
  fi
fi
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
cd "$OLDPWD"
mkdir -p "$folder"
for program in "${programs[@]}"; do install -m 755 "$temporary/unpacked/usr/bin/$program" "$folder/$program"; done
say "$("$folder/prometheus" --version 2>&1 | sed -n '1s/ (.*//p') in $folder"
