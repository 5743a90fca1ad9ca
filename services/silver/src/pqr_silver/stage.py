"""The silver stage: e-mails go to buckets of whole threads, orphans by way of their radicado, and are folded there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date

import numpy as np
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
from pqr_silver.keys import bucket_numbers, dealt
from pqr_silver.memory import old_names, old_roots, recalled
from pqr_silver.placing.mails import MAILS
from pqr_silver.placing.names import CLAIMS, GONE, MOVES, clashes, contested, moved, resolved, without
from pqr_silver.plans import plan_fold, plan_move, plan_resolve, plan_split
from pqr_silver.schema import PRODUCES, RADICADOS, REQUIRES
from pqr_silver.threads import named
from pqr_silver.transform import refined, split
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

COLUMNS = REQUIRES[0].schema.names
EXCHANGED = {"mails": MAILS, "orphans": MAILS, "found": MAILS, "radicados": RADICADOS.schema, "claims": CLAIMS,
             "moves": MOVES, "gone": GONE}  # fmt: skip


def work_split(task: Task, context: TaskContext) -> Iterable[Exchange]:
    emails = pa.concat_tables(context.read(part, COLUMNS) for part in task.inputs if isinstance(part, Partition))
    key = context.settings["pseudonym_key"].get_secret_value()
    divided = split(emails, pseudonym_key=key, **task.arguments)
    yield Exchange("mails", divided.mails, MAILS)
    yield Exchange("orphans", divided.orphans, MAILS)
    yield Exchange("radicados", divided.radicados, RADICADOS.schema)
    yield Exchange("claims", divided.claims, CLAIMS)


def work_resolve(task: Task, context: TaskContext) -> Iterable[Exchange | Output]:
    """The threads of orphans, the claims that nothing bears out, and radicados that stand for more than one thread."""
    buckets = task.arguments["buckets"]
    orphans, news, claims = (_bucket(task, context, name) for name in ("orphans", "radicados", "claims"))
    names = pa.concat_tables([news, *old_names(_partitions(task), context)])
    moves = contested(claims, names)
    yield Exchange("found", resolved(orphans, names, buckets=buckets), MAILS)
    yield Exchange("moves", dealt(moves, moves["root"].to_numpy() % np.uint64(buckets)), MOVES)
    yield Output("clashes", task.key, clashes(news, names))


def work_move(task: Task, context: TaskContext) -> Iterable[Exchange]:
    """E-mails whose References lead nowhere go to the thread of the radicado that they state."""
    mails, moves = (_bucket(task, context, name) for name in ("mails", "moves"))
    gone = moved(mails, moves, old_roots(_partitions(task), context))
    yield Exchange("found", dealt(gone, bucket_numbers(gone["root"], task.arguments["buckets"])), MAILS)
    yield Exchange("gone", {task.arguments["bucket"]: gone.select(GONE.names)}, GONE)


def work_fold(task: Task, context: TaskContext) -> Iterable[Output]:
    """What each partition counts as rejected is what the checks below add up."""
    mails, found, gone = (_bucket(task, context, name) for name in ("mails", "found", "gone"))
    given = named(pa.concat_tables([without(mails, gone), found]))
    before = recalled(given, _partitions(task), since=task.arguments["since"], context=context)
    parameters = Parameters.of(context.parameters)
    whole = refined(given, before, closing_time=parameters.scenario.closing_time)
    yield Output("emails", task.key, whole.emails, rejected=whole.rejects.num_rows)
    yield Output("ticket_events", task.key, whole.ticket_events, rejected=whole.count_unfaithful)
    yield Output("rejects", task.key, whole.rejects, rejected=whole.count_reused)
    in_window = pc.greater_equal(whole.continuations, pa.scalar(parameters.window_from))
    counted = pc.sum(in_window, min_count=0).as_py()
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
    return [
        Check.equal("silver_row_balance", outcome.rows("emails") + outcome.rows("rejects"), delivered),
        Check.equal("duplicates_removed", outcome.rows("rejects"), outcome.counted("emails")),
        Check.equal("tickets_unlike_their_events", outcome.counted("ticket_events"), 0),
        # Another message under a used Message-ID, and a radicado told of two threads: all of them are kept.
        Check.equal("message_ids_used_again", outcome.counted("rejects"), 0, severity="warning"),
        Check.equal("radicados_of_several_threads", outcome.rows("clashes"), 0, severity="warning"),
        # E-mails of the window whose request is not in the data: threads that began before the lead take mail no more.
        Check.equal("continuation_emails", outcome.counted("tickets"), 0, severity="warning"),
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
    refs = [ref for ref in task.inputs if isinstance(ref, ExchangeRef) and ref.name == name]
    return context.read_bucket(refs, task.arguments["bucket"]) if refs else EXCHANGED[name].empty_table()


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
        Phase("move", plan_move, work_move, parameters=()),
        Phase("fold", plan_fold, work_fold, parameters=("scenario", "window_from")),
    ),
    checks=checks,
    fingerprint=fingerprint,
    continues=True,
    keeps=tuple(contract.dataset for contract in PRODUCES),
)
