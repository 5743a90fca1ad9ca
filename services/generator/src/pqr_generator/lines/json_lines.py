"""Mails to JSON lines: one row of fragment numbers per mail, filled column by column, joined in one step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqr_generator.draws import field_key, mixed
from pqr_generator.lines import bodies, habits, headers
from pqr_generator.lines.fragments import Ids, join
from pqr_generator.lines.lexicon import FIRST_YEAR
from pqr_generator.lines.press import Sheet, press
from pqr_generator.mails.arrivals import Mails
from pqr_generator.tickets.citizens import citizens
from pqrs.catalogue import DEPENDENCIES
from pqrs.parameters import Parameters

AnyInts = npt.NDArray[np.integer[Any]]

__all__ = ["json_lines", "message_ids", "radicados"]


def json_lines(parameters: Parameters, mails: Mails) -> bytes:
    """The JSON lines of these mails in their order."""
    sheet = Sheet(mails, citizens(parameters))
    headers.identify(sheet, _identity_key(parameters))
    headers.date(sheet)
    headers.address(sheet)
    headers.title(sheet)
    bodies.compose(sheet)
    bodies.sign(sheet)
    habits.below_signature(sheet)
    habits.spell(sheet)
    habits.mark_up(sheet, parameters.scenario.rates.html)
    headers.attach(sheet)
    sheet.press.damages.apply(sheet.ids, mails.dirt, mails.damage)
    return join(sheet.press.array, sheet.ids)


def message_ids(parameters: Parameters, mails: Mails) -> pa.StringArray:
    """The Message-ID of each mail as its line has it, `<16 hex digits@domain>`."""
    sheet = Sheet(mails, citizens(parameters))
    opened = np.full(len(mails), sheet.pieces["opened"])
    digits = headers.hex_digits(sheet, mixed(mails.entity, _identity_key(parameters)))
    closed = sheet.pieces["id_closed"] + headers.domain(sheet, sheet.slot, None)
    return _strings(np.stack([opened, *digits, closed], axis=1).astype(np.int32))


def radicados(year: AnyInts, dependency: AnyInts, sequence: AnyInts) -> pa.StringArray:
    """The radicados of these numbers: `YYYY` + dependency + six digits + 2."""
    at = press().lexicon.at
    high, low = np.divmod(sequence, 1_000)
    prefix = at["prefix"] + (year - FIRST_YEAR) * len(DEPENDENCIES) + dependency
    last = np.full(len(year), at["number"] + 2)
    return _strings(np.stack([prefix, at["digits3"] + high, at["digits3"] + low, last], axis=1).astype(np.int32))


def _identity_key(parameters: Parameters) -> int:
    return field_key(parameters.seed, "mail.id")[0]


def _strings(ids: Ids) -> pa.StringArray:
    """One text a row, of fragments of which none is empty."""
    taken = press().array.take(pa.array(ids.ravel()))
    _, offsets, data = taken.buffers()
    ends = np.frombuffer(offsets, np.int32)[: len(taken) + 1 : ids.shape[1]].copy()
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), data)
