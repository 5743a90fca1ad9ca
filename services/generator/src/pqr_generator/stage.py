"""The generator stage: tasks are runs of arrival days; how they are cut never changes a byte."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from pqr_common import Check, Output, Phase, Stage, StageInputs, StageOutcome, Task, TaskContext
from pqr_generator.days import RawPart, generate
from pqr_generator.schema import PRODUCES
from pqr_generator.tickets.volume import planned_volume, validate
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

# What a day depends on: the inbox, and not the window that shows it.
INBOX = ("seed", "opens_on", "tickets_per_business_day", "breach_rate", "scenario")
MAILS_PER_TICKET = 4  # roughly, to size tasks
# Up to so many tasks while each has so many mails. More tasks mean more days seen twice, since each task goes back to
# the tickets whose threads still write; fewer mean more memory, of which the last size takes some 700 MB.
TASK_SIZES = ((4, 20_000), (8, 250_000), (None, 1_000_000))


def plan_days(inputs: StageInputs) -> list[Task]:
    """Runs of the days that are not there yet, with about equally many tickets; each day is a member of its task."""
    parameters = Parameters.of(inputs.parameters)
    days = _missing(inputs, parameters)
    offset = (days[0] - parameters.opens_on).days
    tickets = np.cumsum(planned_volume(parameters).tickets[offset:])
    mails = int(tickets[-1]) * MAILS_PER_TICKET
    count = max(1, *(min(most or mails, math.ceil(mails / size)) for most, size in TASK_SIZES))
    ends = np.searchsorted(tickets, tickets[-1] * np.arange(1, count) // count) + 1
    edges = np.unique(np.concatenate([[0], ends, [len(tickets)]])).tolist()
    return [_task(days[start:stop]) for start, stop in pairwise(edges)]


def _missing(inputs: StageInputs, parameters: Parameters) -> list[date]:
    """The days that the run reads after those of the run that it continues."""
    if not inputs.base:
        return parameters.days_read
    there = {part.key.partition("/")[0] for part in inputs.base["raw"].dataset("emails").partitions}
    return [day for day in parameters.days_read if day.isoformat() not in there]


def _task(days: list[date]) -> Task:
    return Task(f"{days[0]}-{days[-1]}", members=tuple(Task(day.isoformat()) for day in days))


def work_days(task: Task, context: TaskContext) -> Iterator[Output]:
    """The raw parts and the answer key of each day of the task; days that stand together are walked together."""
    parameters = Parameters.of(context.parameters)
    days = [date.fromisoformat(member.key) for member in task.members]
    starts = [n for n, day in enumerate(days) if not n or day - days[n - 1] > timedelta(days=1)]
    for start, stop in pairwise([*starts, len(days)]):
        yield from _stretch(parameters, days[start], days[stop - 1])


def _stretch(parameters: Parameters, first: date, last: date) -> Iterator[Output]:
    for made in generate(parameters, first, last):
        day = made.day.isoformat()
        if isinstance(made, RawPart):
            part = f"part-{made.number:05d}"
            yield Output(
                "emails",
                f"{day}/{part}",
                lines=made.lines,
                rows=made.rows,
                min_at=made.min_at,
                max_at=made.max_at,
                place=f"day={day}/{part}",
                member=day,
            )
        else:
            yield Output("answers", day, table=made.table, place=f"day={day}", member=day)


def checks(outcome: StageOutcome) -> list[Check]:
    """Every day that the run reads is there, and in each of its quarters breaches are planned to within one ticket."""
    parameters = Parameters.of(outcome.inputs.parameters)
    quota = planned_volume(parameters).fates.quota
    eligible, breached = quota.eligible.sum(axis=1).tolist(), quota.breached.sum(axis=1).tolist()
    written = {part.key.partition("/")[0] for part in outcome.partitions.get("emails", ())}
    keyed = {part.key for part in outcome.partitions.get("answers", ())}
    off = [abs(b - e * parameters.breach_rate) > 1 for e, b in zip(eligible, breached, strict=True)]
    return [
        Check.equal("days_written", len(written), len(parameters.days_read)),
        Check.equal("days_keyed", len(keyed), len(parameters.days_read)),
        Check(
            name="breach_quota",
            dimension="validity",
            status="failed" if any(off) else "passed",
            observed=", ".join(f"{b} of {e}" for e, b in zip(eligible, breached, strict=True)),
            expected=f"{parameters.breach_rate} of those that a quarter opens, give or take one ticket",
        ),
    ]


STAGE = Stage(
    name="generator",
    writes="raw",
    package="pqr_generator",
    produces=PRODUCES,
    phases=(Phase("days", plan_days, work_days, parameters=INBOX),),
    checks=checks,
    validate=validate,
    continues=True,
    keeps=("emails", "answers"),
)
