"""The commands of the README, in its order, each with what it is said to do; on a smaller inbox than the demo's."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SMALL = " --opens-on 2026-01-01 --volume 8"
# What each shows, as regular expressions; they grow with the README.
SHOWS = {
    "pqr runs": [r"● │ 2026-01-01-2026-03-31-\S+ +│ completed"],
    "pqr show latest": [r"│ Tickets received +│ +[\d,]+ │", r"\nDatasets", r"\nChecks", r"\nAttempts"],
    "pqr verify latest --deep": [r"raw, bronze, silver, gold, load are what the manifests say to the last row\.$"],
    "pqr explain breach_rate latest": [r"counted again from \d+ tickets alone: [\d.]+, equal", r"page 1 of \d+"],
    "pqr trace RADICADO latest": [r"\n1 Raw", r"TERM ENDS", r"kpi_executive", r"Postgres core\.tickets: 1 row\n"],
    "pqr lineage breach_rate latest": [r"Made from.*\ngold/.*\n *└─ silver/.*\n *└─ bronze/.*\n *└─ raw/.*\n$"],
    "pqr psql -- -c 'select * from gold.kpi_sla'": [r"breach_rate", r"\(\d+ rows\)"],
    "pqr run --to 2026-04-01": [
        r"no longer shows run 2026-01-01-2026-03-31-\S+: `",
        r"\nNext:\n",
        r"\nComplaint \d{14}",
    ],
    "pqr diff 2026-01-01-2026-03-31 latest": [r"│ raw +│ emails +│ +[1-9][\d,]* │ +0 │", r"datasets are equal"],
    "pqr run --seed 7 --volume 100 --to 2026-01-31": [r"no longer shows run 2026-01-01-2026-04-01-\S+: `"],
}


@pytest.fixture(scope="module")
def pqr(tmp_path_factory):
    """A command as a shell takes it, in a home of its own; gives what it says."""
    home = tmp_path_factory.mktemp("readme")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")}

    def call(command: str, columns: int = 200) -> str:
        program = f"{shlex.quote(sys.executable)} -m pqr_pipeline"
        done = subprocess.run(
            ["/bin/sh", "-c", re.sub(r"^pqr\b", program, command)],
            env=environment | {"PQR_HOME": str(home), "COLUMNS": str(columns)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    return call


def _small(command: str) -> str:
    """A run of the same days of a smaller inbox."""
    if not f"{command} ".startswith("pqr run "):
        return command
    return re.sub(r" --volume \d+", "", command) + SMALL


def _commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\nsource .venv/bin/activate\n(.*?)```", text, flags=re.DOTALL)
    return [re.sub(r"\b20\d{12}\b", "RADICADO", line.split("  ")[0]) for line in block.splitlines()]


@pytest.mark.timeout(900)  # a dozen commands, three of them runs: a minute, if the machine has nothing else to do
def test_the_readme_shows_what_its_commands_show(pqr):
    """`make demo` comes first; the lines that it prints for a person to type work as they are printed."""
    assert _commands() == list(SHOWS)
    said = pqr(_small("pqr run"))
    assert "Postgres no longer" not in said
    radicado = re.search(r"\nComplaint (\d{14}).* too late: its term ended on", said)[1]
    printed = [re.split(r"\s{2,}", line.strip())[0] for line in said.splitlines() if line.startswith("  ")]
    followed = [line for line in printed if " trace " in line or " psql " in line]
    assert [bool(re.search(r"core.tickets: 1 row|\(1 row\)", pqr(line))) for line in followed] == [True, True]
    for command, shown in SHOWS.items():
        said = pqr(_small(command.replace("RADICADO", radicado)))
        for each in shown:
            assert re.search(each, said), f"{command} must show {each}, found:\n{said}"


def test_a_run_that_is_not_published_can_be_later(pqr):
    """Postgres goes on to show what it did; then it shows this one, and says what it shows no more."""
    before = {run["run_id"]: run["is_shown"] for run in json.loads(pqr("pqr runs --json"))}
    said = pqr(_small("pqr run --to 2026-01-31 --run-id aside --no-publish"))
    assert "Postgres no longer" not in said
    assert "publish aside  " in said
    found = {run["run_id"]: run for run in json.loads(pqr("pqr runs --json"))}
    assert found["aside"]["state"] == "waits for loader"
    assert {name: run["is_shown"] for name, run in found.items() if name != "aside"} == before
    differing = json.loads(pqr("pqr diff 2026-01-01-2026-04 aside --json"))["datasets"]
    narrow = pqr("pqr diff 2026-01-01-2026-04 aside", columns=60)
    assert max(len(line) for line in narrow.splitlines() if " is only in " not in line) <= 60
    assert sum(each["removed"] for each in differing) > 1000
    assert {f"{each['removed']:,}" for each in differing if each["removed"]} <= set(narrow.split())
    assert "nothing was done" in pqr(_small("pqr run --to 2026-01-31 --run-id aside --no-publish"))
    (shown,) = [name for name, is_shown in before.items() if is_shown]
    assert f"no longer shows run {shown}: `" in pqr("pqr publish aside")
    assert next(run for run in json.loads(pqr("pqr runs --json")) if run["is_shown"])["run_id"] == "aside"
