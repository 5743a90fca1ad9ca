from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pyarrow as pa
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.stage.values import StageInputs
from pqr_common.tables.contract import conform, violations
from pqr_generator import stage as stage_module
from pqr_generator.schema import ANSWERS
from pqr_generator.stage import STAGE
from pqrs.parameters import Parameters

OPENS_ON = date(2026, 1, 1)

RUN = Parameters.create(
    opens_on=OPENS_ON, window_from=date(2026, 1, 10), window_to=date(2026, 2, 20), tickets_per_business_day=12
)


@dataclass
class Bench:
    run_id: str
    parameters: Parameters
    settings: None = None


def planned(parameters):
    return STAGE.phases[0].plan(StageInputs("run", parameters, {}))


def made(parameters):
    return [output for task in planned(parameters) for output in worked(parameters, task)]


def worked(parameters, task):
    return list(STAGE.phases[0].work(task, Bench("run", parameters)))


def test_tasks_cover_the_window_once():
    """The tasks are consecutive runs of days, from the first day that the run reads to the last of its window."""
    for volume in (1, 400, 20_000):
        tasks = planned(replace(RUN, tickets_per_business_day=volume))
        days = [date.fromisoformat(member.key) for task in tasks for member in task.members]
        assert days == RUN.days_read
        assert len({task.key for task in tasks}) == len(tasks)


def test_large_windows_are_cut_into_more_tasks():
    """Work that is worth sharing is shared; what is tiny stays one task."""
    counts = [len(planned(replace(RUN, tickets_per_business_day=volume))) for volume in (1, 400, 20_000)]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] == 8


def test_outputs_name_their_day_and_lie_where_the_design_says():
    """One raw part and one key per day, in the folder of the day and of nothing else."""
    outputs = made(RUN)
    emails = [output for output in outputs if output.dataset == "emails"]
    answers = [output for output in outputs if output.dataset == "answers"]
    assert [output.key for output in answers] == [day.isoformat() for day in RUN.days_read]
    assert emails[0].key == "2026-01-01/part-00000"
    assert emails[0].place == "day=2026-01-01/part-00000"
    assert answers[3].place == "day=2026-01-04"
    assert all(output.member == output.key[:10] for output in outputs)
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


def test_days_that_are_there_are_left_out_and_change_no_other():
    """A task with a gap among its days walks each stretch alone: the outputs are those of the whole."""
    (task,) = planned(RUN)
    gap = replace(task, members=tuple(member for n, member in enumerate(task.members) if n not in (2, 3, 7)))
    days = {member.key for member in gap.members}
    told = [(o.dataset, o.key, o.lines and bytes(o.lines), o.table) for o in made(RUN) if o.member in days]
    assert [(o.dataset, o.key, o.lines and bytes(o.lines), o.table) for o in worked(RUN, gap)] == told


def test_a_day_depends_on_the_inbox_and_not_on_the_window():
    """What a task's receipt says it depends on is all that it depends on."""
    phase = STAGE.phases[0]
    wider = replace(RUN, window_from=RUN.window_from - timedelta(days=5), window_to=RUN.window_to + timedelta(days=9))
    shared = {name: value for name, value in RUN.to_json().items() if name in phase.parameters}
    assert shared == {name: value for name, value in wider.to_json().items() if name in phase.parameters}
    (task,) = planned(RUN)
    one, other = ([(o.key, o.lines and bytes(o.lines), o.table) for o in worked(run, task)] for run in (RUN, wider))
    assert one == other
