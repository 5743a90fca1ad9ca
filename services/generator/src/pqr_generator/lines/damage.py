"""What can be wrong with a delivered line, done to its row of fragments before it becomes bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints
from pqr_generator.lines.fragments import EMPTY, Fragments, Ids
from pqr_generator.lines.layout import COLUMN, ENTITY_ADDRESS, WIDTH, span
from pqr_generator.mails.defects import DIRT

__all__ = ["Damages"]

# A field that is left out leaves JSON behind; of the other fields, `attachments` would leave a comma.
MISSING = ("message_id", "direction", "received_at", "date", "subject", "body", "auto_submitted")
WRONG = {
    "references": '"references":"ninguna",',
    "direction": '"direction":1,',
    "received_at": '"received_at":1767618753,',
    "from,to": f'"from":"desconocido","to":["{ENTITY_ADDRESS}"],',
    "attachments": '"attachments":"ninguno"',
}
UNKNOWN = (',"importance":"high"}\n', ',"x_mailer":"webmail 4.2"}\n', ',"spam_score":"3"}\n')
NOT_UTF8 = "La informaci\xf3n se env\xeda da\xf1ada. ".encode("latin-1")
CUTS = tuple(COLUMN[name] for name in ("sent.minute", "subject.text", "opening", "matter", "ask", "file.number"))


def _taken_for_latin(text: bytes) -> bytes:
    return text.decode("latin-1").encode()


@dataclass(frozen=True, slots=True, eq=False)
class Damages:
    """Numbers of the fragments that damage needs, and what it does with them."""

    newline: int
    not_utf8: int
    wrong: int
    unknown: int
    garbled: Ids  # by number of a fragment: the same text, taken for Latin-1

    @classmethod
    def of(cls, fragments: Fragments) -> Damages:
        return cls(
            newline=fragments.raw("\n"),
            not_utf8=fragments.raw(NOT_UTF8),
            wrong=fragments.raw(*WRONG.values()),
            unknown=fragments.raw(*UNKNOWN),
            garbled=fragments.twins(_taken_for_latin),
        )

    def apply(self, ids: Ids, dirt: npt.NDArray[np.int8], bits: npt.NDArray[np.uint32]) -> None:
        """Change the rows whose dirt shows in the line; the low byte of `bits` chooses where."""
        changes: dict[str, Callable[[Ids, Ints, Ints], None]] = {
            "truncated_json": self._truncate,
            "missing_field": self._leave_out,
            "wrong_type": self._mistype,
            "broken_encoding": self._misencode,
            "unknown_field": self._add,
            "mojibake": self._garble,
        }
        for name, change in changes.items():
            rows = np.flatnonzero(dirt == DIRT.index(name))
            if len(rows):
                change(ids, rows, (bits[rows] & 0xFF).astype(np.int64))

    def _truncate(self, ids: Ids, rows: Ints, bits: Ints) -> None:
        cut = np.array(CUTS)[bits % len(CUTS)]
        kept = np.arange(WIDTH) < cut[:, None]
        ids[rows] = np.where(kept, ids[rows], EMPTY)
        ids[rows, WIDTH - 1] = self.newline

    @staticmethod
    def _leave_out(ids: Ids, rows: Ints, bits: Ints) -> None:
        for place, field in enumerate(MISSING):
            ids[rows[bits % len(MISSING) == place], span(field)] = EMPTY

    def _mistype(self, ids: Ids, rows: Ints, bits: Ints) -> None:
        for place, field in enumerate(WRONG):
            chosen, columns = rows[bits % len(WRONG) == place], span(field)
            ids[chosen, columns] = EMPTY
            ids[chosen, columns.start] = self.wrong + place

    def _misencode(self, ids: Ids, rows: Ints, _bits: Ints) -> None:
        ids[rows, COLUMN["matter"]] = self.not_utf8

    def _garble(self, ids: Ids, rows: Ints, _bits: Ints) -> None:
        ids[rows] = self.garbled[ids[rows]]

    def _add(self, ids: Ids, rows: Ints, bits: Ints) -> None:
        ids[rows, COLUMN["end"]] = self.unknown + bits % len(UNKNOWN)
