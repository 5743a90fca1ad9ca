"""The stack comes up, its first run makes what an embedded run makes, and the host can drive it."""

from __future__ import annotations

import json

import pytest
from stack_containers import contents
from stack_reference import figures, memory, sizes

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import installed_graph, installed_stages, warehouse
from pqr_common.tables.parquet import parquet_table
from pqr_pipeline.containers.permissions import scope_of, scoped
from pqrs.lines import line_at

IMAGE_MB_MAX = 700
IDLE_MB_MAX = 2500
OURS = "pqr-"
STAGES = installed_stages()


def test_up_generator_leaves_a_raw_layer_and_again_does_nothing(with_inbox, story, calm, first_run_id):
    """On clean volumes the inbox is there, verified, by one attempt; a second `up` makes no other."""
    (first,), again = story.attempts
    assert first.state == "completed"
    assert again == [first]
    manifest = with_inbox.committed(first_run_id, "raw")
    assert manifest.digest == RunRecords(calm.lake, first_run_id).manifests()["raw"].digest
    assert {check.status for check in manifest.checks} == {"passed"}


def test_everything_is_healthy(stack):
    """`up --wait` ended with 0; what stays is healthy, what is a job ended with 0."""
    found = {c["Name"]: (c["State"], c["Health"], c["ExitCode"]) for c in stack.ps()}
    wrong = {name: how for name, how in found.items() if how not in (("running", "healthy", 0), ("exited", "", 0))}
    assert wrong == {}
    assert len(found) > len(STAGES)


def test_the_first_run_is_that_of_an_embedded_stack(stack, calm, first_run_id):
    """The same bytes of e-mail, the same manifests in every layer, the same rows in every table of Postgres."""
    mine, theirs = RunRecords(stack.lake(), first_run_id).manifests(), RunRecords(calm.lake, first_run_id).manifests()
    assert tuple(mine) == installed_graph().layers
    assert _bytes(mine["raw"]) == _bytes(theirs["raw"])
    assert {layer: m.digest for layer, m in mine.items()} == {layer: m.digest for layer, m in theirs.items()}
    assert contents(stack.lake(), first_run_id) == contents(calm.lake, first_run_id)
    assert warehouse().published(stack.dsn) == first_run_id
    found = figures(stack.dsn)
    assert {table: len(rows) for table, rows in found.items()} == {t: len(r) for t, r in calm.figures.items()}
    assert found == calm.figures


def _bytes(manifest):
    return {part.path: part.sha256 for dataset in manifest.datasets for part in dataset.partitions}


def test_the_host_lists_shows_and_proves_the_run(stack, first_run_id):
    """`pqr --stack` runs, show and verify --deep; to retry or run what is complete does nothing."""
    listed = json.loads(_pqr(stack, "runs", "--json"))
    assert [(run["run_id"], run["state"]) for run in listed if run["run_id"] == first_run_id] == [
        (first_run_id, "completed")
    ]
    shown = json.loads(_pqr(stack, "show", first_run_id, "--json"))
    assert {attempt["stage"]: attempt["number"] for attempt in shown["attempts"]} == dict.fromkeys(STAGES, 1)
    proved = json.loads(_pqr(stack, "verify", first_run_id, "--deep", "--json"))
    assert proved["findings"] == []
    assert not [note for note in proved["notes"] if "not compared" in note]
    _pqr(stack, "retry", first_run_id, "--json")
    assert all(len(stack.attempts(first_run_id, stage)) == 1 for stage in STAGES)


def test_the_doctor_finds_nothing(stack):
    """From the host, and from each service with its own key: versions, commits, scope, cluster, Postgres, workers."""
    ended = stack.pqr("doctor", "--json")
    assert ended.stdout, ended.stderr
    found = {finding["subject"]: finding for finding in json.loads(ended.stdout)}
    assert [finding for finding in found.values() if not finding["is_good"]] == []
    assert {f"{stage} {what}" for stage in STAGES for what in ("versions", "commits", "scope", "dask")} <= set(found)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("stage", STAGES)
def test_a_key_is_refused_outside_of_its_prefix(stack, stage):
    """Tried from the host: not the data, not the manifest of another layer, not the answer key; its own it may."""
    lake = stack.lake(stage)
    assert "is refused everything else" in scoped(scope_of(STAGES[stage], STAGES.values()), lake)
    own = STAGES[stage].writes
    other = next(layer for layer in installed_graph().layers if layer != own)
    with pytest.raises(InvalidSettings, match="AccessDenied"):
        lake.put_new(f"manifests/other/{other}.json", b"{}")
    with pytest.raises(InvalidSettings, match="AccessDenied"):
        lake.delete(f"manifests/other/{own}.json")


def test_the_key_of_the_dashboard_reads_mails_and_nothing_else(stack, first_run_id):
    """The conversation of a ticket can be read with it; no other object, no list of them, and nothing is written."""
    lake = stack.lake("evidence")
    emails = RunRecords(lake, first_run_id).upstream("bronze").dataset("emails")
    (row,) = parquet_table(lake.read(emails.partitions[0])).slice(0, 1).to_pylist()
    place = (row["raw_day"], row["raw_part"], row["raw_line"])
    assert line_at(lake, RunRecords(lake, first_run_id), place).email == row
    others = ("raw/answers", "bronze/rejects", "silver/emails", "silver/tickets", "gold/kpi_daily", "tasks/bronze")
    for key in (*(f"{name}/x" for name in others), *(f"manifests/{first_run_id}/{n}.json" for n in ("run", "silver"))):
        with pytest.raises(InvalidSettings, match="AccessDenied"):
            lake.find(key)
    for refused in (lambda: lake.put("bronze/emails/x", b""), lambda: lake.delete("bronze/emails/x")):
        with pytest.raises(InvalidSettings, match="AccessDenied"):
            refused()
    with pytest.raises(InvalidSettings, match="AccessDenied"):
        list(lake.keys("raw"))


def test_a_wrong_key_is_refused(stack, monkeypatch):
    """A secret that is not the key's opens nothing."""
    monkeypatch.setitem(stack.values, "S3_SECRET_GOLD", "wrong")
    with pytest.raises(InvalidSettings, match="SignatureDoesNotMatch"):
        stack.lake("gold").find("manifests/none")


def test_images_are_small(stack, say):
    """A service is less than 700 MB."""
    found = {name: mb for name, mb in sizes(stack.images()).items() if name.startswith(OURS)}
    for name, mb in found.items():
        say(f"measured image {name}: {mb:.0f} MB")
    assert {name: mb for name, mb in found.items() if mb >= IMAGE_MB_MAX} == {}


def test_the_core_takes_little_memory_when_it_does_nothing(stack, core, story, say):
    """Before the first run; who waits for that run is measured after it."""
    measured = {name.rpartition("-")[0] for name in story.idle}
    late = {*core} - measured
    found = story.idle | {n: mb for n, mb in memory(stack.project).items() if n.rpartition("-")[0] in late}
    largest = sorted(found.items(), key=lambda item: -item[1])
    say(f"measured idle core: {sum(found.values()):.0f} MB, " + ", ".join(f"{n} {mb:.0f}" for n, mb in largest))
    assert sum(found.values()) < IDLE_MB_MAX


def _pqr(stack, *arguments):
    ended = stack.pqr(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
