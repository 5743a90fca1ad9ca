"""Typed parsing: every raw line becomes a typed e-mail or a reject with its rule."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pqr_common.tables.sql import query
from pqr_pipeline.lab.grading import Differs, must, same_rows
from pqr_pipeline.lab.inbox import Inbox
from pqr_pipeline.lab.work import Work
from pqrs.lines import PLACE, by_object

__all__ = ["check"]

MAIL = ("message_id", "direction", "received_at", "subject", "attachment_count", "attachment_bytes")
PLANTED = """
select count(*) as n from answers
where dirt in ('truncated_json', 'missing_field', 'wrong_type', 'broken_encoding')
"""


def check(work: Work) -> str:
    read = work.function("read")
    mails: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for place, line in _lines(work.inbox):
        became = read(line)
        if isinstance(became, dict):
            mails.append(became | place)
        elif isinstance(became, str):
            rejects.append(place | {"rule": became})
        else:
            raise Differs(f"read must return a dict or the name of a rule, found {became!r} for {_worded(place)}.")
    same_rows("The rejects", _table(rejects), work.inbox.rows("bronze/rejects", *PLACE, "rule"), key=PLACE)
    same_rows("The e-mails", _table(mails), work.inbox.rows("bronze/emails", *MAIL, *PLACE), key=PLACE)
    planted = query(PLANTED, answers=work.inbox.rows("raw/answers"))["n"][0].as_py()
    must(
        planted == len(rejects), f"The answer key must list every reject, found {len(rejects)} where it has {planted}."
    )
    total = len(mails) + len(rejects)
    return f"{total:,} lines = {len(mails):,} e-mails + {len(rejects)} rejects, as the answer key has it."


def _lines(inbox: Inbox) -> list[tuple[dict[str, Any], bytes]]:
    found = []
    for (day, part), obj in by_object(inbox.manifests["raw"].dataset("emails")).items():
        for number, line in enumerate(inbox.lake.read(obj).split(b"\n")[:-1]):
            found.append(({"raw_day": day, "raw_part": part, "raw_line": number}, line))
    return found


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows that a student made: a column of several kinds of values is told as such."""
    try:
        return pa.Table.from_pylist(rows)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise Differs(f"Each column must have one type in all rows, found {error}.") from error


def _worded(place: dict[str, Any]) -> str:
    return f"line {place['raw_line']} of {place['raw_day']}"
