"""Folding mail day by day gives the rows that folding all of it at once gives, however the days are cut."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pqr_common.tables.contract import conform, violations
from pqr_silver.clock import Clock, columns
from pqr_silver.schema import CLASHES, PRODUCES
from pqrs.terms import THREAD_DAYS

START = datetime.fromisoformat("2026-01-05T09:00")
KINDS = ("acknowledgement", "transfer", "completion_request", "completion", "extension", "progress", "answer", "archive",
         "insistence", "reopening", "out_of_office")  # fmt: skip
WORDS = {"acknowledgement": ("PET_PAR", "PET_DOC", "CONSULTA", "FELICITACION", "?"), "extension": ("5", "12"),
         "answer": ("atendida", "acceso negado")}  # fmt: skip
REQUESTS = ("Petición de interés particular - Contaminación por ruido", "Queja - Transporte público", "Hola")
MANNERS = ("", "", "", "lost", "reply", "absent", "sent 2026-01-06 07:00")

# A step: hours after the one before, kind, which of its words, manner, days after which it is delivered again (or not)
steps = st.tuples(
    st.sampled_from((1, 5, 20, 30, 100, 400, 1500)),
    st.sampled_from(KINDS),
    st.integers(0, 9),
    st.sampled_from(MANNERS),
    st.sampled_from((None, None, 0, 1, 3, THREAD_DAYS, THREAD_DAYS + 1, 2 * THREAD_DAYS + 5)),
)
lives = st.tuples(
    st.integers(0, 200),  # hours after START
    st.sampled_from((0, 0, 0, 1, 2, 9)),  # days by which the request is held up, so that replies overtake it
    st.sampled_from((None, None, 2, THREAD_DAYS + 2)),  # days after which it is delivered again
    st.lists(steps, max_size=8),
)
inboxes = st.lists(lives, min_size=1, max_size=5)
# What goes wrong with some line of some thread: which (of any number), how, and with which other one.
TROUBLES = ("same id", "same id", "strange references", "to the acknowledgement", "number of another")
troubles = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(TROUBLES), st.integers(0, 60)), max_size=4)
days = st.lists(st.one_of(st.integers(0, 30), st.integers(0, 320)), max_size=5)


def inbox_of(inbox, drawn) -> list[list[dict]]:
    return [_thread(inbox, str(number), life) for number, life in enumerate(drawn)]


def _thread(inbox, name, life):
    hours, held_up, again, drawn = life
    at = START + timedelta(hours=hours)
    text = [f"{at:%Y-%m-%d %H:%M} | request | {REQUESTS[hours % 3]}"]
    copies = [(0, again)]
    for number, (gap, kind, word, manner, copied) in enumerate(drawn, start=1):
        at += timedelta(hours=gap)
        words = WORDS.get(kind, ("",))
        text.append(f"{at:%Y-%m-%d %H:%M} | {kind} | {words[word % len(words)]} | {manner}")
        copies.append((number, None if manner == "absent" else copied))
    lines = inbox.thread(name, "\n".join(text))
    by_number = {int(str(line["message_id"]).partition(".")[2].partition("@")[0]): line for line in lines}
    delivered_again = [
        dict(by_number[number]) | {"received_at": by_number[number]["received_at"] + timedelta(days=later, minutes=1)}
        for number, later in copies
        if later is not None
    ]
    by_number[0]["received_at"] += timedelta(days=held_up)
    return lines + delivered_again


def _trouble(threads, which, how, other):
    """Change a line of one of the threads, in place."""
    lines = [line for thread in threads for line in thread]
    line, other = lines[which % len(lines)], lines[other % len(lines)]
    answered = [each["message_id"] for each in lines if each["subject"].startswith("Acuse")]
    if how == "same id":
        line["message_id"] = other["message_id"]
    elif how == "number of another":
        line["subject"] = line["subject"].partition("[")[0] + "[" + other["subject"].partition("[")[2]
    elif how == "to the acknowledgement" and answered:
        line |= {"in_reply_to": answered[0], "references": None, "subject": "Re: Acuse de recibo"}
    else:
        line["references"] = "<strange@x.example>"


def rows_of(made, contract):
    table = conform(getattr(made, contract.dataset), contract)
    return table.sort_by([(name, "ascending") for name in table.column_names])


def same(one, other):
    for contract in PRODUCES:
        assert rows_of(one, contract).equals(rows_of(other, contract)), contract.dataset
    assert one.count_reused == other.count_reused
    assert one.count_continuations == other.count_continuations
    assert one.count_unfaithful == other.count_unfaithful == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    drawn=st.tuples(inboxes, troubles),
    cuts=days,
    buckets=st.lists(st.sampled_from((1, 2, 4)), min_size=1, max_size=3),
)
def test_days_folded_one_by_one_are_as_all_at_once(inbox, drawn, cuts, buckets):
    """Duplicates, orphans, replies that overtake their request, mail after the thread is over: any cut, the same rows."""
    threads = inbox_of(inbox, drawn[0])
    for each in drawn[1]:
        _trouble(threads, *each)
    whole = inbox.bronze(*threads)
    expected = inbox.silver(whole)
    ends = [START.date() + timedelta(days=day) for day in cuts]
    found = inbox.piecewise(whole, ends, buckets=buckets)
    same(found, expected)
    for part in (*expected.parts, *found.parts):
        for contract in PRODUCES:
            if contract is CLASHES:  # made before the fold, of all buckets
                continue
            assert violations(conform(getattr(part, contract.dataset), contract), contract) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(drawn=inboxes)
def test_a_row_of_tickets_is_a_whole_clock(inbox, drawn):
    """What a clock writes into rows it reads from them."""
    tickets = inbox.silver(inbox.bronze(*inbox_of(inbox, drawn))).tickets
    clock = Clock.unborn(tickets.num_rows)
    clock.resume(np.arange(tickets.num_rows), tickets)
    again = columns(clock)
    told = tickets.select(list(again))
    assert pa.table(again).cast(told.schema).equals(told)
