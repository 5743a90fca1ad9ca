#!/usr/bin/env bash
# What is known against the versions of uv.lock: asks OSV's service with their names and ends with 1 if it knows anything.
# Where the service does not answer it says so in a sentence and ends well, because nothing was found.
#
#   tools/audit.sh UV [further words for `uv audit`]
set -euo pipefail

uv=$1
said=$(mktemp)
trap 'rm -f "$said"' EXIT
code=0
"$uv" audit --frozen --preview-features audit-command "${@:2}" 2> "$said" || code=$?
if [ "$code" = 2 ] && grep -qE 'Request failed|error sending request|HTTP status' "$said"; then
  why=$(sed -n 's/^ *cause: //p' "$said" | tail -n 1)
  printf 'audit: advisories must come from OSV, found no answer (%s): run make audit where api.osv.dev is reached.\n' "$why" >&2
  exit 0
fi
cat "$said" >&2
exit "$code"
