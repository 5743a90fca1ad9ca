"""Who may do what in the lake: policies follow from the stages' declarations. The stand-in's own judgement tries them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.stage.declaration import Stage
from pqr_common.stage.discovery import installed_stages
from pqr_common.tables.contract import Contract

ROOT = Path(__file__).parents[2]


def _module(path: str):
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(f"of_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


policies, allowed = _module("deploy/bootstrap/policies.py").policies, _module("deploy/standins/s3/s3_access.py").allowed


def _judge(stages):
    """Whether a user of the lake may do something, by its policy."""
    made = policies("pqr", stages)
    return lambda user, action, key: allowed([made[user]], f"s3:{action}", f"arn:aws:s3:::pqr/{key}")


def _dataset(name: str, *, is_private: bool = False) -> Contract:
    return Contract(name, "one row per test", pa.schema([("n", pa.int64())]), is_private=is_private)


LETTERS, KEY, SORTED, WASTE = (
    _dataset("letters"),
    _dataset("key", is_private=True),
    _dataset("sorted"),
    _dataset("waste"),
)
POST = Stage("post", writes="raw", package="post", produces=(LETTERS, KEY))
SORTER = Stage("sorter", writes="tidy", package="sorter", requires={"raw": (LETTERS,)}, produces=(SORTED, WASTE))


def _reads(may, user: str) -> set[str]:
    """The datasets of the toy chain that a user may read."""
    there = ("raw/letters", "raw/key", "tidy/sorted", "tidy/waste", "toy/figures")
    return {name for name in there if may(user, "GetObject", f"{name}/run=r/x.parquet")}


@pytest.mark.parametrize(
    ("requires", "read"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"tidy": (WASTE,)}, {"tidy/waste"}, id="one dataset"),
        pytest.param({"tidy": ()}, {"tidy/sorted", "tidy/waste"}, id="a layer"),
        pytest.param({"raw": ()}, {"raw/letters"}, id="a layer with something private"),
        pytest.param({EVERY_LAYER: ()}, {"raw/letters", "tidy/sorted", "tidy/waste"}, id="every layer"),
    ],
)
def test_a_new_stage_gets_its_policy_by_being_declared(requires, read):
    """It reads what it requires and its own, writes its own, and nobody's policy had to be edited."""
    may = _judge([POST, SORTER, Stage("toy", writes="toy", package="toy", requires=requires)])
    assert _reads(may, "toy") == read | {"toy/figures"}
    assert _reads(may, "sorter") == {"raw/letters", "tidy/sorted", "tidy/waste"}
    own = ["toy/figures/run=r/x.parquet", "manifests/r/toy.json", "manifests/r/attempts/toy/1.json"]
    for user in ("post", "sorter", "toy", "pipeline", "evidence", "operator"):
        assert [may(user, "PutObject", key) for key in own] == [user == "toy"] * 3


def test_what_is_private_may_not_be_required_by_another():
    """The answer key of a layer is its writer's alone, whoever asks for it."""
    with pytest.raises(InvalidSettings, match="Only post may read raw/key, found that toy requires it"):
        policies("pqr", [POST, Stage("toy", writes="toy", package="toy", requires={"raw": (LETTERS, KEY)})])


# ---- the stages that are installed ----


@pytest.fixture(scope="module")
def stages():
    return installed_stages()


@pytest.fixture(scope="module")
def may(stages):
    return _judge(stages.values())


def test_a_stage_writes_its_own_layer_only(may, stages):
    """Its data, its manifest and its records, and nothing of the others."""
    for stage in stages:
        for other, layer in ((name, found.writes) for name, found in stages.items()):
            data, manifest, attempt = (
                f"{layer}/emails/run=r/x.parquet",
                f"manifests/r/{layer}.json",
                f"manifests/r/attempts/{other}/1.json",
            )
            assert [may(stage, "PutObject", key) for key in (data, manifest, attempt)] == [other == stage] * 3
            assert not may(stage, "DeleteObject", manifest)
            assert not may(stage, "DeleteObject", attempt)
        assert not may(stage, "PutObject", "manifests/r/run.json")


def test_a_stage_reads_what_it_requires_and_no_more(may):
    """What each needs of the others' layers, as it was known before stages declared it."""
    read = {
        "generator": set(),
        "bronze": {"raw/emails"},
        "silver": {"bronze/emails"},
        "gold": {"silver/tickets"},
        "loader": {"bronze/rejects", "silver/rejects", "silver/tickets", "silver/ticket_events", "gold/kpi_daily"},
    }
    own = {"generator": "raw/", "bronze": "bronze/", "silver": "silver/", "gold": "gold/", "loader": "load/"}
    there = {"raw/emails", "raw/answers"} | {name for names in read.values() for name in names}
    for stage, names in read.items():
        assert names == {n for n in there if not n.startswith(own[stage]) and may(stage, "GetObject", f"{n}/run=r/x")}


def test_the_dashboard_reads_mails_and_nothing_else(may, stages):
    """A mail as it came and as it was typed, and the two manifests that say where: it writes, deletes and lists nothing."""
    data = [
        f"{stage.writes}/{contract.dataset}/day=2026-01-05/x"
        for stage in stages.values()
        for contract in stage.produces
    ]
    manifests = [f"manifests/r/{stage.writes}.json" for stage in stages.values()]
    records = [
        "manifests/r/run.json",
        "manifests/r/attempts/gold/1.json",
        "manifests/.sweep",
        "tasks/bronze/parse/x.json",
    ]
    every = [*data, *manifests, *records, "bronze/_exchange/run=r/x.arrow"]
    read = {key for key in every if may("evidence", "GetObject", key)}
    assert read == {
        "raw/emails/day=2026-01-05/x", "bronze/emails/day=2026-01-05/x", "manifests/r/raw.json", "manifests/r/bronze.json",
    }  # fmt: skip
    assert not [(act, key) for act in ("PutObject", "DeleteObject") for key in every if may("evidence", act, key)]
    assert not allowed([policies("pqr", stages.values())["evidence"]], "s3:ListBucket", "arn:aws:s3:::pqr")


def test_the_answer_key_is_for_checks_only(may, stages):
    """Only who wrote it and a person may read it."""
    for user in (*stages, "pipeline", "evidence"):
        assert may(user, "GetObject", "raw/answers/run=r/2026-01-05.parquet") == (user == "generator")
    assert may("operator", "GetObject", "raw/answers/run=r/2026-01-05.parquet")


def test_the_parent_and_a_person_declare_runs_and_write_no_data(may, stages):
    """What a run is, is written before any stage starts."""
    for user in ("pipeline", "operator"):
        assert may(user, "PutObject", "manifests/r/run.json")
        assert not [stage.writes for stage in stages.values() if may(user, "PutObject", f"{stage.writes}/x")]


def test_a_person_removes_and_prunes_and_nobody_else(may, stages):
    """The records of a run, shared receipts, data, and the gate meanwhile; a stage looks at the gate."""
    gone = [
        "manifests/r/run.json",
        "manifests/r/gold.json",
        "manifests/r/attempts/gold/1.json",
        "manifests/r/receipts/gold/marts/x.json",
        "manifests/.sweep",
    ]
    data = ["tasks/gold/marts/x.json", *(f"{stage.writes}/x/y.parquet" for stage in stages.values())]
    assert all(may("operator", "DeleteObject", key) for key in (*gone, *data))
    assert may("operator", "PutObject", "manifests/.sweep")
    for user in (*stages, "pipeline"):
        assert may(user, "GetObject", "manifests/.sweep")
        assert not may(user, "PutObject", "manifests/.sweep")
        removable = [key for key in gone if may(user, "DeleteObject", key)]
        assert removable == (["manifests/r/receipts/gold/marts/x.json"] if user == "gold" else [])
    assert not any(may("pipeline", "DeleteObject", key) for key in data)
