"""Bronze's peers: an `orjson.loads` loop over the same files, by what becomes of the rows.

A stage is compared with what ends where it ends, so the loop that counts writes the same typed fields to Parquet. It
hashes nothing, proves nothing and leaves out what it cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["dropped", "kept", "written"]

AS_THEY_ARE = ("message_id", "direction", "subject", "body", "auto_submitted")
TEXTS = itemgetter(*AS_THEY_ARE)
COLUMNS = pa.schema(
    [(name, pa.timestamp("us", tz="UTC")) for name in ("received_at", "sent_at")]
    + [(name, pa.string()) for name in ("in_reply_to", "references", "from_name", "from_address", "to_addresses")]
    + [("attachment_count", pa.int32()), ("attachment_bytes", pa.int64())]
    + [(name, pa.string()) for name in AS_THEY_ARE]
)


def dropped(files: Iterable[Path]) -> None:
    """Every row is forgotten as soon as it is read."""
    for path in files:
        for _ in _rows(path):
            pass


def kept(files: Iterable[Path]) -> None:
    """The rows of a file are held together, as whoever goes on to use them must."""
    for path in files:
        rows = list(_rows(path))
        del rows


def written(files: Iterable[Path], folder: Path) -> None:
    """The fields of each file's rows go to a Parquet file of its own."""
    folder.mkdir(exist_ok=True)
    for path in files:
        columns = zip(*_fields(_rows(path)), strict=True)
        table = pa.table([pa.array(c, field.type) for c, field in zip(columns, COLUMNS, strict=True)], schema=COLUMNS)
        pq.write_table(table, folder / f"{path.parent.name}-{path.stem}.parquet", compression="lz4")


def _rows(path: Path) -> Iterator[Any]:
    with path.open("rb") as lines:
        for line in lines:
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                continue


def _fields(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        try:
            texts, sender, files = TEXTS(row), row["from"], row["attachments"]
            "".join(texts)  # as quick a way as any to find what is no text
            yield (
                datetime.fromisoformat(row["received_at"]),
                parsedate_to_datetime(row["date"]),
                row["in_reply_to"],
                " ".join(row["references"]),
                sender["name"],
                sender["address"],
                ",".join(row["to"]),
                len(files),
                sum(file["bytes"] for file in files),
                *texts,
            )
        except (KeyError, TypeError, ValueError):
            continue
