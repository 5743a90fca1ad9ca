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
    "raw/emails": "5100-28cf9683f4669a29afb565fb1e2e2c0b",
    "raw/answers": "1637-4fc66c12588f2a964f408f67cd28dc6e",
    "bronze/emails": "5084-a95e59c2b9ee32edcb96200d17817fd3",
    "bronze/rejects": "16-b3b3145319e3fa1c8a6c60821479463a",
    "silver/emails": "5068-f20626c60ba0d0c27150d1518d50e952",
    "silver/tickets": "1547-d5887a581160ebec10873f15fe4f54fa",
    "silver/ticket_events": "5040-a8bd71c89583c5089ea40883bb395388",
    "silver/rejects": "16-0aefbc71c254f67519f17438c2eaaff6",
    "silver/clashes": "0-00000000000000000000000000000000",
    "silver/radicados": "3100-223c6d576f8ebc289047584583c706f0",
    "silver/seen": "5068-37566b440137157ef909680cc47a75a2",
    "gold/kpi_executive": "1-bc9bed2f0f781dafb475a997facf00ba",
    "gold/kpi_daily": "918-fefa6b64859ec938cbd9333bfbc5d313",
    "gold/kpi_sla": "17-71fd466656de6a797befa801ce3adc9e",
    "gold/kpi_backlog_age": "216-d6bd01b6ffb3b06e8c09e9f120208b79",
    "gold/kpi_territory": "109-028f9d4fc49c604798438c6d16200526",
    "gold/kpi_topic": "184-4c1d92321280ad11209325335300498e",
    "gold/kpi_arrivals": "168-0c9b737525a0c5cc76fe6e3738b58b86",
    "gold/kpi_peaks": "51-dd7065457f72d58d0df4189cd1ded25c",
    "gold/kpi_response_time": "110-4e2b21dfe4d4e5b0b388ab1c6abf4ed9",
    "gold/kpi_cohorts": "710-a582e6ae47957128b86c202c942da727",
    "gold/report_access_to_information": "4-259c5c32923fed338e4fb8e5081677a7",
    "gold/total_arrivals": "130-543f9a9e3b8b78494af02e43e1d4137c",
    "gold/total_backlog": "161-d274e71d09a15ded3da869310d348f42",
    "gold/total_flow": "1419-311fa733dfb9fb5c0a642c29e18ef2fe",
    "gold/total_territory": "400-75374741bda52455bd9ee013b7a1f8ef",
    "gold/total_outcomes": "371-0db714c1e2b781bd84752b5185578bdc",
    "gold/total_traits": "10-9e7d0529cd332b47ad5dd1e63f7dc21a",
    "gold/total_topic": "678-4d3656d56fed83ab24fc4b7dc5220fa7",
    "gold/total_access": "70-f3275045de50548259af5d126856b4d2",
    "load/core.tickets": "1547-d5887a581160ebec10873f15fe4f54fa",
    "load/core.ticket_events": "5040-a8bd71c89583c5089ea40883bb395388",
    "load/gold.kpi_executive": "1-bc9bed2f0f781dafb475a997facf00ba",
    "load/gold.kpi_daily": "918-fefa6b64859ec938cbd9333bfbc5d313",
    "load/gold.kpi_sla": "17-71fd466656de6a797befa801ce3adc9e",
    "load/gold.kpi_backlog_age": "216-d6bd01b6ffb3b06e8c09e9f120208b79",
    "load/gold.kpi_territory": "109-028f9d4fc49c604798438c6d16200526",
    "load/gold.kpi_topic": "184-4c1d92321280ad11209325335300498e",
    "load/gold.kpi_arrivals": "168-0c9b737525a0c5cc76fe6e3738b58b86",
    "load/gold.kpi_peaks": "51-dd7065457f72d58d0df4189cd1ded25c",
    "load/gold.kpi_response_time": "110-4e2b21dfe4d4e5b0b388ab1c6abf4ed9",
    "load/core.kpi_cohorts": "710-a582e6ae47957128b86c202c942da727",
    "load/gold.report_access_to_information": "4-259c5c32923fed338e4fb8e5081677a7",
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
    shown = [name for name in PINNED if name.startswith("load/")]
    sources = {f"{layer}/{name.partition('.')[2]}": name for name in shown for layer in ("silver", "gold")}
    mirrored = [(mirror, source) for source, mirror in sources.items() if source in PINNED]
    assert len(mirrored) == 13
    assert [mirror for mirror, source in mirrored if PINNED[mirror] != PINNED[source]] == []
