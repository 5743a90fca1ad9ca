#!/usr/bin/env bash
# The stand-in of Neo4j, for the profile `graph`: the same release from Maven Central. Needs java, mvn and the engine.
# It is not among those that build.sh above makes, since nothing but this profile uses it and it takes a minute.
#
#   deploy/standins/neo4j/build.sh
set -euo pipefail
cd "$(dirname "$0")"
export PATH=/usr/bin:$PATH DOCKER_BUILDKIT=1

pin=$(grep -hoE 'image: neo4j:[^@ ]+' ../../../compose*.yaml)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mvn -q -B dependency:copy-dependencies -DoutputDirectory="$made/lib"
javac -cp "$made/lib/*" -d "$made" Serve.java
docker build --quiet --tag "${pin#image: }" --file Dockerfile "$made" > /dev/null
echo "${pin#image: }" >&2
