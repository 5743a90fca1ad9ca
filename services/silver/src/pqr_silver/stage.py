"""The silver stage: e-mails go to buckets of whole threads, orphans by way of their radicado, and are folded there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import (
    Check,
    Exchange,
    ExchangeRef,
    Output,
    Partition,
    Phase,
    Settings,
    Stage,
    StageOutcome,
    Task,
    TaskContext,
)
from pqr_silver.memory import recalled, told
from pqr_silver.plans import is_resumed, plan_fold, plan_resolve, plan_split
from pqr_silver.schema import PRODUCES, RADICADOS, REQUIRES
from pqr_silver.transform import MAILS, named, refined, resolved, split
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

COLUMNS = REQUIRES[0].schema.names


def work_split(task: Task, context: TaskContext) -> Iterable[Exchange]:
    emails = pa.concat_tables(context.read(part, COLUMNS) for part in task.inputs if isinstance(part, Partition))
    key = context.settings["pseudonym_key"].get_secret_value()
    divided = split(emails, pseudonym_key=key, **task.arguments)
    yield Exchange("mails", divided.mails, MAILS)
    yield Exchange("orphans", divided.orphans, MAILS)
    yield Exchange("radicados", divided.radicados, RADICADOS.schema)


def work_resolve(task: Task, context: TaskContext) -> Iterable[Exchange]:
    orphans, radicados = (_bucket(task, context, name) for name in ("orphans", "radicados"))
    radicados = pa.concat_tables([radicados, *told(_partitions(task), context)])
    yield Exchange("mails", resolved(orphans, radicados, buckets=task.arguments["buckets"]), MAILS)


def work_fold(task: Task, context: TaskContext) -> Iterable[Output]:
    """What each partition counts as rejected is what the checks below add up."""
    given = named(_bucket(task, context, "mails"))
    before = recalled(given, _partitions(task), since=task.arguments["since"], context=context)
    closing_time = Parameters.of(context.parameters).scenario.closing_time
    whole = refined(given, before, closing_time=closing_time, is_resumed=task.arguments["is_resumed"])
    yield Output("emails", task.key, whole.emails, rejected=whole.rejects.num_rows)
    yield Output("ticket_events", task.key, whole.ticket_events, rejected=whole.count_unfaithful)
    yield Output("rejects", task.key, whole.rejects)
    counted = whole.count_continuations
    for key, tickets in _by_age(task, whole.tickets, "raw_day"):
        yield Output("tickets", key, tickets, rejected=counted if key == task.key else 0)
    if whole.superseded.num_rows:
        yield Output("tickets", task.key, whole.superseded, sign=-1)
    for name, day in (("seen", "raw_day"), ("radicados", "told_on")):
        for key, table in _by_age(task, getattr(whole, name), day):
            yield Output(name, key, table)


def checks(outcome: StageOutcome) -> list[Check]:
    """Every bronze e-mail is a message or a reject; tickets are what their events say; threads are whole."""
    delivered = outcome.inputs.manifests["bronze"].dataset("emails").rows
    continuations = outcome.counted("tickets")
    expected = continuations if is_resumed(outcome.inputs) else 0
    return [
        Check.equal("silver_row_balance", outcome.rows("emails") + outcome.rows("rejects"), delivered),
        Check.equal("duplicates_removed", outcome.rows("rejects"), outcome.counted("emails")),
        Check.equal("tickets_unlike_their_events", outcome.counted("ticket_events"), 0),
        # E-mails whose request is not in the data; in a window that begins with the inbox there should be none.
        Check.equal("continuation_emails", continuations, expected, severity="warning"),
    ]


def fingerprint(settings: Settings) -> dict[str, str]:
    """Another key gives other pseudonyms; this tells keys apart without telling the key."""
    key = settings.pseudonym_key.get_secret_value().encode()
    return {"pseudonym_key": hmac.new(key, b"pqr_silver", hashlib.sha256).hexdigest()[:16]}


def _by_age(task: Task, table: pa.Table, day: str) -> Iterable[tuple[str, pa.Table]]:
    """What a day after the window may need, and apart from that what none will, if there is any."""
    is_past = pc.less(table[day], pa.scalar(date.fromisoformat(task.arguments["reach"])))
    past = table.filter(is_past)
    yield task.key, table.filter(pc.invert(is_past)) if past.num_rows else table
    if past.num_rows:
        yield f"{task.key}/past", past


def _partitions(task: Task) -> list[Partition]:
    return [each for each in task.inputs if isinstance(each, Partition)]


def _bucket(task: Task, context: TaskContext, name: str) -> pa.Table:
    refs: Iterator[ExchangeRef] = (ref for ref in task.inputs if isinstance(ref, ExchangeRef) and ref.name == name)
    return context.read_bucket(refs, task.arguments["bucket"])


STAGE = Stage(
    name="silver",
    writes="silver",
    package="pqr_silver",
    requires={"bronze": REQUIRES},
    settings=("pseudonym_key",),
    produces=PRODUCES,
    phases=(
        Phase("split", plan_split, work_split, parameters=()),
        Phase("resolve", plan_resolve, work_resolve, parameters=()),
        Phase("fold", plan_fold, work_fold, parameters=("scenario",)),
    ),
    checks=checks,
    fingerprint=fingerprint,
    continues=True,
    keeps=tuple(contract.dataset for contract in PRODUCES),
)
