"""What the generator writes, silver reads as what it was meant to be. Contracts cannot say this: it is in the texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pqr_bronze.lines import RawObject
from pqr_bronze.transform import transform
from pqr_generator.lines.json_lines import json_lines, message_ids
from pqr_generator.mails.arrivals import arrivals
from pqr_generator.mails.defects import DIRT
from pqr_generator.mails.letters import FROM_MAILBOX, LETTERS
from pqr_generator.tickets.labels import UNSTATED
from pqr_generator.tickets.people import NAMELESS, SORT
from pqr_generator.tickets.volume import planned_volume
from pqr_silver.machine import KINDS, OTHER_KINDS
from pqr_silver.phrases import understood
from pqr_silver.transform import split
from pqrs import wording
from pqrs.catalogue import CONTROL_BODIES, PQRS_TYPES
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

RUN = Parameters.create(tickets_per_business_day=40, window_to=date(2026, 2, 28))
UTILITY = replace(RUN, scenario=load_scenario("servicios_publicos"))  # whose silence is an approval
WHOLE = [DIRT.index(name) for name in ("", "out_of_office", "bounce")]  # mails with nothing wrong in their lines
READ_AS = dict.fromkeys(FROM_MAILBOX, "out_of_office") | {
    "denial": "answer",
    "second_answer": "answer",
    "reference": "answer",
    "bounce": "bounce",
}


@pytest.fixture(scope="module")
def mails():
    """Those of a quarter that are whole: (letter, type, stated type, extension, no name?, silver's row of it)."""
    return [mail for run in (RUN, UTILITY) for mail in read(run)]


def read(run):
    volume = planned_volume(run)
    written = arrivals(run, volume, range(len(volume.days))).mails
    written = written.take(np.flatnonzero(np.isin(written.dirt, WHOLE)))
    emails = transform(list(raw_objects(run, written))).emails
    found = split(emails, buckets=1, pseudonym_key="key")
    read = {
        row["message_id"]: row for row in pa.concat_tables([*found.mails.values(), *found.orphans.values()]).to_pylist()
    }
    columns = (message_ids(run, written).to_pylist(), written.letter, written.kind, written.stated, written.extension)
    nameless = SORT[written.citizen] == NAMELESS
    return [
        (
            LETTERS[letter],
            PQRS_TYPES[kind],
            None if stated == UNSTATED else PQRS_TYPES[stated],
            days,
            no_name,
            read[name],
        )
        for name, letter, kind, stated, days, no_name in zip(*columns, nameless, strict=True)
    ]


def raw_objects(run, written):
    """One object for each local day of arrival."""
    days = (written.received // 86_400).astype("datetime64[D]")
    for day in np.unique(days):
        lines = json_lines(run, written.take(np.flatnonzero(days == day)))
        yield RawObject(f"day={day}/part-00000.jsonl", day.item(), 0, bytes(lines))


def test_every_step_has_its_wording():
    """Silver knows a step by its subject, except the request, which begins a thread, and an extension of no law."""
    assert {"request", "void_extension", *wording.SUBJECTS} == set(KINDS)
    assert set(READ_AS.values()) <= {*KINDS, *OTHER_KINDS}


def test_every_letter_is_read_as_what_it_is(mails):
    """All letters occur, and each is taken for the step that it was written as."""
    found = Counter((letter, row["kind"]) for letter, *_, row in mails)
    assert set(found) == {(letter, READ_AS.get(letter, letter)) for letter in LETTERS}


def test_every_fact_is_read_as_it_was_written(mails):
    """Type, radicado, home, extension and denial; who gives no name gives no home."""
    for letter, pqrs_type, _, days, is_nameless, row in mails:
        assert (row["radicado"] is None) == (letter == "request")
        assert (row["place"] is None) == (letter != "request")
        assert row["copied_to"] is None or (letter == "request" and row["copied_to"] in CONTROL_BODIES)
        assert row["is_access_denied"] == (letter == "denial")
        assert row["is_reiterative"] == (letter == "reference")
        assert row["extension_days"] == (days if letter == "extension" else None)
        if letter == "request":
            assert row["place"].endswith(")") != is_nameless
            assert row["place"] or is_nameless
        if letter == "acknowledgement":
            assert f"{wording.TYPE}{pqrs_type}\n" in row["words"]


def test_a_subject_says_the_type_that_its_citizen_takes_it_for_or_nothing(mails):
    """Neither type nor topic can be read from what people write who state none."""
    requests = [(stated, row["words"]) for letter, _, stated, *_, row in mails if letter == "request"]
    read = understood(pa.chunked_array([[words for _, words in requests]]))
    assert read.of("pqrs_type").to_pylist() == [stated for stated, _ in requests]
    topics = read.of("topic").to_pylist()
    assert [topic is None for topic in topics] == [stated is None for stated, _ in requests]
    assert 0.25 < np.mean([stated is None for stated, _ in requests]) < 0.45
