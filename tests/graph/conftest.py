"""A real Neo4j in a process of its own, from Maven Central; without Java and Maven these tests are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pqr_pipeline.exports.neo4j import Neo4j

NEO4J = Path(__file__).parents[2] / "deploy/standins/neo4j"
PASSWORD = "para-las-pruebas-1"
MEMORY = "-Xmx400m"


@pytest.fixture(scope="session")
def neo4j_url(tmp_path_factory) -> Iterator[str]:
    """The URL of a Neo4j whose user neo4j has the password PASSWORD."""
    if not (shutil.which("java") and shutil.which("mvn")):
        pytest.skip("a real Neo4j needs java and mvn on this machine")
    folder = tmp_path_factory.mktemp("neo4j")
    listed = folder / "classpath"
    maven = ["mvn", "-q", "-B", "-f", NEO4J / "pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={listed}"]
    fetched = subprocess.run(maven, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"Neo4j cannot be had from Maven Central: {fetched.stdout[-200:]}")
    command = ["java", MEMORY, "-cp", listed.read_text(), NEO4J / "Serve.java", folder]
    settings = os.environ | {"NEO4J_AUTH": f"neo4j/{PASSWORD}"}
    served = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield next(line.strip().rstrip("/") for line in served.stdout if line.startswith("http"))
    finally:
        served.terminate()
        served.wait(60)
        served.stdout.close()


@pytest.fixture
def graph_settings(platform, neo4j_url):
    """The platform's settings with that Neo4j."""
    return platform.settings.with_(neo4j_url=neo4j_url, neo4j_password=SecretStr(PASSWORD))


@pytest.fixture
def neo4j(graph_settings) -> Neo4j:
    """An empty graph."""
    found = Neo4j.of(graph_settings)
    found.ask("match (node) detach delete node")
    return found
