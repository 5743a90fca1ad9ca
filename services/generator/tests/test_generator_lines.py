from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime

import numpy as np
import pyarrow as pa
import pytest

from pqr_generator.days import RawPart, generate
from pqr_generator.lines.layout import FIELDS
from pqr_generator.mails.defects import DIRT
from pqr_generator.schema import EMAILS, HTML_VERSION, PLAIN_VERSION
from pqr_generator.tickets.citizens import citizens
from pqrs import calendar, terms
from pqrs.catalogue import CONTROL_BODIES, DEPENDENCIES, ENTITIES
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

OPENS_ON = date(2026, 1, 1)

DAMAGE = {"truncated_json", "missing_field", "wrong_type", "broken_encoding"}
RADICADO = re.compile(r"\[Radicado (\d{14})\]")
RESERVED = re.compile(r"(?:^|[.@])(?:example\.org|example|test)$")


def as_plain(mail):
    """A mail of either version as the first has it."""
    if mail["schema_version"] == "1":
        return mail
    mail["schema_version"] = "1"
    assert mail.pop("content_type") == "text/html"
    marked = mail["body"].replace("<br>", "\n")
    return mail | {"body": html.unescape(re.sub("^(<[^<>]+>)+|(<[^<>]+>)+$", "", marked))}


class Inbox:
    """Three months of a small entity with a lot of dirt: every line, and the answer key beside it."""

    def __init__(self):
        value = load_scenario().to_json()
        value["dirt_per_100k"] = {key: rate * 5 for key, rate in value["dirt_per_100k"].items()}
        value["rates_per_mille"]["denied"] = 100
        self.parameters = Parameters.create(
            opens_on=OPENS_ON, tickets_per_business_day=40, scenario=Scenario.from_json(value)
        )
        self.days, self.keys = {}, []
        for made in generate(self.parameters, self.parameters.window_from, self.parameters.window_to):
            if isinstance(made, RawPart):
                lines = bytes(made.lines).split(b"\n")
                assert lines.pop() == b""
                assert len(lines) == made.rows
                self.days[made.day] = lines
            else:
                self.keys += made.table.to_pylist()
        self.dirt = [row for row in self.keys if row["record"] == "dirt"]
        self.lost = {row["message_id"]: row for row in self.dirt if row["lost"]}
        garbled = {row["message_id"] for row in self.dirt if row["dirt"] == "mojibake"}
        tickets = [row for row in self.keys if row["record"] == "ticket"]
        self.requests = {row["message_id"] for row in tickets}
        self.tickets = [row for row in tickets if row["message_id"] not in self.lost]
        self.legible = [row for row in self.tickets if row["message_id"] not in garbled]
        self.illegible = {row["ticket_index"] for row in self.dirt if row["dirt"] == "mojibake"}
        self.damaged = {(row["day"], row["line"]) for row in self.dirt if row["dirt"] in DAMAGE}
        self.mails = {
            (day, place): as_plain(json.loads(line))
            for day, lines in self.days.items()
            for place, line in enumerate(lines)
            if (day, place) not in self.damaged
        }

    def line(self, row):
        return self.days[row["day"]][row["line"]]

    def mail(self, row):
        return self.mails[row["day"], row["line"]]


@pytest.fixture(scope="module")
def inbox():
    return Inbox()


def spells_plainly(parameters):
    """Whether the citizen of a mail neither shouts nor slips, by the number in its address."""
    town = citizens(parameters)
    style = dict(zip(town.mailbox.tolist(), town.style.tolist(), strict=True))
    return lambda mail: not style[int(mail["from"]["address"].partition("@")[0][-7:])]


def received(mail):
    return datetime.fromisoformat(mail["received_at"])


def test_clean_lines_have_the_fields_of_their_version_in_order(inbox):
    """Every line that is not damaged is compact JSON with exactly the fields of the contract, in its order."""
    unknown = {(row["day"], row["line"]) for row in inbox.dirt if row["dirt"] == "unknown_field"}
    versions = {PLAIN_VERSION: [name for name in EMAILS.schema.names if name != "content_type"]}
    versions[HTML_VERSION] = EMAILS.schema.names
    seen = set()
    for day, number in inbox.mails:
        line = inbox.days[day][number].decode()
        mail = json.loads(line)
        names = list(mail)
        if (day, number) in unknown:
            assert names.pop() not in EMAILS.schema.names
        assert names == versions[mail["schema_version"]]
        assert json.dumps(mail, ensure_ascii=False, separators=(",", ":")) == line
        seen.add(mail["schema_version"])
    assert seen == versions.keys()


def test_every_field_has_the_type_of_the_contract(inbox):
    """Field by field, inner fields in their order too: what the lines hold is what the contract declares."""
    mails = [
        {name: mail.get(name, "text/html") for name in EMAILS.schema.names}
        for mail in (json.loads(inbox.days[day][number]) for day, number in inbox.mails)
    ]
    found = pa.Table.from_pylist(mails)
    for field in EMAILS.schema:
        assert found.schema.field(field.name).type == field.type
        assert field.nullable or not found[field.name].null_count


def test_the_layout_has_the_fields_of_the_contract():
    """In its order, and then the end of the line; sender and receiver share their columns."""
    assert [name for run in FIELDS for name in run.split(",")] == [*EMAILS.schema.names, "end"]


def test_lines_are_nfc_and_in_order_of_arrival(inbox):
    """Text is NFC; a day holds what arrives on that day in Bogotá, earliest first."""
    for day, lines in inbox.days.items():
        found = [inbox.mails[day, place] for place in range(len(lines)) if (day, place) in inbox.mails]
        times = [received(mail) for mail in found]
        assert times == sorted(times)
        assert {(time - timedelta(hours=5)).date() for time in times} <= {day}
        assert all(unicodedata.is_normalized("NFC", mail["body"] + mail["subject"]) for mail in found)


def test_only_reserved_domains_and_marked_documents(inbox):
    """No line holds an address outside the reserved domains or a document number that is not marked as fake."""
    hosts, documents = set(), []
    for mail in inbox.mails.values():
        text = json.dumps(mail, ensure_ascii=False)
        hosts |= set(re.findall(r"@([\w.-]*\w)", text))
        documents += re.findall(r"(?:C\.C\.|C\.E\.|NIT) (\d+)(?:-\d)?( \(fictici[ao]\))?", text)
    assert hosts
    assert all(RESERVED.search(host) for host in hosts), hosts
    assert all(number.startswith("999") and len(number) in (9, 10) and mark for number, mark in documents)


def test_message_ids_are_unique_but_for_copies(inbox):
    """A message id comes twice only where the answer key names a duplicate."""
    copies = {(row["day"], row["line"]) for row in inbox.dirt if row["dirt"] == "duplicate"}
    ids = [mail["message_id"] for place, mail in inbox.mails.items() if place not in copies]
    assert len(set(ids)) == len(ids)


def test_dates_are_local_and_before_the_arrival(inbox):
    """The Date header has Bogotá's offset and right weekday; but by wrong clocks, no mail arrives before it was sent."""
    skewed = {row["message_id"] for row in inbox.dirt if row["dirt"] == "clock_skew"}
    for mail in inbox.mails.values():
        sent = parsedate_to_datetime(mail["date"])
        assert sent.utcoffset() == timedelta(hours=-5)
        assert sent.strftime("%a, %d %b %Y %H:%M:%S -0500") == mail["date"]
        assert sent <= received(mail) or mail["message_id"] in skewed


def test_clocks_of_citizens_are_minutes_to_days_off(inbox):
    """Before and behind, by what the key names; the arrival is told by the entity's clock and stays in order."""
    rows = [row for row in inbox.dirt if row["dirt"] == "clock_skew"]
    assert {inbox.mail(row)["direction"] for row in rows} == {"inbound"}
    off = [(parsedate_to_datetime(mail["date"]) - received(mail)).total_seconds() for mail in map(inbox.mail, rows)]
    assert min(off) < -86_400
    assert max(off) > 86_400
    assert all(4 * 60 < abs(seconds) < 6 * 86_400 for seconds in off)
    asked = sum(row["message_id"] in inbox.requests for row in rows)
    assert 0 < asked < len(rows)


def test_references_lead_to_the_request(inbox):
    """References begin with a request, end with In-Reply-To, and cite only mails of the same thread."""
    by_id = {mail["message_id"]: mail for mail in inbox.mails.values()}
    for mail in inbox.mails.values():
        assert (mail["in_reply_to"] is None) == (mail["references"] == [])
        if mail["references"]:
            assert mail["references"][-1] == mail["in_reply_to"]
            root, *cited = mail["references"]
            assert root in inbox.requests
            assert set(mail["references"]) <= by_id.keys() | inbox.lost.keys()
            cited = [by_id[identity] for identity in cited if identity in by_id]
            assert len({RADICADO.search(other["subject"])[1] for other in [*cited, mail]}) == 1


def test_every_mail_but_the_request_names_its_radicado(inbox):
    """The radicado in the subject is the one the acknowledgement's body registers."""
    for mail in inbox.mails.values():
        if mail["message_id"] in inbox.requests:
            assert not RADICADO.search(mail["subject"])
        else:
            radicado = RADICADO.search(mail["subject"])[1]
            assert radicado.endswith("2")
            if mail["subject"].startswith("Acuse"):
                assert f"\nRadicado: {radicado}\n" in mail["body"]


def test_acknowledgements_state_the_facts_of_the_key(inbox):
    """Radicado, type, topic and dependency stand on lines of their own, as the answer key has them."""
    truth = {row["message_id"]: row for row in inbox.tickets}
    seen = 0
    for mail in inbox.mails.values():
        if mail["subject"].startswith("Acuse") and mail["references"][0] in truth:
            row = truth[mail["references"][0]]
            facts = dict(re.findall(r"^(Radicado|Tipo|Tema|Dependencia|Prioridad): (.+)$", mail["body"], re.MULTILINE))
            assert facts.pop("Prioridad") in {"normal", "alta"}
            assert facts == {
                "Radicado": row["radicado"],
                "Tipo": row["pqrs_type"],
                "Tema": row["topic"],
                "Dependencia": row["dependency"],
            }
            seen += 1
    assert seen > 0.95 * len(inbox.tickets)


def test_requests_are_signed_as_the_key_says(inbox):
    """Name, marked-fake document by the sort of sender, municipality and department; the nameless give a name at most."""
    documents = {
        "person": r"C\.[CE]\. 999\d{7} \(ficticia\)\n",
        "attorney": r"C\.C\. 999\d{7} \(ficticia\)\nT\.P\. 999\d{3} \(ficticia\) del C\. S\. de la J\.\n",
        "company": r"NIT 999\d{6}-\d \(ficticio\)\n",
        "anonymous": "",
    }
    for row in inbox.legible:
        mail = inbox.mail(row)
        assert mail["message_id"] == row["message_id"]
        home = f"Municipio: {row['municipality']} ({row['department']})" if row["municipality"] else ""
        signed = f"\n{re.escape(mail['from']['name'])}\n{documents[row['sender']]}{re.escape(home)}"
        assert re.search(signed if home else signed.removesuffix("\n") + r"(?!\n(C\.|NIT|Municipio))", mail["body"])
        assert bool(home) == (row["sender"] != "anonymous") == ("Municipio" in mail["body"])
    assert {row["sender"] for row in inbox.tickets} == documents.keys()
    assert {row["department"] for row in inbox.tickets} > {"Antioquia", "Bogotá D.C.", "Valle del Cauca"}


def test_a_nit_has_its_check_digit(inbox):
    """By the rule of the DIAN, which is told here the other way round: weights from the first digit on."""
    found = {found for mail in inbox.mails.values() for found in re.findall(r"NIT (\d{9})-(\d)", mail["body"])}
    assert len(found) > 50
    for number, digit in found:
        rest = sum(int(d) * weight for d, weight in zip(number, (41, 37, 29, 23, 19, 17, 13, 7, 3), strict=True)) % 11
        assert int(digit) == (rest if rest < 2 else 11 - rest)


def test_every_sender_says_in_what_capacity_it_writes(inbox):
    """Attorneys name a client who is not themselves, companies their own name; the entity addresses each as it signs."""
    senders = {row["message_id"]: row["sender"] for row in inbox.tickets}
    dear, is_plain = Counter(), spells_plainly(inbox.parameters)
    for row in inbox.tickets:
        mail = inbox.mail(row)
        name = re.escape(mail["from"]["name"])
        if not is_plain(mail):
            continue
        clients = re.findall(r"apoderad[oa](?: judicial)? de ([^,]+), (?:según|allego)", mail["body"])
        assert bool(clients) == (row["sender"] == "attorney")
        assert mail["from"]["name"] not in clients
        as_company = re.search(f"(?:legal de|administrador de|En nombre de) {name}, ", mail["body"])
        assert bool(as_company) == (row["sender"] == "company")
    for mail in inbox.mails.values():
        if mail["subject"].startswith("Acuse") and mail["references"][0] in senders:
            sender = senders[mail["references"][0]]
            first = mail["body"].partition("\n")[0]
            assert first.endswith("ciudadano(a):") == (sender == "anonymous")
            assert first.startswith("Señores ") == (sender == "company")
            dear[sender] += 1
    assert all(dear[sender] > 10 for sender in ("person", "attorney", "company", "anonymous"))


def test_texts_vary(inbox):
    """Hardly two requests are the same, and all types and topics are written about."""
    bodies = [inbox.mail(row)["body"] for row in inbox.tickets]
    assert len(set(bodies)) > 0.99 * len(bodies)
    scenario = inbox.parameters.scenario
    assert {row["pqrs_type"] for row in inbox.tickets} == {code for code, weight in scenario.type_mix if weight}
    assert {row["topic"] for row in inbox.tickets} == {code for code, weight in scenario.topic_mix if weight}
    assert 550 < np.mean([len(body) for body in bodies]) < 850


def test_lines_have_about_the_size_that_was_designed(inbox):
    """A line is some 900 to 1,000 bytes on average, of which the body is what a citizen would write."""
    sizes = [len(line) + 1 for lines in inbox.days.values() for line in lines]
    assert 850 < np.mean(sizes) < 1_050


def test_every_kind_of_dirt_occurs(inbox):
    """The answer key names all kinds, and only those."""
    assert {row["dirt"] for row in inbox.dirt} == set(DIRT[1:])


def test_damaged_lines_are_what_the_key_says(inbox):
    """A damaged line fails in the way it is listed, and its mail also arrives undamaged unless the key says that it is lost."""
    whole = {mail["message_id"] for mail in inbox.mails.values()}
    fields = {PLAIN_VERSION: len(EMAILS.schema) - 1, HTML_VERSION: len(EMAILS.schema)}
    for row in inbox.dirt:
        if row["dirt"] not in DAMAGE:
            continue
        line = inbox.line(row)
        if row["dirt"] == "broken_encoding":
            with pytest.raises(UnicodeDecodeError):
                line.decode()
        elif row["dirt"] == "truncated_json":
            with pytest.raises(json.JSONDecodeError):
                json.loads(line)
        else:
            assert len(json.loads(line)) == fields[json.loads(line).get("schema_version", "1")] - (
                row["dirt"] == "missing_field"
            )
        assert (row["message_id"] in whole) != (row["lost"] is not None) or row["day"] >= date(2026, 3, 31)


def test_lost_mails_are_named_with_their_letter_and_ticket(inbox):
    """Each is told once: which letter of which ticket, by which damage; requests and letters of the entity are among them."""
    roots = {row["ticket_index"]: row["radicado"] for row in inbox.keys}
    assert len(inbox.lost) == sum(row["lost"] is not None for row in inbox.keys) > 10
    assert {"request", "acknowledgement", "answer"} <= {row["lost"] for row in inbox.lost.values()}
    assert {row["dirt"] for row in inbox.lost.values()} == DAMAGE
    for identity, row in inbox.lost.items():
        assert row["radicado"] == roots[row["ticket_index"]]
        assert (identity in inbox.requests) == (row["lost"] == "request")


def test_mojibake_is_the_citizens_text_taken_for_latin_1(inbox):
    """Read back the other way it is Spanish; it is valid JSON, and numbers and markers stay what they were."""
    rows = [row for row in inbox.dirt if row["dirt"] == "mojibake"]
    assert len(rows) > 20
    for row in rows:
        mail = inbox.mail(row)
        assert mail["direction"] == "inbound"
        for text in (mail["from"]["name"], mail["subject"], mail["body"]):
            assert text.isascii() or set("ÃÂ") & set(text)
            text.encode("latin-1").decode()
        assert row["message_id"] in inbox.requests or RADICADO.search(mail["subject"])[1] == row["radicado"]
    assert any("peticiÃ³n" in inbox.mail(row)["body"] for row in rows)


@pytest.mark.parametrize("left", [3, 2, 1])
def test_kinds_of_dirt_move_no_other_mail(inbox, left):
    """Without the last of them, the other lines are the same to the byte: the draw decides nothing else."""
    gone = ["damaged_original", "clock_skew", "mojibake"][-left:]
    value = inbox.parameters.scenario.to_json()
    for kind in gone:
        del value["dirt_per_100k"][kind]
    touched = [row for row in inbox.dirt if row["dirt"] in gone or (row["lost"] and "damaged_original" in gone)]
    touched = [row for row in touched if row["dirt"] != "mojibake" or not inbox.line(row).isascii()]  # ASCII stays it
    whole = replace(inbox.parameters, scenario=Scenario.from_json(value))
    first, last = date(2026, 1, 1), date(2026, 2, 10)
    for made in generate(whole, first, last):
        if isinstance(made, RawPart):
            lines = bytes(made.lines).splitlines()
            differing = {
                n for n, pair in enumerate(zip(lines, inbox.days[made.day], strict=True)) if len(set(pair)) > 1
            }
            assert differing == {row["line"] for row in touched if row["day"] == made.day}
        else:
            assert not set(gone) & set(made.table["dirt"].to_pylist())


def test_wrong_types_are_wrong(inbox):
    """A line of a wrong type is JSON with all fields, of which one has not the type of the contract."""
    expected = {"references": list, "direction": str, "received_at": str, "from": dict, "attachments": list}
    seen = set()
    for row in inbox.dirt:
        if row["dirt"] == "wrong_type":
            mail = json.loads(inbox.line(row))
            wrong = [name for name, kind in expected.items() if not isinstance(mail[name], kind)]
            assert len(wrong) == 1
            seen |= set(wrong)
    assert seen == set(expected)


def test_duplicates_are_the_same_mail_again(inbox):
    """A duplicate differs from its original in the time of arrival alone, minutes to two days later."""
    originals = {}
    for mail in inbox.mails.values():
        originals.setdefault(mail["message_id"], []).append(mail)
    for row in inbox.dirt:
        if row["dirt"] == "duplicate":
            pair = originals[row["message_id"]]
            if len(pair) == 1:  # the original lies before the window, which it cannot here
                pytest.fail(f"no original of {row}")
            first, second = pair
            assert {**first, "received_at": ""} == {**second, "received_at": ""}
            assert timedelta(minutes=5) <= received(second) - received(first) <= timedelta(days=2)


def test_flags_are_what_the_key_says(inbox):
    """Late mails are 25 to 73 hours old, lost ones keep only the radicado, automatic ones say so."""
    for row in inbox.dirt:
        if row["dirt"] in DAMAGE | {"duplicate"}:
            continue
        mail = inbox.mail(row)
        assert mail["message_id"] == row["message_id"]
        age = received(mail) - parsedate_to_datetime(mail["date"])
        assert (age > timedelta(hours=24)) == (row["dirt"] == "late_arrival") or row["dirt"] == "clock_skew"
        if row["dirt"] == "lost_references":
            assert (mail["in_reply_to"], mail["references"]) == (None, [])
            assert RADICADO.search(mail["subject"])[1] == row["radicado"]
        if row["dirt"] == "out_of_office":
            assert mail["auto_submitted"] == "auto-replied"
            assert mail["subject"].startswith("Respuesta automática: ")
        if row["dirt"] == "bounce":
            assert mail["auto_submitted"] == "auto-generated"
            assert mail["from"]["address"].startswith("mailer-daemon@")


def test_what_the_key_does_not_name_is_clean(inbox):
    """No late, lost, automatic or doubled mail is missing from the answer key."""
    listed = {(row["day"], row["line"]) for row in inbox.dirt}
    seen = set()
    for place, mail in inbox.mails.items():
        if place in listed:
            continue
        assert mail["message_id"] not in seen
        seen.add(mail["message_id"])
        assert received(mail) - parsedate_to_datetime(mail["date"]) < timedelta(hours=1)
        inbound_reply = mail["direction"] == "inbound" and mail["message_id"] not in inbox.requests
        assert mail["references"] or not inbound_reply
        assert mail["auto_submitted"] == "no" or mail["subject"].startswith("Acuse")


def test_the_breaches_of_the_key_follow_from_the_mails(inbox):
    """Reading the mails alone, a ticket is breached exactly if the key says so, and its dates are the key's."""
    threads = {}
    for mail in inbox.mails.values():
        if found := RADICADO.search(mail["subject"]):
            threads.setdefault(found[1], []).append(mail)
    spoilt = {row["ticket_index"] for row in inbox.lost.values()} | inbox.illegible
    settled = [
        row
        for row in inbox.tickets
        if row["is_eligible"] and row["day"] < date(2026, 2, 1) and row["ticket_index"] not in spoilt
    ]
    assert len(settled) > 500
    breached = 0
    for row in settled:
        found = {mail["subject"].split(" [")[0]: mail for mail in reversed(threads[row["radicado"]])}
        due, closed = read_clock(inbox.mail(row), row["pqrs_type"], found)
        late = closed is None or closed > due
        if row["effective_due_on"] <= date(2026, 3, 10):
            assert due == row["effective_due_on"]
            assert late == row["is_breached"], (row, found.keys())
            breached += late
    assert breached


def read_clock(request, kind, found):
    """Effective due date and the day of the first answer or archive, from the mails of a thread."""

    def day(mail):
        return calendar.local_day(np.datetime64(mail["received_at"].rstrip("Z")))

    start = terms.received_on(np.array([request["received_at"].rstrip("Z")], "datetime64[us]"), terms.MIDNIGHT)
    term = terms.term_days([kind], start)
    extension, paused, resumed = 0, np.datetime64("NaT"), np.datetime64("NaT")
    if mail := found.get("Prórroga del término"):
        extension = int(re.search(r"^Prórroga: (\d+) días hábiles$", mail["body"], re.MULTILINE)[1])
    if mail := found.get("Requerimiento para completar la petición"):
        paused = day(mail)
        resumed = terms.completion_deadline(paused)
        if reply := found.get("Re: Requerimiento para completar la petición"):
            heard = terms.received_on(np.datetime64(reply["received_at"].rstrip("Z")), terms.MIDNIGHT)
            resumed = min(heard, resumed)
    due = terms.effective_due_on(start, term, extension, suspended_from=paused, suspended_to=resumed)[0]
    closing = found.get("Respuesta de fondo") or found.get("Archivo por desistimiento tácito")
    return due.item(), day(closing).item() if closing else None


def test_copies_go_to_the_control_body_that_the_request_names(inbox):
    """Its mailbox stands beside the entity's, in the request alone; the rate is the scenario's."""
    copied = [row for row in inbox.tickets if row["copied_to"]]
    assert len(copied) / len(inbox.tickets) == pytest.approx(0.025, abs=0.01)
    for row in inbox.legible:
        mail = inbox.mail(row)
        others = [] if row["copied_to"] is None else [CONTROL_BODIES[row["copied_to"]]]
        assert mail["to"] == ["pqrs@alcaldia.test", *others]
        assert (f"\nCon copia a: {row['copied_to']}\n" in mail["body"]) == bool(others)
    requests = {row["message_id"] for row in inbox.tickets}
    replies = [mail for mail in inbox.mails.values() if mail["message_id"] not in requests]
    assert {len(mail["to"]) for mail in replies if isinstance(mail["to"], list)} == {1}


@pytest.mark.parametrize(
    ("scenario", "name", "domain"),
    [
        ("ministerio", "Ministerio de Ejemplo", "ministerio.test"),
        ("eps", "EPS de Ejemplo", "eps.test"),
        ("servicios_publicos", "Empresa de Servicios Públicos de Ejemplo", "servicios.test"),
    ],
)
def test_every_entity_has_its_own_name_mailboxes_and_dependencies(scenario, name, domain):
    """No mail of an inbox goes to another entity, greets it or is signed by it."""
    run = Parameters.create(
        opens_on=OPENS_ON, tickets_per_business_day=60, window_to=date(2026, 1, 31), scenario=load_scenario(scenario)
    )
    raw = [bytes(made.lines) for made in generate(run, *run.window) if isinstance(made, RawPart)]
    lines = [line for part in raw for line in part.splitlines() if b'"schema_version"' in line]
    mails = [mail for mail in map(parsed, lines) if mail]
    own = {f"pqrs@{domain}"}
    inbound, outbound = ([mail for mail in mails if mail["direction"] == way] for way in ("inbound", "outbound"))
    assert {mail["to"][0] for mail in inbound} == own
    assert {mail["from"]["address"].partition("@")[2] for mail in outbound} == {domain}
    first = {ENTITIES[code[0]].name: code[0] for code in DEPENDENCIES}[name]
    names = {called for code, called in DEPENDENCIES.items() if code[0] == first}
    assert {mail["from"]["name"] for mail in outbound} == names
    is_plain = spells_plainly(run)
    greeted = [
        mail["body"].partition("\n")[0] for mail in inbound if mail["body"].startswith("Señores ") and is_plain(mail)
    ]
    assert set(greeted) == {f"Señores {name}:"}


def parsed(line):
    """Nothing where the line is damaged."""
    try:
        mail = json.loads(line)
    except ValueError:
        return None
    whole = all(field in mail for field in EMAILS.schema.names if field != "content_type")
    is_read = whole and isinstance(mail["direction"], str) and isinstance(mail["from"], dict)
    return as_plain(mail) if is_read else None


@pytest.mark.parametrize("seed", [1, 2])
def test_terms_in_hours_are_kept_and_broken_by_the_hour(seed):
    """In term no answer needs its last half hour, and late ones come within days; their share is the one asked for."""
    from pqr_generator.threads.schedule import threads
    from pqr_generator.threads.thread import ACKNOWLEDGEMENT, ANSWER, NEVER
    from pqr_generator.tickets.opening import opened
    from pqr_generator.tickets.volume import planned_volume

    run = Parameters.create(opens_on=OPENS_ON, seed=seed, tickets_per_business_day=100, scenario=load_scenario("eps"))
    tickets = opened(run, planned_volume(run), range(90))
    thread = threads(run, tickets)
    due = tickets.opened + thread.hours * 3600
    answered = (thread.hours >= 0) & (thread.at[ANSWER] != NEVER)
    late = answered & thread.is_breached
    assert 0.75 < np.mean(thread.hours >= 0) < 0.95
    assert set(thread.hours.tolist()) == {-1, 24, 48, 72}
    assert (thread.at[ANSWER] > thread.at[ACKNOWLEDGEMENT])[answered].all()
    assert (thread.at[ANSWER] < due)[answered & ~late].all()
    assert ((thread.at[ANSWER] > due) & (thread.at[ANSWER] < due + 6 * 86_400))[late].all()
    assert np.mean(thread.is_breached[thread.hours >= 0]) == pytest.approx(0.095, abs=0.02)
    assert not (thread.is_incomplete | thread.is_extended)[thread.hours >= 0].any()
