"""One stack in containers for all tests of this folder, brought up step by step; pytest-docker takes it away.

It is a Compose project of its own on free ports, made of the images of `make images`, with the secrets of one session.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LAYERS = tuple(ROOT / f"compose{layer}.yaml" for layer in ("", ".auth", ".observability"))
PROJECT = "pqr-test"
FIRST_RUN = {"window_to": "2026-01-31"}
COMMAND = ("--to", "2026-01-31")  # the same run, as arguments of the command
OTHER = (*COMMAND, "--seed", "7")  # another one: of the first, a Postgres that shows it has nothing to load
REAP_AFTER_SECONDS = 45
DOWN = "down --volumes --remove-orphans --timeout 5"
SAID = pytest.StashKey[list[str]]()


def _module(name: str) -> ModuleType:
    """A module of this folder, which is no package; from here on tests import it by its name."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


containers, reference = _module("stack_containers"), _module("stack_reference")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs an engine, and its share of starting a stack may take minutes."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.timeout(1800))


def pytest_terminal_summary(terminalreporter, config) -> None:
    """What was measured, and what these tests cannot prove where images are stand-ins."""
    for said in config.stash.get(SAID, []):
        terminalreporter.write_line(said)


@pytest.fixture(scope="session")
def say(pytestconfig):
    """Adds a line to what stands at the end of the tests."""
    return pytestconfig.stash.setdefault(SAID, []).append


# ---- the engine, and pytest-docker's own fixtures ----


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine with compose and the project's images; where one is required, to lack it is to fail."""
    lacking = _lacking()
    if lacking and os.environ.get("PQR_REQUIRE_ENGINE"):
        pytest.fail(f"A container engine must be there when PQR_REQUIRE_ENGINE is set, found that {lacking}.")
    if lacking:
        pytest.skip(f"{lacking}: `make test-stack` sets up what it can")


def _lacking() -> str | None:
    if not shutil.which("docker"):
        return "there is no docker command"
    for command, lacking in (
        (["docker", "info"], "no container engine answers"),
        (["docker", "compose", "version"], "docker has no compose plugin"),
        (["docker", "image", "inspect", "pqr-pipeline:0.1.0"], "the project's images are not built"),
    ):
        if subprocess.run(command, check=False, capture_output=True).returncode:
            return lacking
    return None


@pytest.fixture(scope="session")
def stack_home(tmp_path_factory) -> Path:
    """The folder of the stack's own .env: fresh secrets, free ports, a small first run, a short wait for the dead."""
    home = tmp_path_factory.mktemp("stack")
    ports = sorted({name for layer in LAYERS for name in re.findall(r"\$\{(PQR_PORT_\w+)", layer.read_text())})
    lines = [f"{name}={port}" for name, port in zip(ports, containers.free_ports(len(ports)), strict=True)]
    lines += [f"PQR_FIRST_RUN='{json.dumps(FIRST_RUN)}'", f"PQR_REAP_AFTER_SECONDS={REAP_AFTER_SECONDS}"]
    (home / ".env").write_text("\n".join(lines) + "\n")
    subprocess.run([sys.executable, ROOT / "deploy" / "stack_env.py", home / ".env"], check=True, capture_output=True)
    return home


@pytest.fixture(scope="session")
def docker_compose_command(engine, stack_home) -> str:
    return f"docker compose --env-file {stack_home / '.env'}"


@pytest.fixture(scope="session")
def docker_compose_file() -> list[str]:
    return [str(path) for path in LAYERS]


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return PROJECT


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    """Away with what an interrupted session left; the fixtures below bring the stack up."""
    return [DOWN]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return [DOWN]


# ---- the stack, step by step ----


@dataclass
class Story:
    """What was seen on the way up."""

    attempts: list[list] = field(default_factory=list)  # the generator's, after each `up generator`
    idle: dict[str, float] = field(default_factory=dict)  # MB by container, before the first run
    seconds: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="session")
def story() -> Story:
    return Story()


@pytest.fixture(scope="session")
def calm(engine, stack_home, tmp_path_factory):
    """Both runs embedded, with the stack's own key of pseudonyms; Postgres shows what will be the first run."""
    key = containers.Containers(PROJECT, (), stack_home).values["PQR_PSEUDONYM_KEY"]
    environment = containers.clean_environment() | {"PQR_PSEUDONYM_KEY": key}
    return reference.calm_runs(tmp_path_factory.mktemp("calm"), environment, OTHER, COMMAND)


@pytest.fixture(scope="session")
def first_run_id(calm) -> str:
    return list(calm.runs)[-1]


@pytest.fixture(scope="session")
def with_inbox(docker_services, stack_home, first_run_id, story, say):
    """`docker compose up generator` on clean volumes, and again."""
    stack = containers.Containers(PROJECT, LAYERS, stack_home)
    for line in reference.stand_ins(stack.images()):
        say(line)
    for what in ("up generator on clean volumes", "up generator again"):
        _timed(story, what, lambda: stack.compose("up", "--wait", "--no-build", "generator"))
        story.attempts.append(stack.attempts(first_run_id, "generator"))
    return stack


@pytest.fixture(scope="session")
def core(docker_services, stack_home) -> dict[str, dict]:
    """The services of the core layer, as Compose reads them."""
    alone = containers.Containers(PROJECT, LAYERS[:1], stack_home)
    return json.loads(alone.compose("config", "--format", "json"))["services"]


@pytest.fixture(scope="session")
def idle(with_inbox, core, story):
    """The core without its first run and who waits for it: what it takes to do nothing."""
    waiting = {name for name, service in core.items() if "first-run" in (name, *service.get("depends_on", {}))}
    ready = sorted({*core} - waiting)
    _timed(
        story, "up of the core, without a first run", lambda: with_inbox.compose("up", "--wait", "--no-build", *ready)
    )
    story.idle = reference.at_rest(PROJECT)
    return with_inbox


@pytest.fixture(scope="session")
def stack(idle, story, say):
    """Everything: all layers, and the first run."""
    _timed(story, "up of all layers, first run included", lambda: idle.compose("up", "--wait", "--no-build"))
    for what, seconds in story.seconds.items():
        say(f"measured {what}: {seconds:.0f} s")
    return idle


def _timed(story: Story, what: str, act) -> None:
    started = time.monotonic()
    act()
    story.seconds[what] = time.monotonic() - started
