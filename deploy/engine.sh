#!/usr/bin/env bash
# A container engine on a Debian machine that has none: Debian's docker.io, and compose and buildx as plugins of its
# client. Says what it does; what is there already is left alone. Run as root.
#
#   deploy/engine.sh         install what is missing and start dockerd
#   deploy/engine.sh stop    stop the dockerd that this script started
set -euo pipefail

pid_file=/run/pqr-dockerd.pid
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
apt_sources=${APT_SOURCES:-/etc/apt/sources.list.d/debian.sources}
export PATH=/usr/bin:$PATH DEBIAN_FRONTEND=noninteractive # Debian's client first: it matches Debian's engine

say() { printf 'engine: %s\n' "$*" >&2; }
stop() { printf 'engine: %s\n' "$*" >&2; exit 1; }
answers() { docker info > /dev/null 2>&1; }

if [ "${1:-}" = stop ]; then
  [ -s "$pid_file" ] || { say 'nothing to stop: this script started no dockerd'; exit 0; }
  pid=$(cat "$pid_file")
  if [ "$(cat "/proc/$pid/comm" 2> /dev/null)" = dockerd ]; then
    say "stopping dockerd, process $pid"
    kill "$pid"
    for _ in $(seq 60); do [ -d "/proc/$pid" ] || break; sleep 0.5; done
  fi
  rm -f "$pid_file"
  exit 0
fi

if answers && docker compose version > /dev/null 2>&1 && docker buildx version > /dev/null 2>&1; then
  say 'an engine with compose and buildx answers; nothing to do'
  exit 0
fi

grep -qs '^ID=debian$' /etc/os-release || stop 'this script knows Debian only: install Docker with compose v2 and buildx'
[ "$(id -u)" = 0 ] || stop 'packages and dockerd need root: run it with sudo'

if ! command -v dockerd > /dev/null || ! command -v mmdebstrap > /dev/null; then
  say 'installing docker.io, iptables and mmdebstrap from Debian'
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends docker.io iptables mmdebstrap ca-certificates > /dev/null
fi

if [ ! -x "$plugins/docker-compose" ] || [ ! -x "$plugins/docker-buildx" ]; then
  # Debian 12 has compose 1 only. The packages of Debian 13 need nothing but a libc that Debian 12 has.
  say "unpacking compose and buildx of Debian 13 into $plugins"
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  mkdir -p "$temporary/lists/partial" "$temporary/cache/archives/partial" "$plugins"
  sed -E 's/^Suites:.*/Suites: trixie/' "$apt_sources" | awk 'BEGIN{RS="";ORS="\n\n"} NR==1' > "$temporary/trixie.sources"
  options=(-o "Dir::Etc::sourcelist=$temporary/trixie.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$temporary/lists" -o "Dir::Cache=$temporary/cache" -o APT::Sandbox::User=root)
  apt-get -qq "${options[@]}" update
  (cd "$temporary" && apt-get -qq "${options[@]}" download docker-compose/trixie docker-buildx/trixie)
  for package in "$temporary"/*.deb; do dpkg -x "$package" "$temporary/unpacked"; done
  install -m 755 "$temporary"/unpacked/usr/libexec/docker/cli-plugins/* "$plugins/"
fi

if ! answers; then
  say 'starting dockerd, which logs to /var/log/dockerd.log'
  setsid nohup dockerd > /var/log/dockerd.log 2>&1 < /dev/null &
  echo $! > "$pid_file"
  for _ in $(seq 120); do answers && break; sleep 0.5; done
  answers || stop 'dockerd does not answer: see /var/log/dockerd.log'
fi
say "$(docker info -f 'engine {{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}'), $(docker compose version)"
