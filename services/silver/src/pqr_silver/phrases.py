"""What the wording of a mail means: few wordings occur, so each is understood once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.clock import NOTHING
from pqr_silver.machine import Codes
from pqrs import wording
from pqrs.catalogue import DEPARTMENTS, PQRS_TYPES, TOPICS
from pqrs.territory import MUNICIPALITIES

__all__ = ["Wordings", "located", "understood"]

FACTS = {
    "type": wording.TYPE,
    "topic": wording.TOPIC,
    "dependency": wording.DEPENDENCY,
    "priority": wording.PRIORITY,
    "before_topic": wording.BEFORE_TOPIC,
}
_TYPES = {subject: code for code, subject in wording.REQUEST_SUBJECTS.items()} | {code: code for code in PQRS_TYPES}
_TOPICS = {topic.name: topic.code for topic in TOPICS} | {topic.code: topic.code for topic in TOPICS}
_CODES = {town.place: town.code for town in MUNICIPALITIES}
_DEPENDENCIES = {topic.code: topic.dependency for topic in TOPICS}


@dataclass(frozen=True, slots=True)
class Wordings:
    """What a column of texts means: understood once per distinct text, found again by row."""

    meanings: pa.Table
    row: pa.Array

    def of(self, name: str, rows: pa.Array | None = None) -> pa.ChunkedArray:
        """One meaning, of all rows or of some; a null among `rows` means nothing."""
        return self.meanings[name].take(self.row if rows is None else self.row.take(rows))

    def coded(self, name: str, known: pa.Array) -> Codes:
        """One meaning of all rows by its number among those known, NOTHING where there is none."""
        codes = pc.fill_null(pc.index_in(self.meanings[name], value_set=known), NOTHING)
        return np.asarray(pc.fill_null(codes.take(self.row), NOTHING).to_numpy()).astype(np.int8)


def understood(words: pa.ChunkedArray) -> Wordings:
    """`pqrs_type`, `topic`, `dependency`, `priority` as codes; null where a text does not tell."""
    encoded = words.combine_chunks().dictionary_encode()
    stated = query(sql_of("pqr_silver", "sql/words.sql"), FACTS, wordings=pa.table({"words": encoded.dictionary}))
    topic = _translated(stated["topic"], _TOPICS)
    meanings = {
        "pqrs_type": _translated(stated["pqrs_type"], _TYPES),
        "topic": topic,
        "dependency": pc.coalesce(stated["dependency"], _translated(topic, _DEPENDENCIES)),
        "priority": stated["priority"],
    }
    return Wordings(pa.table(meanings), encoded.indices)


def located(places: pa.ChunkedArray) -> Wordings:
    """`municipality`, `department` and `municipality_code` of the places that citizens sign with.

    A department that there is not is none: figures are told by department. A municipality is kept as it was stated.
    """
    encoded = places.combine_chunks().dictionary_encode()
    stated = query(sql_of("pqr_silver", "sql/places.sql"), places=pa.table({"place": encoded.dictionary}))
    code = _translated(pa.chunked_array([encoded.dictionary]), _CODES)
    department = _translated(stated["department"], {name: name for name in DEPARTMENTS})
    meanings = {"municipality": stated["municipality"], "department": department, "municipality_code": code}
    return Wordings(pa.table(meanings), encoded.indices)


def _translated(words: pa.ChunkedArray, dictionary: dict[str, str]) -> pa.ChunkedArray:
    meanings = pa.array(dictionary.values())
    return meanings.take(pc.index_in(words, value_set=pa.array(dictionary.keys())))
