"""A ticket in words: its state, its clock, its steps, and what may be searched for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from pqr_dashboard.figures import tickets
from pqr_dashboard.journey import clock
from pqr_dashboard.view.conversation import conversation_html

BOGOTA = "America/Bogota"
TICKET = {
    "ticket_id": "0529cdc81ac5868f674f", "radicado": "20261010001392", "pqrs_type": "PET_INF", "status": "answered",
    "opened_at": pd.Timestamp("2026-01-07 19:08", tz=BOGOTA), "received_on": pd.Timestamp("2026-01-08"), "term_days": 10,
    "due_on": pd.Timestamp("2026-01-23"), "effective_due_on": pd.Timestamp("2026-02-04"), "extension_days": 8,
    "suspended_days": 0, "closed_on": pd.Timestamp("2026-02-09"), "business_days": 21, "has_term": True,
    "is_breached": True, "is_overdue": False, "as_of_day": pd.Timestamp("2026-03-31"),
    "suspended_from": None, "suspended_to": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("  2026 1010001392 ", "20261010001392"),
        ("", None),
        (" \t\n", None),
        ("a\x00b\x1b", "ab"),
        ("x" * 500, "x" * 40),
        ("'; drop table core.tickets; --", "';droptablecore.tickets;--"),
        ("%_\\", "%_\\"),
    ],
)
def test_what_is_typed_is_text(typed, code):
    """Blanks and what cannot be printed go, the rest stays as it is: no letter means anything but itself."""
    assert tickets.code_of(typed) == code


def test_the_next_page_begins_after_the_last_ticket_seen():
    """By its arrival and, of those that arrived at once, by its id."""
    after = (datetime(2026, 1, 5, 12, tzinfo=UTC), "abc")
    asked = tickets.page_after(after)
    assert (asked["before_at"], asked["before_id"], asked["limit"]) == (*after, tickets.PAGE_ROWS)
    assert tickets.page_after(None)["before_at"] is None


def _counted(days):
    return {kind: int(count) for kind, count in days["kind"].value_counts().items()}


def test_the_clock_of_a_late_ticket():
    """Term, extension and what went beyond are business days that add up to the answer time; other days are named."""
    days = clock.days(TICKET)
    assert _counted(days) == {
        "Recepción": 1, "Término": 10, "Prórroga": 8, "Fuera de término": 3, "Fin de semana": 10, "Festivo": 1,
    }  # fmt: skip
    assert (days["day"].iloc[0], days["day"].iloc[-1]) == (TICKET["received_on"], TICKET["closed_on"])
    assert sum(days["kind"].isin(clock.COUNTED)) == days["counted"].iloc[-1] == TICKET["business_days"]
    assert (
        dict(zip(days["day"].dt.date, days["name"], strict=True))[date(2026, 1, 12)]
        == "Día de los Reyes Magos (observado)"
    )
    assert clock.said(days) == (
        "Término: 10 días hábiles; Prórroga: 8 días hábiles; Fuera de término: 3 días hábiles. No cuentan 10 días de fin "
        "de semana y 1 festivo (Día de los Reyes Magos (observado))."
    )


def test_the_clock_stands_still_where_it_was_suspended():
    """On the very days, and the term goes on behind them."""
    stood = {"suspended_from": pd.Timestamp("2026-01-14"), "suspended_to": pd.Timestamp("2026-01-20"),
             "extension_days": 0, "effective_due_on": pd.Timestamp("2026-01-29")}  # fmt: skip
    days = clock.days(TICKET | stood | {"closed_on": pd.Timestamp("2026-01-26")})
    still = days[days["kind"] == "Suspensión"]["day"].dt.day.tolist()
    assert still == [15, 16, 19, 20]
    assert days[days["kind"] == "Sin usar"]["day"].dt.day.tolist() == [27, 28, 29]
    assert _counted(days)["Término"] == 7


def test_the_clock_of_an_open_ticket_runs_to_the_end_of_the_window():
    """Overdue and unanswered: what is beyond goes on to the last day of the run, or to the end of its thread."""
    still_open = TICKET | {"closed_on": pd.NaT, "is_overdue": True}
    days = clock.days(still_open)
    assert (days["day"].iloc[-1], days["kind"].iloc[-1]) == (TICKET["as_of_day"], "Fuera de término")
    years = clock.days(still_open | {"as_of_day": pd.Timestamp("2028-01-01")})
    assert (years["day"].iloc[-1] - years["day"].iloc[0]).days == 140


def test_praise_has_no_clock():
    """What needs no answer has no term, no dates and no clock; its cards say so with a dash."""
    praise = TICKET | {"term_days": None, "due_on": pd.NaT, "effective_due_on": pd.NaT, "has_term": False,
                       "is_breached": False, "closed_on": pd.NaT, "business_days": None, "status": "received"}  # fmt: skip
    assert clock.days(praise).empty
    assert [card.value for card in tickets.cards(praise)] == ["Recibida", "8 ene 2026", "–", "–", "–", "–"]


def test_cards_tell_the_clock():
    """Received, term, the lawful and the effective due date with what moved it, and how it ended."""
    cards = {card.label: (card.value, card.note.replace("\u00a0", " ")) for card in tickets.cards(TICKET)}
    assert cards["Estado"] == ("Respondida", "cerrada fuera de término")
    assert cards["Vencimiento de ley"][0] == "23 ene 2026"
    assert cards["Vencimiento efectivo"] == ("4 feb 2026", "prórroga de 8 días hábiles")
    assert cards["Cerrada"] == ("9 feb 2026", "en 21 días hábiles")


def test_steps_are_escaped_and_in_words():
    """A step reads when, what and who; markup in the data is text."""
    event = {"event_type": "extended", "occurred_at": pd.Timestamp("2026-01-20 10:02", tz=BOGOTA), "actor": "entity",
             "is_effective": False, "extension_days": 8, "event_id": "t-1"}  # fmt: skip
    odd = event | {"event_type": "<script>alert(1)</script>", "extension_days": None, "actor": '"><img>'}
    mail = {"from_name": "<b>Ana</b>", "from_address": "a@x.test", "to_addresses": "b@x.test", "subject": "<i>Ruido</i>",
            "body": "Uno\n<script>alert(2)</script>", "direction": "inbound", "attachment_count": 2}  # fmt: skip
    html = conversation_html([event, odd], {"t-1": mail})
    assert "Prórroga del término" in html
    assert "Entidad · 8 días hábiles más · no mueve el término" in html
    assert "<script>" not in html
    assert "<img>" not in html
    assert html.count("&lt;b&gt;Ana&lt;/b&gt;") == html.count("2 adjuntos") == 2  # the odd step has the same mail


@pytest.mark.parametrize(
    ("before", "to", "said"),
    [(None, "received", "Entidad · queda Recibida"), ("received", "answered", "Entidad · de Recibida a Respondida"),
     ("answered", "answered", "Entidad · queda Respondida")],
)  # fmt: skip
def test_what_a_step_did(before, to, said):
    """By whom, from which state to which; what moves no clock says so."""
    event = {"from_status": before, "to_status": to, "actor": "entity", "is_effective": True}
    assert tickets.moved(event) == said
    assert tickets.moved(event | {"is_effective": False}) == f"{said} · no mueve el término"


def test_a_list_in_words():
    """Codes become names, what is missing a dash, and what matters most about the term is said."""
    found = pd.DataFrame([TICKET | {"topic": "RUIDO", "department": None, "radicado": None, "is_overdue": True}])
    row = tickets.listed(found, {"PET_INF": "Información"}, {"RUIDO": "Ruido"}).iloc[0].to_dict()
    assert row == {
        "Radicado": "sin radicar", "Llegó": "7 ene 2026", "Tipo": "Información", "Tema": "Ruido", "Departamento": "–",
        "Estado": "Respondida · vencida", "Vence": "4 feb 2026", "Identificador": TICKET["ticket_id"],
    }  # fmt: skip
    for missing in (None, float("nan")):
        assert tickets.listed(found.assign(topic=missing), {}, {})["Tema"].tolist() == ["–"]
