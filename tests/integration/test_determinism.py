"""The same parameters give the same data, whoever works, how many, in which order, in which window."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date

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
SMALL = {"window_to": date(2026, 2, 20), "tickets_per_business_day": 40}
PINNED = {
    "raw/emails": "4604-aa18bf00e13ddd3afe7b20d174a9b2ec",
    "raw/answers": "1432-a22055b5153d07b7e947c3572f797709",
    "bronze/emails": "4591-881409298b378f283d42ebea378cc927",
    "bronze/rejects": "13-03fa37831909632cd84f0777333fa19f",
    "silver/emails": "4575-9df7095ffcc209156ae18f87dc0fbb97",
    "silver/tickets": "1376-9e4597ed2a55c993935498a30b940dd6",
    "silver/ticket_events": "4551-c94ec3e63d8c5bd2a868c702880165db",
    "silver/rejects": "16-f7074b534fd85db25191533b9348dc34",
    "silver/radicados": "1381-a738ef83d1aaf24168e08ffe23216c64",
    "silver/seen": "4575-eef897c45b41bf10a947556f31c86a4e",
    "gold/kpi_executive": "1-ac8645e0168fa05c7af3a3878c7ea231",
    "gold/kpi_daily": "510-998b71d833534e81780779e450dceac5",
    "gold/kpi_sla": "17-20aef70db77afa42be1eeb205262ae51",
    "gold/kpi_backlog_age": "120-974b379a02332c84e3b3cc8fcee75657",
    "gold/kpi_territory": "224-29b0243cacc1e345bfefdf385e402678",
    "gold/kpi_topic": "175-00e43b02880ef794b8e6388638a325f1",
    "gold/kpi_arrivals": "168-73da8d5b9f1c2de2e23674747310a66c",
    "gold/kpi_peaks": "51-8456e1988a694f2e02ac60a0dcecec0b",
    "gold/kpi_response_time": "130-b7eb327dede2cdcab1b6dd3721862c1f",
    "gold/kpi_cohorts": "925-a880b5c39092cc86ddcc8724e149ea2f",
    "gold/report_access_to_information": "4-94b13c66a9c1616cce8494b485339096",
    "gold/total_arrivals": "124-b0724be25657a4c9e5c59ea8f8cca254",
    "gold/total_backlog": "167-f4c285288a39982161846abbed0bdcab",
    "gold/total_flow": "1409-9dab466a4e5fdd59f2b9c13bc06ad1d8",
    "gold/total_territory": "798-ce8b297d1650cc828d9bd2338ef9102c",
    "gold/total_outcomes": "427-9889adf58b9a6f944a8cbc7cc739fde1",
    "gold/total_traits": "10-5e56070ddedbe3fe20a1b5f4d0b317cb",
    "gold/total_topic": "737-03cae7dc98c0b67bac3c60b64f753d1b",
    "gold/total_access": "50-346aebb702edb7b62f166f8897dd3fa0",
    "load/core.tickets": "1376-9e4597ed2a55c993935498a30b940dd6",
    "load/core.ticket_events": "4551-c94ec3e63d8c5bd2a868c702880165db",
    "load/gold.kpi_executive": "1-ac8645e0168fa05c7af3a3878c7ea231",
    "load/gold.kpi_daily": "510-998b71d833534e81780779e450dceac5",
    "load/gold.kpi_sla": "17-20aef70db77afa42be1eeb205262ae51",
    "load/gold.kpi_backlog_age": "120-974b379a02332c84e3b3cc8fcee75657",
    "load/gold.kpi_territory": "224-29b0243cacc1e345bfefdf385e402678",
    "load/gold.kpi_topic": "175-00e43b02880ef794b8e6388638a325f1",
    "load/gold.kpi_arrivals": "168-73da8d5b9f1c2de2e23674747310a66c",
    "load/gold.kpi_peaks": "51-8456e1988a694f2e02ac60a0dcecec0b",
    "load/gold.kpi_response_time": "130-b7eb327dede2cdcab1b6dd3721862c1f",
    "load/gold.kpi_cohorts": "925-a880b5c39092cc86ddcc8724e149ea2f",
    "load/gold.report_access_to_information": "4-94b13c66a9c1616cce8494b485339096",
    "load/core.sla_policies": "28-91699e6f8aeff6009bcd8ebcafc14be7",
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
    """Two overlapping windows give byte-identical objects for the days they share."""
    later = replace(january, window_from=date(2026, 1, 12), window_to=date(2026, 2, 6))
    other = _raw_objects(own_lake.run("later", later, "generator"))
    mine = _raw_objects(finished)
    shared = other.keys() & mine.keys()
    assert len(shared) == 20
    assert {key: other[key] for key in shared} == {key: mine[key] for key in shared}


@pytest.mark.parametrize("change", [{"seed": 43}, {"breach_rate": "0.12"}, {"tickets_per_business_day": 140}])
def test_other_parameters_give_another_inbox(change, own_lake, finished):
    """Another seed moves every day; another rate or volume moves some."""
    given = {"window_to": date(2026, 1, 31), "tickets_per_business_day": 120} | change
    other = _raw_objects(own_lake.run("other", Parameters.create(**given), "generator"))
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
    """Every dataset has rows, and what Postgres mirrors of silver and gold is what it shows."""
    assert [name for name, digest in PINNED.items() if digest.startswith("0-")] == []
    layers = {"core": "silver", "gold": "gold"}
    shown = [name.removeprefix("load/").split(".") for name in PINNED if name.startswith("load/")]
    pairs = [(f"load/{schema}.{table}", f"{layers[schema]}/{table}") for schema, table in shown]
    mirrored = [(mirror, source) for mirror, source in pairs if source in PINNED]
    assert len(mirrored) == 13
    assert [mirror for mirror, source in mirrored if PINNED[mirror] != PINNED[source]] == []
