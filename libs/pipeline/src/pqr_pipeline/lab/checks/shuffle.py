"""A shuffle through the lake: parts are split into buckets by some workers, and buckets are merged by others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pqr_common.canonical import sha256_hex
from pqr_common.lake.folder import FolderLake
from pqr_common.stage.exchange import exchange_bytes, read_bucket
from pqr_common.stage.executor import Inline, dask_executor
from pqr_common.stage.values import Exchange, ExchangeRef
from pqr_common.tables.sql import query
from pqr_pipeline.lab.grading import must, same_rows
from pqr_pipeline.lab.work import Work, loaded

__all__ = ["check"]

PARTS, BUCKETS = 3, 5
MAILS = "select ticket_id, received_at, kind, hash(raw_day) % $parts as part from emails where ticket_id is not null"
COUNTED = """
select ticket_id, count(*) as count_emails, max(received_at) as last_at
from emails where ticket_id is not null group by all
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What a worker is told: where the lake and the student's file are, and what to read; no row travels with it."""

    lake: Path
    file: Path
    refs: tuple[ExchangeRef, ...]
    bucket: int = 0

    def rows(self) -> pa.Table:
        return read_bucket(FolderLake(self.lake), self.refs, self.bucket)


def check(work: Work) -> str:
    emails = work.inbox.rows("silver/emails")
    mails, file = query(MAILS, {"parts": PARTS}, emails=emails), work.folder / "answer.py"
    with tempfile.TemporaryDirectory() as folder, dask_executor(work.inbox.settings.with_(workers=1)) as executor:
        work.function("split"), work.function("merged")
        steps = [Step(Path(folder), file, (_put(Path(folder), {0: part}),)) for part in _parts(mails)]
        there, here = (sorted(runner.map(split, steps), key=_path) for runner in (executor, Inline()))
        must(
            list(map(_path, there)) == list(map(_path, here)),
            "A part must be split into the same buckets by every process, found others in another one: a task that is "
            "done again after a crash would count mails twice.",
        )
        _is_spread(there, mails.num_rows)
        merging = [Step(Path(folder), file, tuple(there), bucket) for bucket in range(BUCKETS)]
        found = pa.concat_tables(executor.map(merge, merging))
    same_rows("What the buckets give together", found, query(COUNTED, emails=emails), key=("ticket_id",))
    return f"{mails.num_rows:,} mails in {PARTS} parts went through {BUCKETS} buckets to {found.num_rows:,} tickets."


def split(step: Step) -> ExchangeRef:
    """On a worker: the student's buckets of a part, as one object in the lake."""
    buckets = loaded(step.file).split(step.rows(), BUCKETS)
    is_known = isinstance(buckets, dict) and set(buckets) <= set(range(BUCKETS))
    must(is_known, f"split must return a dict of tables by bucket, 0 to {BUCKETS - 1}, found {_worded(buckets)}.")
    return _put(step.lake, buckets)


def merge(step: Step) -> pa.Table:
    """On a worker: what the student makes of one bucket of all parts."""
    found = loaded(step.file).merged(step.rows())
    must(isinstance(found, pa.Table), f"merged must return a table, found {type(found).__name__}.")
    return found


def _path(ref: ExchangeRef) -> str:
    return ref.path


def _parts(mails: pa.Table) -> list[pa.Table]:
    """The mails of some days each: a ticket's lie in several parts."""
    cut = (query(f"select * exclude (part) from mails where part = {part}", mails=mails) for part in range(PARTS))
    return [part.combine_chunks() for part in cut]


def _put(lake: Path, buckets: dict[int, pa.Table]) -> ExchangeRef:
    schema = next(iter(buckets.values())).schema
    data, slices = exchange_bytes(Exchange("mails", {number: buckets[number] for number in sorted(buckets)}, schema))
    path = f"exchange/{sha256_hex(data)[:16]}.arrow"
    FolderLake(lake).put(path, data)
    return ExchangeRef("mails", "", path, slices)


def _is_spread(refs: Iterable[ExchangeRef], rows: int) -> None:
    fullest = max(sum(ref.slices[n].rows for ref in refs if n in ref.slices) for n in range(BUCKETS))
    total = sum(ref.rows for ref in refs)
    must(total == rows, f"All buckets together must hold the {rows:,} mails once, found {total:,}.")
    must(
        fullest <= rows // 2, f"No bucket may hold more than half of the mails, found one of {fullest:,}: spread them."
    )


def _worded(buckets: object) -> str:
    return f"a dict of {sorted(map(str, buckets))}" if isinstance(buckets, dict) else type(buckets).__name__
