#!/bin/bash
# Prometheus 2 does not know the flags of 3 that are left out here, so nothing that needs them is proved.
arguments=()
for argument in "$@"; do
  case "$argument" in
    --web.enable-otlp-receiver) echo "stand-in: $argument needs Prometheus 3 and is left out" >&2 ;;
    *) arguments+=("$argument") ;;
  esac
done
exec /bin/prometheus-2 "${arguments[@]}"
