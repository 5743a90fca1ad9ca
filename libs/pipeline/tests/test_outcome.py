"""How an error crosses from the process it was raised in to the one that must act on it, and what Prefect is shown."""

from __future__ import annotations

import click
import pytest
from prefect.client.schemas.objects import State, StateType

from pqr_common import errors
from pqr_common.errors import InvalidSettings, PqrError, Transient, UpstreamBroken, VerificationFailed
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import declare, installed_graph, installed_stages, stage_named
from pqr_common.testing import MemoryLake
from pqr_pipeline.containers import serve
from pqr_pipeline.containers.artifact import stage_markdown
from pqr_pipeline.containers.deployed import deployed
from pqr_pipeline.containers.deployments import AUTOMATIONS, deploy, reaper
from pqr_pipeline.containers.permissions import scope_of, scoped
from pqr_pipeline.flow.retries import outcome, raise_ended
from pqrs.parameters import Parameters


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_of_ours_arrives_as_what_it_was(name):
    """The state names the class and carries the sentence: exit code and retry follow from them."""
    kind = getattr(errors, name)

    def fail():
        raise kind("What must be.")

    state = outcome(fail)
    assert state.is_failed()
    with pytest.raises(kind, match=r"^What must be\.$") as raised:
        raise_ended(state, "bronze of run r1")
    assert type(raised.value) is kind


def test_work_that_ends_well_raises_nothing():
    """Completed is all there is to say."""
    raise_ended(outcome(lambda: None), "bronze of run r1")


def test_a_process_that_is_gone_is_worth_another_try():
    """Crashed, or never ended: the stage did nothing wrong."""
    for state in (State(type=StateType.CRASHED, message="SIGKILL"), State(type=StateType.RUNNING), None):
        with pytest.raises(Transient, match="bronze of run r1"):
            raise_ended(state, "bronze of run r1")


@pytest.mark.parametrize("kind", [StateType.FAILED, StateType.CANCELLED])
def test_a_defect_or_a_cancelled_run_is_not_tried_again(kind):
    """Neither what nobody foresaw nor what a person stopped."""
    with pytest.raises(PqrError) as raised:
        raise_ended(State(type=kind, message="boom"), "bronze of run r1")
    assert not raised.value.is_retryable


def test_a_report_tells_of_every_attempt():
    """One row each, with the error in one cell."""
    lake = MemoryLake()
    declare(lake, "r1", Parameters.create())
    records = RunRecords(lake, "r1")
    first = records.claim("bronze", started_at="2026-01-01T00:00:00Z", host="a")
    records.close(first, state="failed", error_type=UpstreamBroken.__name__, error="a|b\nc")
    records.claim("bronze", started_at="2026-01-01T00:01:00Z", host="b")
    lines = stage_markdown(records, "bronze").splitlines()
    assert "Not committed." in lines
    assert lines[-2].startswith("| 1 | failed |")
    assert lines[-2].endswith(r"| a\|b c |")
    assert lines[-1].startswith("| 2 | running |")


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "generator"), (["platinum"], "generator"), (["bronze", "silver"], "silver")]
)
def test_an_unknown_service_is_one_sentence_and_code_2(arguments, said, capsys):
    """Nothing is started."""
    assert serve.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_service_needs_to_know_prefect(monkeypatch, capsys):
    """The sentence names the setting."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PQR_API_URL", raising=False)
    assert serve.main(["bronze"]) == 2
    assert "PREFECT_API_URL" in capsys.readouterr().err


def test_deployments_have_the_names_others_rely_on():
    """A stage a service, the record at the loader, the parent in a pool of its own; nothing is scheduled unasked."""
    names = {item.full_name: item.pool for item in deployed()}
    assert names == {
        "stage/generator": "generator", "stage/bronze": "bronze", "stage/silver": "silver", "stage/gold": "gold",
        "stage/loader": "loader", **{f"doctor/{name}": name for name in installed_graph().stages},
        "record/loader": "loader", "pqr/pipeline": "pipeline", "live/pipeline": "pipeline",
    }  # fmt: skip


def test_the_inbox_is_live_only_where_the_setting_says_how_fast():
    """One deployment has the interval, and none without the setting."""
    assert {item.full_name: item.every for item in deployed(7) if item.every} == {"live/pipeline": 7}
    assert not any(item.every for item in deployed())


@pytest.mark.parametrize("speed", ["0", "-1", "1.5", "nan", "86401"])
def test_a_speed_that_is_none_is_refused(monkeypatch, speed):
    """Before anything is deployed, by the name of the variable."""
    monkeypatch.setenv("PQR_INBOX_SPEED", speed)
    with pytest.raises(click.BadParameter) as refused:
        deploy.make_context("deploy", [])
    assert "PQR_INBOX_SPEED" in refused.value.format_message()
    assert speed in refused.value.format_message()


BRONZE = scope_of(stage_named("bronze"), installed_stages().values())


class ScopedLake(MemoryLake):
    """A store that holds a key to what it may do: prefixes of keys it may read and write."""

    def __init__(self, reads, writes):
        super().__init__()
        self.reads, self.writes = reads, writes

    def find(self, key):
        if not key.startswith(self.reads):
            raise InvalidSettings("AccessDenied")
        return super().find(key)

    def put(self, key, data):
        if not key.startswith(self.writes):
            raise InvalidSettings("AccessDenied")
        super().put(key, data)


@pytest.mark.parametrize(
    ("reads", "writes", "said"),
    [
        (("raw/emails/", "bronze/", "manifests/"), ("bronze/",), None),
        (("raw/emails/", "bronze/", "manifests/"), ("bronze/", "raw/"), "may write raw"),
        (("raw/", "bronze/", "manifests/"), ("bronze/",), "may read raw/answers"),
        (("raw/emails/", "silver/", "manifests/"), ("bronze/",), "may read silver"),
        (("bronze/", "manifests/"), ("bronze/",), "may not read raw/emails"),
        (("raw/emails/", "bronze/", "manifests/"), (), "may not write bronze"),
        (("raw/emails/", "bronze/", "manifests/"), ("bronze/", "manifests/"), "may commit silver"),
    ],
)
def test_a_key_is_held_to_its_own_layers(reads, writes, said):
    """What must be granted is, what must be refused is too; nothing is left behind."""
    lake = ScopedLake(reads, writes or ("nothing",))
    if said is None:
        assert "writes bronze" in scoped(BRONZE, lake)
    else:
        with pytest.raises(VerificationFailed, match=said):
            scoped(BRONZE, lake)
    assert lake.objects == {}


def test_reapers_wait_for_three_beats():
    """A run is not crashed for one late heartbeat."""
    beat = int(serve.PREFECT_DEFAULTS["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    for name, (after, within) in AUTOMATIONS.items():
        assert within.total_seconds() >= 3 * beat
        assert reaper(name, after, within).trigger.within == within
