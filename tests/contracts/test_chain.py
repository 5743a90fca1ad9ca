"""The contract chain: what every stage needs, a stage before it makes. The only place that imports all stages."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.layout import STAGE_WRITES
from pqr_common.manifest.values import Dataset, schema_fields
from pqr_common.stage.discovery import ORDER, installed_stages, stage_named
from pqr_common.tables.contract import unmet

STAGES = installed_stages()


def test_every_stage_announces_itself():
    """All five stages are found by their entry points, in the order of the pipeline, writing their layer."""
    assert tuple(STAGES) == ORDER
    assert {name: stage.writes for name, stage in STAGES.items()} == STAGE_WRITES


@pytest.mark.parametrize("name", ORDER)
def test_what_a_stage_requires_is_promised_upstream(name):
    """Every required column is offered, with its type, by a layer the stage says it reads."""
    stage = STAGES[name]
    offered = {
        contract.dataset: Dataset(contract.dataset, contract.grain, schema_fields(contract.schema), ())
        for upstream in STAGES.values()
        if upstream.writes in stage.reads
        for contract in upstream.produces
    }
    for required in stage.requires:
        assert required.dataset in offered
        assert unmet(required, offered[required.dataset]) == []


@pytest.mark.parametrize("name", ORDER)
def test_a_stage_reads_only_what_comes_before_it(name):
    """The order of the pipeline is the order of the layers."""
    before = [STAGE_WRITES[earlier] for earlier in ORDER[: ORDER.index(name)]]
    assert set(STAGES[name].reads) <= set(before)


@pytest.mark.parametrize("name", ["bronze", "silver", "gold"])
def test_promised_columns_have_types_that_cannot_drift(name):
    """No float, no nesting, no dictionary: the content digest of a table is the same on every machine."""
    for contract in STAGES[name].produces:
        for field in contract.schema:
            assert not pa.types.is_floating(field.type), f"{contract.dataset}.{field.name}"
            assert not pa.types.is_nested(field.type), f"{contract.dataset}.{field.name}"
            assert not pa.types.is_dictionary(field.type), f"{contract.dataset}.{field.name}"


@pytest.mark.parametrize("name", ORDER)
def test_every_dataset_says_its_grain_once(name):
    """A grain is a sentence part, and dataset names are unique within a layer."""
    contracts = STAGES[name].produces
    assert all(contract.grain for contract in contracts)
    assert len({contract.dataset for contract in contracts}) == len(contracts)


def test_an_unknown_stage_is_said_to_be_unknown():
    """The sentence lists the stages there are."""
    with pytest.raises(InvalidSettings, match="generator, bronze, silver, gold, loader"):
        stage_named("platinum")
