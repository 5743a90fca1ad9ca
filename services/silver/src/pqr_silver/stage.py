"""The silver stage: e-mails go to buckets of whole threads, orphans by way of their radicado, and are folded there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator

import pyarrow as pa

from pqr_common import (
    Check,
    Exchange,
    ExchangeRef,
    Output,
    Partition,
    Phase,
    Settings,
    Stage,
    StageInputs,
    StageOutcome,
    Task,
    TaskContext,
)
from pqr_silver.schema import MAILS, PRODUCES, RADICADOS, REQUIRES
from pqr_silver.transform import refined, resolved, split
from pqrs.parameters import Parameters

__all__ = ["STAGE", "bucket_count"]

COLUMNS = REQUIRES[0].schema.names
TASK_ROWS = 140_000  # about 100 MB of e-mails in memory
PAIR_ROWS = 300_000  # two buckets for so many e-mails: an even number keeps two workers equally busy to the end


def bucket_count(rows: int) -> int:
    """How many buckets hold this many e-mails; it follows from the data alone, never from the workers."""
    return 2 * max(1, -(-rows // PAIR_ROWS))


def plan_split(inputs: StageInputs) -> list[Task]:
    emails = inputs.manifests["bronze"].dataset("emails")
    arguments = {"buckets": bucket_count(emails.rows), "is_resumed": _is_resumed(inputs)}
    return [Task(group[0].key, tuple(group), arguments) for group in _groups(emails.partitions)]


def work_split(task: Task, context: TaskContext) -> Iterable[Exchange]:
    emails = pa.concat_tables(context.read(part, COLUMNS) for part in task.inputs if isinstance(part, Partition))
    key = context.settings["pseudonym_key"].get_secret_value()
    divided = split(emails, pseudonym_key=key, **task.arguments)
    yield Exchange("mails", divided.mails, MAILS)
    yield Exchange("orphans", divided.orphans, MAILS)
    yield Exchange("radicados", divided.radicados, RADICADOS)


def plan_resolve(inputs: StageInputs) -> list[Task]:
    """A task for each bucket of radicados that has orphans."""
    orphans = _exchanges(inputs, "orphans")
    buckets = _buckets(inputs)
    return [
        _task(bucket, buckets, [*orphans, *_exchanges(inputs, "radicados")])
        for bucket in range(buckets)
        if any(bucket in ref.slices for ref in orphans)
    ]


def work_resolve(task: Task, context: TaskContext) -> Iterable[Exchange]:
    orphans, radicados = (_bucket(task, context, name) for name in ("orphans", "radicados"))
    yield Exchange("mails", resolved(orphans, radicados, buckets=task.arguments["buckets"]), MAILS)


def plan_fold(inputs: StageInputs) -> list[Task]:
    buckets, mails = _buckets(inputs), _exchanges(inputs, "mails")
    return [_task(bucket, buckets, mails) for bucket in range(buckets)] if mails else []


def work_fold(task: Task, context: TaskContext) -> Iterable[Output]:
    """What each partition counts as rejected is what the checks below add up."""
    whole = refined(_bucket(task, context, "mails"))
    yield Output("emails", task.key, whole.emails, rejected=whole.rejects.num_rows)
    yield Output("tickets", task.key, whole.tickets, rejected=whole.count_continuations)
    yield Output("ticket_events", task.key, whole.ticket_events, rejected=whole.count_unfaithful)
    yield Output("rejects", task.key, whole.rejects)


def checks(outcome: StageOutcome) -> list[Check]:
    """Every bronze e-mail is a message or a reject; tickets are what their events say; threads are whole."""
    delivered = outcome.inputs.manifests["bronze"].dataset("emails").rows
    continuations = outcome.counted("tickets")
    expected = continuations if _is_resumed(outcome.inputs) else 0
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


def _groups(partitions: Iterable[Partition]) -> list[list[Partition]]:
    """Consecutive partitions up to TASK_ROWS together, since a task has its fixed cost."""
    groups: list[list[Partition]] = []
    rows = 0
    for part in partitions:
        rows += part.rows
        if not groups or rows > TASK_ROWS:
            groups.append([])
            rows = part.rows
        groups[-1].append(part)
    return groups


def _is_resumed(inputs: StageInputs) -> bool:
    parameters = Parameters.of(inputs.parameters)
    return parameters.window_from > parameters.opens_on


def _buckets(inputs: StageInputs) -> int:
    return bucket_count(inputs.manifests["bronze"].dataset("emails").rows)


def _exchanges(inputs: StageInputs, name: str) -> list[ExchangeRef]:
    return [ref for refs in inputs.previous.values() for ref in refs if ref.name == name]


def _task(bucket: int, buckets: int, refs: Iterable[ExchangeRef]) -> Task:
    inputs = tuple(ref.only(bucket) for ref in refs)
    return Task(f"part-{bucket:05d}", inputs, {"bucket": bucket, "buckets": buckets})


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
        Phase("split", plan_split, work_split),
        Phase("resolve", plan_resolve, work_resolve),
        Phase("fold", plan_fold, work_fold),
    ),
    checks=checks,
    fingerprint=fingerprint,
)
