from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.stage.values import StageInputs
from pqr_common.tables.contract import conform, violations
from pqr_generator import stage as stage_module
from pqr_generator.schema import ANSWERS
from pqr_generator.stage import STAGE
from pqrs.parameters import Parameters

RUN = Parameters.create(window_from=date(2026, 1, 10), window_to=date(2026, 2, 20), tickets_per_business_day=12)


@dataclass
class Bench:
    run_id: str
    parameters: Parameters
    settings: None = None


def planned(parameters):
    return STAGE.phases[0].plan(StageInputs("run", parameters, {}))


def made(parameters):
    bench = Bench("run", parameters)
    return [output for task in planned(parameters) for output in STAGE.phases[0].work(task, bench)]


def test_tasks_cover_the_window_once():
    """The tasks are consecutive runs of days, from the first day of the window to the last."""
    for volume in (1, 400, 20_000):
        tasks = planned(replace(RUN, tickets_per_business_day=volume))
        edges = [(date.fromisoformat(t.arguments["first"]), date.fromisoformat(t.arguments["last"])) for t in tasks]
        assert (edges[0][0], edges[-1][1]) == (RUN.window_from, RUN.window_to)
        for (_, last), (first, _) in itertools.pairwise(edges):
            assert first.toordinal() == last.toordinal() + 1
        assert len({task.key for task in tasks}) == len(tasks)


def test_large_windows_are_cut_into_more_tasks():
    """Work that is worth sharing is shared; what is tiny stays one task."""
    counts = [len(planned(replace(RUN, tickets_per_business_day=volume))) for volume in (1, 400, 20_000)]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] == 8


def test_outputs_name_their_day_and_lie_where_the_design_says():
    """One raw part and one key per day, under the run's folders, the key numbered by the day of the window."""
    outputs = made(RUN)
    emails = [output for output in outputs if output.dataset == "emails"]
    answers = [output for output in outputs if output.dataset == "answers"]
    assert [output.key for output in answers] == [day.isoformat() for day in RUN.days]
    assert emails[0].key == "2026-01-10/part-00000"
    assert emails[0].place == "day=2026-01-10/part-00000"
    assert answers[3].place == "part-00003"
    assert all(bytes(output.lines).count(b"\n") == output.rows for output in emails)


def test_answers_keep_their_contract():
    """Every partition of the answer key conforms to the contract and breaks none of its promises."""
    for output in made(RUN):
        if output.dataset == "answers":
            assert output.table.schema.equals(pa.schema([f.with_nullable(True) for f in ANSWERS.schema]))
            assert violations(conform(output.table, ANSWERS), ANSWERS) == []


def test_contract_allows_what_a_line_holds():
    """The stage promises both datasets and validates volume before anything is written."""
    assert [contract.dataset for contract in STAGE.produces] == ["emails", "answers"]
    with pytest.raises(InvalidSettings):
        STAGE.validate(replace(RUN, tickets_per_business_day=900_000))


def test_task_size_does_not_change_the_objects(monkeypatch):
    """One task or many: the same outputs."""
    whole = [(output.place, output.lines and bytes(output.lines), output.table) for output in made(RUN)]
    monkeypatch.setattr(stage_module, "TASK_SIZES", ((None, 300),))
    many = [(output.place, output.lines and bytes(output.lines), output.table) for output in made(RUN)]
    assert len(planned(RUN)) > 3
    assert many == whole
