"""The words an entity's mail uses for the types of PQRS, and how they become codes. Pure."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.catalogue import PQRS_TYPES, TOPICS

__all__ = ["dependency_of", "topic_of", "type_of"]

TYPE_PHRASES = {
    "Petición de interés general": "PET_GEN",
    "Petición de interés particular": "PET_PAR",
    "Solicitud de información": "PET_INF",
    "Solicitud de copias": "PET_DOC",
    "Consulta": "CONSULTA",
    "Queja": "QUEJA",
    "Reclamo": "RECLAMO",
    "Sugerencia": "SUGERENCIA",
    "Denuncia": "DENUNCIA",
    "Felicitación": "FELICITACION",
}
_TYPES = TYPE_PHRASES | {code: code for code in PQRS_TYPES}
_TOPICS = {topic.name: topic.code for topic in TOPICS} | {topic.code: topic.code for topic in TOPICS}
_DEPENDENCIES = {topic.code: topic.dependency for topic in TOPICS}


def type_of(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """The type code of a phrase or code; null where it is neither."""
    return _translated(words, _TYPES)


def topic_of(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """The topic code of a name or code; null where it is neither."""
    return _translated(words, _TOPICS)


def dependency_of(topics: pa.ChunkedArray) -> pa.ChunkedArray:
    """The dependency that owns a topic."""
    return _translated(topics, _DEPENDENCIES)


def _translated(words: pa.ChunkedArray, dictionary: dict[str, str]) -> pa.ChunkedArray:
    meanings = pa.array(dictionary.values())
    return meanings.take(pc.index_in(words, value_set=pa.array(dictionary.keys())))
