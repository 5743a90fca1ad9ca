"""The same parameters give the same data, whoever works, how many, in which order, in which window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pqr_common.executor import dask_executor
from pqr_common.layout import STAGE_WRITES
from pqr_common.parameters import Parameters

pytestmark = pytest.mark.integration

# The digests of this small run are an agreement between versions. A change here is a change of what every run means:
# it needs a reason in the commit, and committed runs of older versions no longer match.
SMALL = {"window_to": date(2026, 1, 16), "tickets_per_business_day": 60}
PINNED = {
    "raw/emails": "1195-bac6534891810b8a29e50b5983d4db56",
    "raw/answers": "485-5c768437f071c065c545c07fcddeaadd",
    "bronze/emails": "1194-0e57f01bffca06a463ea655a942164e0",
    "bronze/rejects": "1-9abb851de02833c856a1d025703cb534",
    "silver/emails": "1190-c134a89ee531f82cabbae0b51386443d",
    "silver/tickets": "470-8eaaafc6480fc95819e2720abbf6778f",
    "silver/ticket_events": "1181-3b058d0f24066bd978ff52b5d44f9cf7",
    "silver/rejects": "4-5db941893a155a9405ae2ad97f0c8597",
    "gold/kpi_executive": "1-bdceac32cce0a1b1dbd7601661bc850c",
    "gold/kpi_daily": "160-2759e89aff40c9c5a5c1f7728c07b754",
    "gold/kpi_sla": "0-00000000000000000000000000000000",
    "gold/kpi_backlog_age": "120-51f41f7f446058e4041c2e605e7bd858",
    "gold/kpi_territory": "147-81bd1c6b7875cc413a353c74abf3bc5d",
    "gold/kpi_topic": "132-29ba1a07d2e158d51a13d53defba9ba5",
    "gold/kpi_arrivals": "168-1ebc7b73b31af13251e13cb96fb42b9c",
    "gold/kpi_peaks": "16-b86ba74d37d051692f6428531cb81f26",
    "gold/kpi_response_time": "30-d7348adaea425ea85625f7c2a66dfc74",
    "gold/report_access_to_information": "2-ec26482d43d70339e6cc20f4686ee292",
}


def _raw_objects(manifests) -> dict[str, str]:
    return {part.key: part.sha256 for part in manifests["raw"].dataset("emails").partitions}


@pytest.mark.parametrize("workers", [1, 4])
def test_the_number_of_workers_changes_nothing(workers, own_lake, finished, january):
    """One worker and four give the digests, and the raw bytes, that two gave."""
    with dask_executor(own_lake.settings.with_(workers=workers)) as executor:
        other = replace(own_lake, executor=executor).run("january", january, "generator", "bronze", "silver", "gold")
    assert _raw_objects(other) == _raw_objects(finished)
    assert {layer: m.digest for layer, m in other.items()} == {layer: finished[layer].digest for layer in other}


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
    for layer, manifest in other.items():
        assert [(d.name, d.content_digest) for d in manifest.datasets] == [
            (d.name, d.content_digest) for d in finished[layer].datasets
        ]


def test_the_content_of_a_small_run_is_pinned(own_lake):
    """Raw bytes and the content of every dataset of a fixed small run, held from version to version."""
    made = own_lake.run("small", Parameters.create(**SMALL), "generator", "bronze", "silver", "gold")
    found = {f"{layer}/{d.name}": d.content_digest for layer, m in made.items() for d in m.datasets}
    assert found == PINNED
    assert list(made) == list(STAGE_WRITES.values())[:-1]
