"""The commands of the how-to guides, in their order, each with what it is said to do; on a smaller inbox than the demo's.

Every line of a block `sh` is run as a shell takes it; what needs containers, a person or minutes stands in a block `bash`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import outsider
import outsider_mails
import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
GUIDES = ("look", "write-a-scenario", "your-own-servers", "operate", "recover")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
BETWEEN = "@@@ next @@@"
# `pqr` on the path; a run of the same days of a smaller inbox.
PQR = """#!/bin/sh
case "$1" in run) set -- "$@" --opens-on 2026-01-01 --volume 8 ;; esac
exec {python} -m pqr_pipeline "$@"
"""
# What each shows, as regular expressions; a command that is not here must end well and no more.
SHOWS = {
    "pqr runs": [r"● │ 2026-01-01-2026-0\d-\d\d-\S+ +│ completed"],
    "pqr show latest": [r"│ Tickets received +│ +[\d,]+ │", r"\nDatasets", r"\nChecks", r"\nAttempts"],
    "pqr verify latest --deep": [r"raw, bronze, silver, gold, load are what the manifests say to the last row\.$"],
    "pqr explain breach_rate latest": [r"counted again from \d+ tickets alone: [\d.]+, equal", r"page 1 of \d+"],
    "pqr trace $RADICADO latest": [r"\n1 Raw", r"TERM ENDS", r"kpi_executive", r"Postgres core\.tickets: 1 row\n"],
    "pqr lineage breach_rate latest": [r"Made from.*\ngold/.*\n *└─ silver/.*\n *└─ bronze/.*\n *└─ raw/.*\n$"],
    "pqr psql -- -c 'select * from gold.kpi_sla'": [r"breach_rate", r"\(\d+ rows\)"],
    "pqr psql -- -c 'select ticket_id, effective_due_on from core.overdue limit 3'": [r"\(3 rows\)"],
    "pqr run --to 2026-04-01": [
        r"no longer shows run 2026-01-01-2026-03-31-\S+: `",
        r"\nNext:\n",
        r"\nComplaint \d{14}",
    ],
    "pqr diff 2026-01-01-2026-03-31 latest": [r"│ raw +│ emails +│ +[1-9][\d,]* │ +0 │", r"datasets are equal"],
    "pqr run --seed 7 --volume 100 --to 2026-01-31": [r"no longer shows run 2026-01-01-2026-04-01-\S+: `"],
    "pqr show mine": [r"scenario +│ mine "],
    "pqr run --to 2026-01-10": [r"Tickets received"],
    "pqr verify latest": [r"raw, bronze, silver, gold, load are what the manifests say"],
    "pqr live --speed 1 --days 2": [r"2026-02-01(.|\n)*2026-02-02"],
    "pqr backfill latest --to 2026-02-05": [r"Tickets received"],
    "pqr retry latest": [r"nothing was done"],
    'pqr verify latest || echo "exit code $?"': [r"^exit code 4\n$"],
}


class Shell:
    """Runs commands in a home of its own; what it says is kept by command."""

    def __init__(self, folder: Path) -> None:
        program = folder / "bin/pqr"
        program.parent.mkdir()
        program.write_text(PQR.format(python=sys.executable))
        program.chmod(0o755)
        (folder / "libs").symlink_to(ROOT / "libs")
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")}
        self.environment = inherited | {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PQR_HOME": str(folder / "home"),
            "PQR_WORKERS": "1",  # so small an inbox wants no more
        }

    def __call__(self, *commands: str, columns: int = 200) -> Iterator[tuple[str, str]]:
        """Run these in one shell, each after the other was well; give each with what it said."""
        script = "set -e\n" + f"\necho '{BETWEEN}'\n".join(commands)
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.folder,
            env=self.environment | {"COLUMNS": str(columns)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout.split(f"{BETWEEN}\n")
        assert done.returncode == 0, f"{commands[len(said) - 1]}: {done.stderr}\n{said[-1]}"
        return zip(commands, said, strict=True)

    def one(self, command: str, columns: int = 200) -> str:
        return next(iter(self(command, columns=columns)))[1]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Where `make demo` was made: whose complaint is $RADICADO."""
    shell = Shell(tmp_path_factory.mktemp("docs"))
    said = shell.one("pqr run")
    assert "Postgres no longer" not in said
    shell.environment["RADICADO"] = re.search(r"\nComplaint (\d{14}).* too late: its term ended on", said)[1]
    printed = [re.split(r"\s{2,}", line.strip())[0] for line in said.splitlines() if line.startswith("  ")]
    followed = [line for line in printed if " trace " in line or " psql " in line]
    assert [bool(re.search(r"core.tickets: 1 row|\(1 row\)", said)) for _, said in shell(*followed)] == [True, True]
    return shell


@pytest.fixture(scope="module")
def servers(shell, platform, s3_endpoint):
    """What stands in for the addresses in the guide to one's own servers."""
    import boto3

    boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    ).create_bucket(Bucket="lake")
    return {
        "http://127.0.0.1:9000": s3_endpoint,
        "tcp://127.0.0.1:8786": platform.executor.client.scheduler.address,
        "postgresql://postgres@127.0.0.1:5432/postgres": platform.dsn,
    }


def commands(guide: str) -> list[str]:
    """The lines of its blocks, without what is said of them."""
    text = (ROOT / "docs/how-to" / f"{guide}.md").read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]
    return [re.sub(r"\b20\d{12}\b", "$RADICADO", re.split(r"\s+# ", line)[0]) for line in lines]


@pytest.mark.timeout(900)  # a dozen commands, three of them runs: a minute, if the machine has nothing else to do
@pytest.mark.parametrize("guide", GUIDES)
def test_the_guides_show_what_their_commands_show(shell, servers, guide):
    """In the order of the site, in one home."""
    given = commands(guide)
    assert given
    for old, new in servers.items():
        given = [f"export {line[7:].partition('=')[0]}='{new}'" if line.endswith(f"={old}") else line for line in given]
    for command, said in shell(*given):
        for shown in SHOWS.get(command, []):
            assert re.search(shown, said), f"{command} must show {shown}, found:\n{said}"


def test_every_guide_with_commands_is_run():
    """And what is expected of a command is expected of one that some guide has."""
    with_commands = {path.stem for path in (ROOT / "docs/how-to").glob("*.md") if commands(path.stem)}
    assert with_commands == set(GUIDES)
    assert set(SHOWS) <= {command for guide in GUIDES for command in commands(guide)}


def test_a_run_that_is_not_published_can_be_later(shell):
    """Postgres goes on to show what it did; then it shows this one, and says what it shows no more."""
    before = {run["run_id"]: run["is_shown"] for run in json.loads(shell.one("pqr runs --json"))}
    said = shell.one("pqr run --to 2026-01-31 --run-id aside --no-publish")
    assert "Postgres no longer" not in said
    assert "publish aside  " in said
    found = {run["run_id"]: run for run in json.loads(shell.one("pqr runs --json"))}
    assert found["aside"]["state"] == "waits for loader"
    assert {name: run["is_shown"] for name, run in found.items() if name != "aside"} == before
    (shown,) = [name for name, is_shown in before.items() if is_shown]
    differing = json.loads(shell.one(f"pqr diff {shown} aside --json"))["datasets"]
    narrow = shell.one(f"pqr diff {shown} aside", columns=60)
    assert max(len(line) for line in narrow.splitlines() if " is only in " not in line) <= 60
    assert sum(each["removed"] for each in differing) > 1000
    assert {f"{each['removed']:,}" for each in differing if each["removed"]} <= set(narrow.split())
    assert "nothing was done" in shell.one("pqr run --to 2026-01-31 --run-id aside --no-publish")
    assert f"no longer shows run {shown}: `" in shell.one("pqr publish aside")
    assert next(run for run in json.loads(shell.one("pqr runs --json")) if run["is_shown"])["run_id"] == "aside"


@pytest.mark.parametrize(("example", "record"), [(0, "silver"), (1, "run"), (2, "attempts/silver/1")])
def test_manifests_are_as_in_their_examples(shell, example, record):
    """Their keys and the kinds of their values; `…` stands for more of the same."""
    text = (ROOT / "docs/reference/manifests.md").read_text(encoding="utf-8")
    told = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[example])
    made = json.loads((shell.folder / f"home/lake/manifests/mine/{record}.json").read_text(encoding="utf-8"))
    if record == "silver":
        made["datasets"] = [each for each in made["datasets"] if each["name"] == "tickets"]
        made["parameters"] = {name: value for name, value in made["parameters"].items() if name != "scenario"}
    if record == "run":
        made["parameters"]["scenario"] = {"name": made["parameters"]["scenario"]["name"]}
    assert shape(told) == shape(made)


def shape(value: object) -> object:
    """A value without what may differ from run to run; of a list what its first item is like."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(each) for each in value[:1] if isinstance(each, dict)]
    return type(value).__name__ if not isinstance(value, dict | None) else "one"


def test_an_outsider_comes_to_the_same_values(shell):
    """By the rules in the reference alone, of a run that was made in two steps."""
    lake = shell.folder / "home/lake"
    (run,) = (path.name for path in (lake / "manifests").glob("2026-01-01-2026-04-01-s42-*"))
    tickets = outsider.rows(lake, run, "silver/tickets")
    assert len(tickets) > 400
    for ticket in tickets:
        told = ticket | ({"due_at": ticket["due_at"].replace(tzinfo=None)} if ticket["due_at"] else {})
        found = outsider.clock(ticket)
        assert found == {name: told[name] for name in found}
    bronze = outsider.rows(lake, run, "bronze/emails")
    messages, status = outsider_mails.lived(bronze)
    emails = {outsider_mails.place(row): row for row in outsider.rows(lake, run, "silver/emails")}
    assert messages == {at: {name: emails[at][name] for name in message} for at, message in messages.items()}
    assert len(messages) == len(emails) < len(bronze)
    assert status == {ticket["ticket_id"]: ticket["status"] for ticket in tickets}
    first, last = date(2026, 1, 1), date(2026, 4, 1)
    (executive,) = outsider.rows(lake, run, "gold/kpi_executive")
    counted = outsider.headline(tickets, first, last)
    assert counted == {name: executive[name] for name in counted}
    days = outsider.peaks(tickets, opens=first, first=first, last=last)
    columns = ("received", "expected", "ratio", "dispersion", "is_peak")
    told = {row["day"]: tuple(row[name] for name in columns) for row in outsider.rows(lake, run, "gold/kpi_peaks")}
    assert days == told
