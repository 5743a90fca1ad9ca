"""The contract chain: what every stage needs, a stage before it makes. The only place that imports all stages."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from pqr_bronze.schema import RAW_LINES, SINCE
from pqr_common.errors import InvalidSettings
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.manifest.values import Dataset, schema_fields
from pqr_common.stage.discovery import installed_graph, installed_stages, stage_named
from pqr_common.tables.contract import Contract, unmet
from pqr_generator.schema import EMAILS, HTML_VERSION

STAGES = installed_stages()
LAYERS = {"generator": "raw", "bronze": "bronze", "silver": "silver", "gold": "gold", "loader": "load"}


def offer(contract: Contract) -> Dataset:
    """A promise as a manifest carries it."""
    return Dataset(contract.dataset, contract.grain, schema_fields(contract.schema), ())


def test_every_stage_announces_itself():
    """All five stages are found by their entry points, in the order of the pipeline, writing their layer."""
    assert [(name, stage.writes) for name, stage in STAGES.items()] == list(LAYERS.items())


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_stage_requires_is_promised_upstream(name):
    """Every required column is offered, with its type, by the layer it is required of, or by each that has the dataset."""
    for layer, contracts in STAGES[name].requires.items():
        for required in contracts:
            offered = [
                offer(contract)
                for upstream in STAGES.values()
                if layer in (upstream.writes, EVERY_LAYER)
                for contract in upstream.produces
                if contract.dataset == required.dataset
            ]
            assert offered, f"{layer}/{required.dataset}"
            assert [unmet(required, dataset) for dataset in offered] == [[]] * len(offered)


def test_what_is_read_column_by_column_is_required():
    """Bronze, silver and gold say which columns they depend on, so the comparison above is not an empty one."""
    assert all(
        STAGES[name].requires[layer] for name, layer in zip(("bronze", "silver", "gold"), LAYERS.values(), strict=False)
    )


@pytest.mark.parametrize("name", EMAILS.schema.names)
def test_renaming_a_raw_field_breaks_the_chain(name):
    """A line is required field by field: whichever the generator renames, bronze misses it by its name and type."""
    fields = [field.with_name("renamed") if field.name == name else field for field in EMAILS.schema]
    renamed = replace(EMAILS, schema=pa.schema(fields))
    assert unmet(RAW_LINES, offer(renamed)) == list(schema_fields(pa.schema([RAW_LINES.schema.field(name)])))


@pytest.mark.parametrize("outer", ["from", "attachments"])
def test_renaming_a_field_inside_a_raw_field_breaks_the_chain(outer):
    """The sender and the attachments are required with all that is in them."""
    other = pa.field(outer, pa.struct([("renamed", pa.string())]), nullable=False)
    fields = [other if field.name == outer else field for field in EMAILS.schema]
    assert len(unmet(RAW_LINES, offer(replace(EMAILS, schema=pa.schema(fields))))) == 1


def test_raw_lines_have_one_order_and_the_same_versions():
    """Bronze takes lines at a glance that are written in the order it knows, and refuses other versions."""
    assert RAW_LINES.schema.names == EMAILS.schema.names
    assert max(SINCE.values()) == HTML_VERSION


@pytest.mark.parametrize("name", LAYERS)
def test_a_stage_reads_only_what_comes_before_it(name):
    """The order of the pipeline is the order of the layers."""
    before = list(LAYERS.values())[: list(LAYERS).index(name)]
    assert set(STAGES[name].requires) <= {*before, EVERY_LAYER}


@pytest.mark.parametrize("name", ["bronze", "silver", "gold"])
def test_promised_columns_have_types_that_cannot_drift(name):
    """No float, no nesting, no dictionary: the content digest of a table is the same on every machine."""
    for contract in STAGES[name].produces:
        for field in contract.schema:
            assert not pa.types.is_floating(field.type), f"{contract.dataset}.{field.name}"
            assert not pa.types.is_nested(field.type), f"{contract.dataset}.{field.name}"
            assert not pa.types.is_dictionary(field.type), f"{contract.dataset}.{field.name}"


@pytest.mark.parametrize("name", LAYERS)
def test_every_dataset_says_its_grain_once(name):
    """A grain is a sentence part, and dataset names are unique within a layer."""
    contracts = STAGES[name].produces
    assert all(contract.grain for contract in contracts)
    assert len({contract.dataset for contract in contracts}) == len(contracts)


def test_an_unknown_stage_is_said_to_be_unknown():
    """The sentence lists the stages there are."""
    with pytest.raises(InvalidSettings, match="bronze, generator, gold, loader, silver"):
        stage_named("platinum")


def test_defect_7_only_silver_sees_the_key_of_pseudonyms():
    """Of the settings, a stage's work sees what the stage names; no other secret travels to a worker with it."""
    assert {name: stage.settings for name, stage in STAGES.items() if stage.settings} == {
        "silver": ("pseudonym_key",),
        "loader": ("postgres_dsn",),
    }


def test_what_a_dataset_is_made_from_is_read_by_its_stage():
    """Lineage follows from the contracts, so none may name what its stage does not read."""
    for stage in STAGES.values():
        read = {node.writes: node.reads for node in installed_graph().nodes}[stage.writes]
        named = {place.partition("/")[0] for contract in stage.produces for place in contract.made_from}
        assert named <= set(read)
