"""The same parameters give the same data, whoever works, how many, in which order, in which window."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from pqr_common.stage.discovery import installed_graph, warehouse
from pqr_common.stage.executor import dask_executor
from pqr_pipeline.audit.verify import verify
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

# The digests of this small run are an agreement between versions. A change here is a change of what every run means:
# it needs a reason in the commit, and committed runs of older versions no longer match.
SMALL = {"opens_on": date(2026, 1, 1), "window_to": date(2026, 2, 20), "tickets_per_business_day": 40}
PINNED = {
    "raw/emails": "4641-c2549e3ab221391f41b63fa897eeb2c8",
    "raw/answers": "1432-6d098ff691ed9458b1b6225acd3bf929",
    "bronze/emails": "4628-e56112a5f3fdc7e2eb8d6cb57222ce5f",
    "bronze/rejects": "13-baac5e30c5c1bfe0ab25ea18f6279dd0",
    "silver/emails": "4611-df6cfa55d790b8923833856a5ed7073d",
    "silver/tickets": "1376-350e220fa2c5d0439ab6b571b34f23d7",
    "silver/ticket_events": "4587-9896bff8c8a5a6d017f3b48776eca86e",
    "silver/rejects": "17-9585f8f07dcafbf671541911dd2d8951",
    "silver/clashes": "0-00000000000000000000000000000000",
    "silver/radicados": "2762-ecbe9f624ac26331e66bff6439c7e299",
    "silver/seen": "4611-e5735b06e523ebd1f48f9888fe821443",
    "gold/kpi_executive": "1-6dde209a1fa893425ed66753f6aae908",
    "gold/kpi_daily": "918-debce314b081dfea2d590a072669465d",
    "gold/kpi_sla": "17-2e9ee8a3c7b2f7d8e7b105ce08975b13",
    "gold/kpi_backlog_age": "216-f645df1fe3e0e41bbb511564d3bdf8b1",
    "gold/kpi_territory": "102-19b960671b4b459091a918a42ecf4ad0",
    "gold/kpi_topic": "175-fd960789cf1c8a2f7f891a31ece61ac6",
    "gold/kpi_arrivals": "168-73da8d5b9f1c2de2e23674747310a66c",
    "gold/kpi_peaks": "51-8456e1988a694f2e02ac60a0dcecec0b",
    "gold/kpi_response_time": "138-93f6dbf358015fee762980e4bd97a20f",
    "gold/kpi_cohorts": "840-555dc70883ab3807f6c84c94d62054fa",
    "gold/report_access_to_information": "4-7d0c51a5dd1941af580bd8471a1bca41",
    "gold/total_arrivals": "124-b0724be25657a4c9e5c59ea8f8cca254",
    "gold/total_backlog": "169-fb1b377b77214d7390c44fe8d602e85d",
    "gold/total_flow": "1436-91055cd3d5736734fc8902d6f0540d6e",
    "gold/total_territory": "376-d4737054dbad1996447376b5d7c460da",
    "gold/total_outcomes": "441-ff8aff269ffe44f389cdeb1e50015836",
    "gold/total_traits": "10-ea6665dacfd13904620c6db6449a4bc4",
    "gold/total_topic": "752-03388e15a4e2f210c20404387527f1ed",
    "gold/total_access": "55-a0b6a3f1c4579f1447bd64b794474a56",
    "load/core.tickets": "1376-350e220fa2c5d0439ab6b571b34f23d7",
    "load/core.ticket_events": "4587-9896bff8c8a5a6d017f3b48776eca86e",
    "load/gold.kpi_executive": "1-6dde209a1fa893425ed66753f6aae908",
    "load/gold.kpi_daily": "918-debce314b081dfea2d590a072669465d",
    "load/gold.kpi_sla": "17-2e9ee8a3c7b2f7d8e7b105ce08975b13",
    "load/gold.kpi_backlog_age": "216-f645df1fe3e0e41bbb511564d3bdf8b1",
    "load/gold.kpi_territory": "102-19b960671b4b459091a918a42ecf4ad0",
    "load/gold.kpi_topic": "175-fd960789cf1c8a2f7f891a31ece61ac6",
    "load/gold.kpi_arrivals": "168-73da8d5b9f1c2de2e23674747310a66c",
    "load/gold.kpi_peaks": "51-8456e1988a694f2e02ac60a0dcecec0b",
    "load/gold.kpi_response_time": "138-93f6dbf358015fee762980e4bd97a20f",
    "load/gold.kpi_cohorts": "840-555dc70883ab3807f6c84c94d62054fa",
    "load/gold.report_access_to_information": "4-7d0c51a5dd1941af580bd8471a1bca41",
    "load/core.sla_policies": "42-a53ab809a5cbbf80c502a60eab26b187",
    "load/core.calendar": "7670-8af145722d959e6ffa30c3334b203ecc",
}


# Small tasks, so that even a small run gives every worker its share of each phase.
CUTS = {
    "pqr_generator.stage.TASK_SIZES": ((6, 500),),
    "pqr_bronze.stage.TASK_BYTES": 2**20,
    "pqr_silver.plans.TASK_ROWS": 2_000,
    "pqr_silver.plans.BUCKET_ROWS": 2_000,
    "pqr_silver.plans.WHOLE_ROWS": 1_000,
}


def _cut(patch: pytest.MonkeyPatch) -> None:
    for name, value in CUTS.items():
        patch.setattr(name, value)


def _raw_objects(manifests) -> dict[str, str]:
    return {part.key: part.sha256 for part in manifests["raw"].dataset("emails").partitions}


def _contents(manifests) -> dict[str, str]:
    return {f"{layer}/{d.name}": d.content_digest for layer, m in manifests.items() for d in m.datasets}


def _digests(manifests) -> dict[str, str]:
    return {layer: manifest.digest for layer, manifest in manifests.items()}


@pytest.fixture(scope="module")
def database(platform) -> Callable[[], SecretStr]:
    """Makes databases beside the platform's, which goes on showing the run it shows."""
    numbers = itertools.count()

    def make() -> SecretStr:
        name = f"determinism_{next(numbers)}"
        dsn = make_conninfo(platform.dsn, dbname=name)
        with psycopg.connect(platform.dsn, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        warehouse().migrate(dsn)
        return SecretStr(dsn)

    return make


@pytest.fixture
def apart(own_lake, database):
    """The platform with a lake and a database of its own."""
    return own_lake.in_lake(own_lake.settings.lake_url, postgres_dsn=database())


@pytest.fixture(scope="module")
def cut_run(platform, january, database, tmp_path_factory):
    """The run `january` in many small tasks, by the platform's two workers."""
    lake = platform.in_lake(tmp_path_factory.mktemp("cut").as_uri(), postgres_dsn=database())
    with pytest.MonkeyPatch.context() as patch:
        _cut(patch)
        return lake.run("january", january)


def test_how_the_work_is_cut_changes_no_row(cut_run, finished):
    """Many tasks or few: the same raw bytes, content of every dataset down to Postgres, and digests of manifests."""
    few, many = (manifests["silver"].dataset("tickets").partitions for manifests in (finished, cut_run))
    assert len(many) >= 4 > len(few)
    assert _raw_objects(cut_run) == _raw_objects(finished)
    assert _contents(cut_run) == _contents(finished)
    assert _digests(cut_run) == _digests(finished)


@pytest.mark.parametrize("workers", [1, 4])
def test_the_number_of_workers_changes_nothing(workers, apart, cut_run, january, monkeypatch):
    """One worker and four give what two gave: the raw bytes, and the digest of all five manifests."""
    _cut(monkeypatch)
    with dask_executor(apart.settings.with_(workers=workers)) as executor:
        other = replace(apart, executor=executor).run("january", january)
    assert _raw_objects(other) == _raw_objects(cut_run)
    assert _digests(other) == _digests(cut_run)
    assert list(other) == list(installed_graph().layers)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_increments_by_any_number_of_workers_are_the_whole_run(workers, apart, finished, january):
    """Each is loaded over the one before it: the same manifests in the end, and the same rows in Postgres."""
    with dask_executor(apart.settings.with_(workers=workers)) as executor:
        place = replace(apart, executor=executor)
        for end in (date(2026, 1, 9), date(2026, 1, 30)):
            place.run(f"until-{end}", replace(january, window_to=end))
        made = place.run("january", january)
        proved = verify("january", lake=place.lake, settings=place.settings, executor=executor, is_deep=True)
    assert made["silver"].continues.manifest == "until-2026-01-30"
    assert any(part.sign < 0 for part in made["silver"].partitions)
    assert _digests(made) == _digests(finished)
    assert proved.findings == []
    moved = {check.name: check.observed for check in made["load"].checks if check.name.startswith("rows_")}
    assert 0 < moved["rows_deleted"] < moved["rows_inserted"] < made["load"].dataset("core.ticket_events").rows


def test_a_day_is_the_same_in_every_window_that_holds_it(own_lake, finished, january):
    """Two overlapping windows give byte-identical objects for the days they share, and for those read before them."""
    later = replace(january, window_from=date(2026, 1, 12), window_to=date(2026, 2, 6))
    other = _raw_objects(own_lake.run("later", later, "generator"))
    mine = _raw_objects(finished)
    shared = other.keys() & mine.keys()
    assert len(shared) == len(january.days)
    assert {key: other[key] for key in shared} == {key: mine[key] for key in shared}


@pytest.mark.parametrize("change", [{"seed": 43}, {"breach_rate": Decimal("0.12")}, {"tickets_per_business_day": 140}])
def test_other_parameters_give_another_inbox(change, own_lake, finished, january):
    """Another seed moves every day; another rate or volume moves some."""
    other = _raw_objects(own_lake.run("other", replace(january, **change), "generator"))
    mine = _raw_objects(finished)
    assert other.keys() == mine.keys()
    assert other != mine
    if "seed" in change:
        assert not set(other.values()) & set(mine.values())


def test_a_run_id_is_a_name_and_no_part_of_the_data(own_lake, finished, january):
    """Another name for the same parameters gives the same objects and content in every layer."""
    other = own_lake.run("another-name", january, "generator", "bronze", "silver", "gold")
    assert _raw_objects(other) == _raw_objects(finished)
    assert _contents(other) == {name: digest for name, digest in _contents(finished).items() if name[:5] != "load/"}


def test_the_content_of_a_small_run_is_pinned(apart):
    """Raw bytes and the content of every dataset of a fixed small run, held from version to version."""
    found = _contents(apart.run("small", Parameters.create(**SMALL)))
    assert found == PINNED, "\n".join(f'    "{name}": "{digest}",' for name, digest in found.items())


def test_what_is_pinned_is_worth_pinning():
    """Every dataset has rows but one: no radicado is used twice. What Postgres mirrors of silver and gold it shows."""
    assert [name for name, digest in PINNED.items() if digest.startswith("0-")] == ["silver/clashes"]
    layers = {"core": "silver", "gold": "gold"}
    shown = [name.removeprefix("load/").split(".") for name in PINNED if name.startswith("load/")]
    pairs = [(f"load/{schema}.{table}", f"{layers[schema]}/{table}") for schema, table in shown]
    mirrored = [(mirror, source) for mirror, source in pairs if source in PINNED]
    assert len(mirrored) == 13
    assert [mirror for mirror, source in mirrored if PINNED[mirror] != PINNED[source]] == []
