"""El viaje de este correo: whose eyes see what of a mail, that it is written down, and what is said where it cannot be."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import psycopg
import pytest

from pqr_common import open_lake, sha256_hex
from pqr_common.errors import LakeUnavailable, UpstreamBroken
from pqr_dashboard.access import menu, session
from pqr_dashboard.access.session import User
from pqr_dashboard.journey.evidence import Evidence
from pqr_dashboard.journey.masking import DOCUMENT, NAME
from pqr_pipeline.audit.trace import traced

pytestmark = pytest.mark.integration

RUN_ID = "dos-meses"
NOT_RECORDED = "su lectura no se pudo registrar"
NO_LAKE = "el lago no los entregó"


def _seen(visitor):
    said = [*(e.body for e in visitor.main.get("html")), *(e.value for e in (*visitor.caption, *visitor.main.code))]
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", "\n".join(said), flags=re.DOTALL))


def _query(dsn, statement, *parameters):
    with psycopg.connect(dsn, autocommit=True) as opened:
        cursor = opened.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def lake(server):
    return open_lake(server.lake)


@pytest.fixture(scope="module")
def ticket(loaded):
    """The one with the most mails, and an extension."""
    statement = "select ticket_id from core.tickets where is_extended order by count_emails desc, ticket_id limit 1"
    return _query(loaded, statement)[0][0]


@pytest.fixture(scope="module")
def trace(lake, ticket):
    """What `pqr trace` says of it."""
    return traced(lake, RUN_ID, ticket)


@pytest.fixture
def as_(visit, loaded, ticket, monkeypatch):
    """Open the ticket as somebody."""

    def open_(role: str, email: str = "ana@entidad.example", dsn: str = loaded):
        monkeypatch.setattr(session, "signed_in", lambda _: User(email, role))
        visitor = visit("solicitudes", dsn, solicitud=ticket)
        assert not visitor.exception
        return visitor

    return open_


def _mails(trace):
    return [mail for mail in trace.mails if mail.event]


def test_an_operator_reads_the_conversation_and_its_lines(as_, loaded, ticket, trace):
    """Who wrote what, whole; each line with the place and the hashes that `pqr trace` tells, and typing's changes."""
    visitor = as_("operator")
    said = _seen(visitor)
    for mail in _mails(trace):
        bronze = mail.line.email
        for text in (bronze["from_name"], bronze["from_address"], bronze["subject"], bronze["body"].strip()):
            assert text in said
    for place, mail in enumerate(_mails(trace)):
        visitor.selectbox(key=f"ticket-mail-{ticket}").set_value(place).run()
        said, line = _seen(visitor), mail.line
        for text in (f"{line.object}:{line.line}", line.sha256, sha256_hex(line.data), mail.event["message_id"]):
            assert text in said
        assert visitor.main.code[0].value == line.text
        assert f"Paso {mail.event['seq']} de {len(trace.events)}." in said
        assert all(f"{field} → {column}" in said for field, _, column, _ in line.changes)


def test_an_analyst_reads_it_masked(as_, loaded, ticket, trace):
    """No name, document or address of anybody who wrote is in what the page sends, and it says so."""
    visitor = as_("analyst")
    mails = _mails(trace)
    for place in range(len(mails)):
        visitor.selectbox(key=f"ticket-mail-{ticket}").set_value(place).run()
        said = _seen(visitor)
        assert "están enmascarados" in said
        assert "los SHA-256 son de los bytes sin enmascarar" in said
        assert NAME in said
        assert DOCUMENT in said
        for mail in (each.line.email for each in mails):
            if mail["direction"] == "inbound":
                assert not re.search(rf"(?i)\b({'|'.join(re.escape(mail['from_name']).split(chr(92) + ' '))})\b", said)
            assert mail["from_address"] not in said
            assert mail["to_addresses"] not in said
            for number in re.findall(r"C\.C\. (\d+)", mail["body"]):
                assert number not in said
        assert trace.ticket["radicado"] in said


@pytest.mark.parametrize("role", ["executive", "nobody"])
def test_who_may_not_read_mails_reads_none(as_, loaded, monkeypatch, role):
    """The page is not in their menu; even drawn for them it would read nothing."""
    monkeypatch.setattr(Evidence, "mails", lambda *_: pytest.fail("the lake was asked"))
    before = _query(loaded, "select count(*) from meta.readings")
    monkeypatch.setattr(menu, "menu_of", lambda _: menu.PAGES)
    visitor = as_(role)
    assert "Los correos no se muestran a su rol." in _seen(visitor)
    assert "pqr-mail" not in str([element.body for element in visitor.main.get("html")])
    assert _query(loaded, "select count(*) from meta.readings") == before


def test_each_reading_is_written_down_once_for_a_session(as_, loaded, ticket, trace):
    """Who, as what, which mail of which ticket, when; a page drawn again is no other reading, another session is."""
    _query(loaded, "delete from meta.readings")
    statement = "select person, person_role, run_id, ticket_id, message_id from meta.readings order by reading_id"
    visitor = as_("operator", "eva@entidad.example")
    visitor.run()
    messages = [event["message_id"] for event in trace.events]
    expected = [("eva@entidad.example", "operator", RUN_ID, ticket, message) for message in messages]
    assert sorted(_query(loaded, statement)) == sorted(expected)
    as_("local", "")
    assert sorted(_query(loaded, f"{statement} offset {len(messages)}")) == sorted(
        ("local", "local", RUN_ID, ticket, message) for message in messages
    )
    assert _query(loaded, "select count(*) from meta.readings where now() - read_at between '0' and '5 min'") == [
        (2 * len(messages),)
    ]


def test_what_cannot_be_written_down_is_not_shown(as_, loaded, trace):
    """The rest of the page stands."""
    signature = "meta.record_readings(text, text, text, text, text[])"
    _query(loaded, f"revoke execute on function {signature} from pqr_dashboard")
    try:
        said = _seen(as_("operator"))
    finally:
        _query(loaded, f"grant execute on function {signature} to pqr_dashboard")
    assert NOT_RECORDED in said
    assert "Los cinco pasos" in said
    assert _mails(trace)[0].line.email["body"].strip() not in said


@pytest.mark.parametrize(
    "error", [LakeUnavailable("The object store must answer."), UpstreamBroken("The object must exist.")]
)
def test_where_the_lake_gives_nothing_the_page_shows_everything_else(as_, monkeypatch, trace, error):
    """Its clock, its steps and its rows, and one sentence."""

    def refuse(*_):
        raise error

    monkeypatch.setattr(Evidence, "mails", refuse)
    visitor = as_("operator")
    said = _seen(visitor)
    assert NO_LAKE in said
    assert str(error) not in said
    for heading in (
        "El reloj",
        "El viaje de este correo",
        "El paso:",
        "La solicitud y su reloj",
        "Las filas en Postgres",
    ):
        assert heading in said
    assert "La línea cruda" not in said


def test_a_lake_that_is_elsewhere_is_no_trouble_of_the_page(as_, monkeypatch, tmp_path):
    """A dashboard whose settings name no lake of this run."""
    monkeypatch.setenv("PQR_LAKE_URL", (tmp_path / "nothing").as_uri())
    assert NO_LAKE in _seen(as_("operator"))


def test_a_thread_reads_the_objects_of_its_days_alone(lake, loaded, ticket, monkeypatch):
    """Not a layer: of bronze no more objects than mails, of its rows none but its own."""
    asked, read = [], type(lake).read
    monkeypatch.setattr(type(lake), "read", lambda self, part: asked.append(part) or read(self, part))
    statement = "select event_id, message_id, occurred_at from core.ticket_events where ticket_id = %s"
    wanted = {step: (name, at) for step, name, at in _query(loaded, statement, ticket)}
    found = Evidence(lake).mails(RUN_ID, wanted)
    assert {step: (mail["message_id"], mail["received_at"]) for step, mail in found.items()} == wanted
    assert 0 < len(asked) <= len(wanted)
    assert {part.path.split("/")[0] for part in asked} == {"bronze"}


def test_an_operator_sees_who_read(as_, visit, loaded):
    """In Operación: the newest first."""
    as_("analyst", "ultima@entidad.example")
    visitor = visit("operacion", loaded)
    assert "Lecturas de correos" not in _seen(visitor)  # the page is not an analyst's
    as_("operator", "ultima@entidad.example")
    said = _seen(visit("operacion", loaded))
    assert said.index("Lecturas de correos") < said.index("ultima@entidad.example")


def test_every_mail_of_the_run_is_found_by_its_step(lake, loaded):
    """Whatever its day, its part and its delivery."""
    rows = _query(
        loaded, "select event_id, message_id, occurred_at from core.ticket_events order by event_id limit 400"
    )
    wanted = {step: (name, at) for step, name, at in rows}
    assert Evidence(lake).mails(RUN_ID, wanted).keys() == wanted.keys()
    step, (name, at) = next(iter(wanted.items()))
    assert Evidence(lake).mails(RUN_ID, {step: (name, at + timedelta(seconds=1))}) == {}  # of another arrival
