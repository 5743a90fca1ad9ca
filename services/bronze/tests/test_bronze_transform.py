"""Rows in, rows out: every rule of sql/diagnose.sql, every line that is unusual and yet good, and where lines lie."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime

import pytest

from pqr_bronze import transform as transform_module

FILE = {"filename": "foto_1.jpg", "media_type": "image/jpeg", "bytes": 1024}
NOT_A_FILE = "attachments holds what is no file name, media type and size"


def at(hour: int, minute: int, second: int) -> datetime:
    return datetime(2026, 1, 5, hour, minute, second, tzinfo=UTC)


def test_a_canonical_line_becomes_an_email(read, line):
    """Each field in its column with its type; instants in UTC, lists as text, attachments as their number and size."""
    (email,) = read(line()).emails
    assert email == {
        "message_id": "<1@correo.example>",
        "in_reply_to": "<0@pqrs.test>",
        "references": "<r@correo.example> <0@pqrs.test>",
        "direction": "inbound",
        "received_at": at(13, 12, 33),
        "sent_at": at(13, 12, 21),
        "from_name": "Amparo Núñez",
        "from_address": "amparo@correo.example",
        "to_addresses": "pqrs@alcaldia.test",
        "subject": "Re: Acuse de recibo [Radicado 20261070000012]",
        "body": "Señores:\n\nInsisto.\n\nAmparo Núñez",
        "auto_submitted": "no",
        "attachment_count": 1,
        "attachment_bytes": 1024,
        "extra_fields": None,
        "raw_day": date(2026, 1, 5),
        "raw_part": 0,
        "raw_line": 0,
        "raw_offset": 0,
    }


def test_a_first_mail_answers_nothing_and_has_no_file(read, line):
    """Without In-Reply-To, References and attachments: null, null and zero."""
    (email,) = read(line(in_reply_to=None, references=[], attachments=[])).emails
    assert [email[name] for name in ("in_reply_to", "references", "attachment_count", "attachment_bytes")] == [
        None, None, 0, 0,
    ]  # fmt: skip


def test_lists_are_joined_and_sizes_added(read, line):
    """Addresses by commas, attachments counted and their bytes summed."""
    (email,) = read(line(to=["a@x.test", "b@x.test"], attachments=[FILE, FILE | {"bytes": 0}, FILE])).emails
    assert (email["to_addresses"], email["attachment_count"], email["attachment_bytes"]) == (
        "a@x.test,b@x.test",
        3,
        2048,
    )


# --- lines that cannot be read


@pytest.mark.parametrize(
    "raw",
    ["", " ", "{", "no es JSON", '{"a":1', "{'a':1}", '{"a":1}{"a":1}', '{"a":1,}', '{"a":[1,]}', '{"a":NaN}',
     '{"a":-Infinity}', '{"a":nan}', '{"a":01}', '{"a":"\t"}', '{"a":"\\x"}', '{"a":"\\ud800"}', "\ufeff{}", "{}\x00"],
)  # fmt: skip
def test_what_is_not_one_json_value(read, raw):
    """An empty line, a torn one, two in one, and what only kind readers take for JSON."""
    found = read(raw)
    assert found.faults == [("not_json", "the line is not one JSON value")]
    assert found.rejects[0]["raw_text"] == raw
    assert found.emails == []


def test_a_line_cut_anywhere_is_not_json(read, line):
    """However little is missing at its end."""
    whole = line()
    found = read(*(whole[:length] for length in range(1, len(whole), 7)))
    assert {rule for rule, _ in found.faults} == {"not_json"}
    assert found.emails == []


@pytest.mark.parametrize("shift", range(2))
def test_a_torn_line_that_ends_like_a_whole_one(read, line, shift):
    """Also where the parser's complaint would quote half of a character."""
    torn = "x" * shift + "ñ" * 100 + "}"
    found = read(line(), torn, line())
    assert [(row["rule"], row["raw_text"]) for row in found.rejects] == [("not_json", torn)]
    assert len(found.emails) == 2


@pytest.mark.parametrize(
    ("raw", "kind"), [("[]", "ARRAY"), ("null", "NULL"), ("5", "UBIGINT"), ('"}"', "VARCHAR"), ("true", "BOOLEAN")]
)
def test_json_that_is_no_object(read, raw, kind):
    """A value that is not an object has no fields."""
    assert read(raw).faults == [("not_an_object", f"the line is {kind} instead of an object")]


@pytest.mark.parametrize("bad", [b"\xf3", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xff\xfe"])
def test_a_line_that_is_not_utf_8(read, line, bad):
    """Latin-1, torn characters, surrogates, overlong forms; readable bytes stay readable, the others are \\xNN."""
    raw = line().encode().replace(b"Insisto", b"Insi" + bad + b"sto \\x41")
    found = read(line(), raw, line())
    assert found.faults == [("broken_encoding", "the line is not UTF-8")]
    escaped = "".join(f"\\x{byte:02x}" for byte in bad)
    assert found.rejects[0]["raw_text"] == line().replace("Insisto", f"Insi{escaped}sto \\x41")
    assert [email["raw_line"] for email in found.emails] == [0, 2]


def test_undecodable_bytes_beside_a_newline_stay_in_their_line(read, line):
    """A character torn by the end of its line, or begun by the end of the one before, spoils only its own."""
    found = read(line(), b"\xc3", line(), b"\xa1{}", line())
    assert [(row["raw_line"], row["rule"], row["raw_text"]) for row in found.rejects] == [
        (1, "broken_encoding", "\\xc3"),
        (3, "broken_encoding", "\\xa1{}"),
    ]
    assert [email["raw_line"] for email in found.emails] == [0, 2, 4]


# --- objects that are no e-mail


def test_every_field_must_be_there(read, mail):
    """Also the one that may be null: a mail that answers nothing says so."""
    lines = [json.dumps({name: value for name, value in mail.items() if name != field}) for field in mail]
    assert read(*lines).faults == [("missing_field", f"without {field}") for field in mail]


def test_all_missing_fields_are_named(read):
    """In alphabetical order."""
    (fault,) = read("{}").faults
    assert fault[0] == "missing_field"
    assert fault[1].startswith(
        "without attachments, auto_submitted, body, date, direction, from, in_reply_to, message_id"
    )


@pytest.mark.parametrize("name", ["schema-version", "in-reply-to", "Subject", "message_id ", "received at"])
def test_a_field_by_nearly_its_name_is_missing(read, line, name):
    """Names are exact, even where another one has the same length."""
    field = {"schema-version": "schema_version", "in-reply-to": "in_reply_to", "Subject": "subject"}.get(
        name, name.strip().replace(" ", "_")
    )
    raw = line(in_reply_to=None).replace(f'"{field}":', f'"{name}":')
    assert read(raw).faults == [("missing_field", f"without {field}")]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("schema_version", 1, "schema_version is UBIGINT instead of VARCHAR"),
        ("message_id", None, "message_id is NULL instead of VARCHAR"),
        ("in_reply_to", 5, "in_reply_to is UBIGINT instead of VARCHAR"),
        ("in_reply_to", [], "in_reply_to is ARRAY instead of VARCHAR"),
        ("references", "ninguna", "references is VARCHAR instead of ARRAY"),
        ("references", None, "references is NULL instead of ARRAY"),
        ("direction", True, "direction is BOOLEAN instead of VARCHAR"),
        ("received_at", 1767618753, "received_at is UBIGINT instead of VARCHAR"),
        ("date", {}, "date is OBJECT instead of VARCHAR"),
        ("from", "Amparo", "from is VARCHAR instead of OBJECT"),
        ("to", "pqrs@alcaldia.test", "to is VARCHAR instead of ARRAY"),
        ("subject", -1, "subject is BIGINT instead of VARCHAR"),
        ("body", 1.5, "body is DOUBLE instead of VARCHAR"),
        ("auto_submitted", False, "auto_submitted is BOOLEAN instead of VARCHAR"),
        ("attachments", {}, "attachments is OBJECT instead of ARRAY"),
        # inside the sender
        ("from", {}, "from.name is no text"),
        ("from", {"name": 1, "address": "a@x.test"}, "from.name is no text"),
        ("from", {"name": "A"}, "from.address is no text"),
        ("from", {"name": "A", "address": None}, "from.address is no text"),
        # inside the lists
        *(("references", value, "references holds what is no text") for value in
          ([1], ["<a>", 1], [None], [True], [-1], [1.5], [10**30], [["<a>"]], [{}])),
        *(("to", value, "to holds what is no text") for value in ([1], ["a@x.test", None], [False], [["a"]])),
        # inside an attachment
        *(("attachments", value, NOT_A_FILE) for value in (
            [None], [1], ["foto"], [[]], [FILE, {}], [FILE | {"filename": None}], [FILE | {"filename": 5}],
            [FILE | {"media_type": []}], [FILE | {"bytes": None}], [FILE | {"bytes": "5"}], [FILE | {"bytes": 1.5}],
            [FILE | {"bytes": 5.0}], [FILE | {"bytes": -5}, FILE], [FILE | {"bytes": 10**30}],
            [{"filename": "f", "media_type": "m"}],
        )),
    ],
)  # fmt: skip
def test_a_value_of_another_type(read, line, field, value, reason):
    """At every level: of the line, of the sender, of what the lists hold. A number is never taken for its text."""
    found = read(line(**{field: value}))
    assert found.faults == [("wrong_type", reason)]
    assert found.rejects[0]["raw_text"] == line(**{field: value})


def test_an_object_that_writes_like_text_is_no_text(read, line):
    """A line that has the length and the look of a canonical one is still judged by its fields."""
    raw = (
        line()
        .replace('"subject":"Re: Acuse de recibo [Radicado 20261070000012]",', '"subject":{"subject":"x","body":"y"},')
        .replace('"body":"Señ', '"body":  "Señ')
    )
    assert read(raw).faults == [("wrong_type", "subject is OBJECT instead of VARCHAR")]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("schema_version", "3", "schema_version is 3"),
        ("schema_version", "", "schema_version is "),
        ("message_id", "", "message_id is empty"),
        ("direction", "sideways", "direction is sideways"),
        ("direction", "Inbound", "direction is Inbound"),
        *(("received_at", value, f"received_at is {value}") for value in (
            "", "ayer", "infinity", "-infinity", "epoch", "EPOCH", "2026-1-5T13:12:33Z", " 2026-01-05T13:12:33Z", "2026-01-05", "2026-01-05T13:12:33", "2026-01-05T13:12:33-05:00",
            "2026-01-05 13:12:33Z", "2026-02-30T13:12:33Z", "2026-01-05T25:00:00Z", "29000-01-05T13:12:33Z",
        )),
        *(("received_at", value, f"received_at is {value}, which is not on the day 2026-01-05") for value in (
            "0000-01-05T13:12:33Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2014-01-05T13:12:33Z",
            "2036-01-05T13:12:33Z", "9998-01-05T13:12:33Z", "2026-01-05T04:59:59Z", "2026-01-06T05:00:00Z",
        )),
        *(("date", value, f"date is {value}") for value in (
            "", "infinity", "epoch", "2026-01-05T08:12:21-05:00", "Mon, 05 Jan 2026 08:12:21", "Mon, 32 Jan 2026 08:12:21 -0500",
            "Lun, 05 Ene 2026 08:12:21 -0500", "Mon, 05 Jan 0000 08:12:21 -0500", "Mon, 05 Jan 2026 08:12:21 +9999",
            "Mon, 05 Jan 2026 08:12:21 -2359", "Mon, 05 Jan 2026 08:12:21 +0560", "Mon, 05 Jan 2026 08:12:21 COT",
        )),
        ("attachments", [FILE | {"bytes": 2**63 - 1}] * 2, "attachments have more bytes than can be counted"),
        ("attachments", [FILE | {"bytes": 2**63}], "attachments have more bytes than can be counted"),
        ("subject", "Queja\0", "a text holds the character U+0000"),
    ],
)  # fmt: skip
def test_a_value_without_a_meaning(read, line, field, value, reason):
    """Right in type, but no version, direction, instant or size that there is."""
    assert read(line(**{field: value})).faults == [("bad_value", reason)]


def test_a_field_that_appears_twice(read, line):
    """Readers disagree on which one counts, so neither does; whether known or not, equal or not, nested or not."""
    once = line()
    twice = [
        once[:-1] + ',"subject":"Otro"}',
        '{"subject":"Otro",' + once[1:],
        once[:-1] + ',"x":1,"x":1}',
        once.replace('"name":"Amparo Núñez"', '"name":"Amparo Núñez","name":"Eva"'),
        once.replace('"bytes":1024', '"bytes":1024,"bytes":1024'),
    ]
    assert read(*twice).faults == [
        ("repeated_field", "subject appears twice"),
        ("repeated_field", "subject appears twice"),
        ("repeated_field", "x appears twice"),
        ("repeated_field", "a field inside from appears twice"),
        ("repeated_field", "a field inside attachments appears twice"),
    ]


# --- lines that are unusual and good


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 05 Jan 2026 13:12:21 GMT",
        "Mon, 05 Jan 2026 08:12:21 -0500 (COT)",
        "Mon, 05 Jan 2026 (a holiday) 08:12:21 -0500",
        "05 Jan 2026 08:12:21 -0500",
        "mon, 5 jan 2026  13:12:21 UT",
        "Mon, 05 Jan 2026 08:12:21 -05:00",
        "Tue, 06 Jan 2026 03:12:21 +1400",
    ],
)
def test_a_date_in_any_form_of_the_mail_standard(read, line, value):
    """RFC 5322: comments, GMT, a day of one digit and no day of the week say the same instant."""
    found = read(line(), line(date=value))
    assert found.faults == []
    assert [mail["sent_at"] for mail in found.emails] == [datetime(2026, 1, 5, 13, 12, 21, tzinfo=UTC)] * 2


def test_a_date_without_seconds_is_of_the_full_minute(read, line):
    """They are optional in the mail standard."""
    assert read(line(date="Mon, 5 Jan 2026 08:12 -0500")).emails[0]["sent_at"] == datetime(
        2026, 1, 5, 13, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(("references", "found"), [([""], None), (["", ""], None), (["", "<r@x.test>"], "<r@x.test>")])
def test_an_empty_message_id_is_none(read, line, references, found):
    """Whatever wrote it: an empty In-Reply-To and empty References name nothing."""
    read_back = read(line(in_reply_to="", references=references)).emails[0]
    assert (read_back["in_reply_to"], read_back["references"]) == (None, found)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"in_reply_to": None, "references": []},
        {"references": [f"<{number}@pqrs.test>" for number in range(6)], "to": ["a@x.test", "b@x.test"]},
        {"body": "\n\nñandú 🏛️\n", "subject": "", "attachments": []},
        {"attachments": [FILE, FILE | {"filename": "año nuevo.pdf", "bytes": 0}]},
        {"direction": "outbound", "auto_submitted": "auto-replied"},
    ],
)
def test_a_canonical_line_is_never_looked_at_twice(read, line, changes, monkeypatch):
    """The quick look proves it good: what is left to the slow one is unusual."""
    monkeypatch.setattr(transform_module, "_diagnosed", None)
    found = read(*[line(**changes)] * 3)
    assert [email["raw_line"] for email in found.emails] == [0, 1, 2]


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("at the end", '"attachments":[],"importance":"high"}'),
        ("in the middle", '"importance":"high","attachments":[]}'),
    ],
)
def test_an_unknown_field_is_kept(read, line, place, written):
    """Wherever it stands in the line, it costs the mail nothing and is kept as it came."""
    raw = line(attachments=[]).replace('"attachments":[]}', written)
    (email,) = read(raw).emails
    assert json.loads(email["extra_fields"]) == {"importance": "high"}
    assert email["subject"] == "Re: Acuse de recibo [Radicado 20261070000012]"


def test_an_unknown_field_at_the_beginning_is_kept(read, line):
    """Also before all others."""
    (email,) = read('{"x":null,' + line()[1:]).emails
    assert json.loads(email["extra_fields"]) == {"x": None}


def test_several_unknown_fields_are_one_object_in_the_order_of_their_names(read, line):
    """Of any type, with names that need quoting."""
    (email,) = read(line(zeta=[1, {"á": None}], **{'con "comillas"': 1.5})).emails
    assert email["extra_fields"] == '{"con \\"comillas\\"":1.5,"zeta":[1,{"á":null}]}'


def test_an_unknown_field_inside_another_is_kept_with_what_stands_around_it(read, line, mail):
    """The sender or the attachments as a whole, since the columns have no place for it."""
    sender, file = mail["from"] | {"group": "ventas"}, FILE | {"sha256": "ab"}
    (first, second) = read(line(**{"from": sender}), line(attachments=[FILE, file])).emails
    assert json.loads(first["extra_fields"]) == {"from": sender}
    assert (first["from_name"], first["from_address"]) == ("Amparo Núñez", "amparo@correo.example")
    assert json.loads(second["extra_fields"]) == {"attachments": [FILE, file]}
    assert (second["attachment_count"], second["attachment_bytes"]) == (2, 2048)


def test_good_lines_in_other_writing_give_the_same_email(read, line, mail):
    """Spaces, other key orders, escapes, CRLF, space around the line: the fields are what counts."""
    turned = dict(reversed(mail.items())) | {"from": dict(reversed(mail["from"].items()))}
    turned["attachments"] = [dict(reversed(file.items())) for file in mail["attachments"]]
    others = [
        json.dumps(mail, ensure_ascii=False),
        json.dumps(turned, ensure_ascii=False, separators=(",", ":")),
        json.dumps(mail, separators=(",", ":")),
        line().replace("/", "\\/"),
        line().replace("subject", "\\u0073ubject"),
        line() + "\r",
        line() + " \t ",
        " " + line(),
    ]
    found = read(line(), *others)
    assert found.rejects == []
    fields = [{k: v for k, v in email.items() if not k.startswith("raw_")} for email in found.emails]
    assert fields == [fields[0]] * (1 + len(others))


@pytest.mark.parametrize(
    "text", ['dijo "no"', "C:\\temp", "a\tb\r\n", "\u2028\x7f\x01", "🏛️ ñandú", "\\u0000", "}\n{", "", '","body":"x']
)
def test_text_may_hold_anything(read, line, text):
    """Quotes, backslashes, control characters, other planes, and what looks like the line's own structure."""
    (email,) = read(line(body=text, subject=text, **{"from": {"name": text, "address": "a@x.test"}})).emails
    assert [email[name] for name in ("body", "subject", "from_name")] == [text] * 3


def test_a_file_may_be_called_null(read, line):
    """What looks like a gap in a quick look is none."""
    (email,) = read(line(attachments=[FILE | {"filename": 'null "bytes":-1'}])).emails
    assert email["attachment_bytes"] == 1024


def test_a_last_line_without_its_newline_counts(read_raw, line):
    """Whether it is good or not."""
    good = read_raw(f"{line()}\n{line()}".encode())
    assert [email["raw_line"] for email in good.emails] == [0, 1]
    torn = read_raw(f"{line()}\n{line()[:-1]}".encode())
    assert [(row["raw_line"], row["raw_text"]) for row in torn.rejects] == [(1, line()[:-1])]


# --- where lines lie


def test_every_row_tells_its_object_line_and_offset(read_raw, line):
    """Lines count from 0 within their object, offsets are bytes, and objects keep their order."""
    lines = [line().encode(), b"uno", line(subject="ñ").encode(), b"", line().encode()]
    data = b"".join(text + b"\n" for text in lines)
    found = read_raw(data, b"", b"\n", data)
    offsets = [sum(len(text) + 1 for text in lines[:number]) for number in range(5)]
    expected = [(part, number, offsets[number]) for part in (0, 3) for number in (0, 2, 4)]
    assert [(e["raw_part"], e["raw_line"], e["raw_offset"]) for e in found.emails] == expected
    assert [(r["object"], r["raw_part"], r["raw_line"], r["raw_offset"], r["raw_text"]) for r in found.rejects] == [
        ("part-00000", 0, 1, offsets[1], "uno"),
        ("part-00000", 0, 3, offsets[3], ""),
        ("part-00002", 2, 0, 0, ""),
        ("part-00003", 3, 1, offsets[1], "uno"),
        ("part-00003", 3, 3, offsets[3], ""),
    ]
    assert {row["raw_day"] for row in (*found.emails, *found.rejects)} == {date(2026, 1, 5)}


def test_empty_objects_give_empty_tables(read_raw):
    """A day without mail is no error."""
    assert read_raw(b"") == read_raw(b"", b"")
    assert read_raw(b"").emails == read_raw(b"").rejects == []


def test_all_lines_bad(read):
    """Nothing is left to be an e-mail, and every line is told."""
    found = read(*["{}"] * 300, *["no"] * 300, *[b"\xff"] * 300)
    assert found.emails == []
    assert [row["raw_line"] for row in found.rejects] == list(range(900))
    assert [rule for rule, _ in found.faults] == ["missing_field"] * 300 + ["not_json"] * 300 + [
        "broken_encoding"
    ] * 300


def test_bad_lines_do_not_touch_their_neighbours(read, line):
    """Good ones before, between and after bad ones of every rule are read as if they were alone."""
    bad = ["", "{", "[]", b"\xff", "{}", line(to=[1]), line(direction="x"), line()[:-1] + ',"to":[]}']
    mixed = [text for number, one in enumerate(bad) for text in (line(subject=f"número {number}"), one)]
    found = read(*mixed, line(subject="número 8"))
    assert [email["subject"] for email in found.emails] == [f"número {number}" for number in range(9)]
    assert [rule for rule, _ in found.faults] == [
        "not_json", "not_json", "not_an_object", "broken_encoding", "missing_field", "wrong_type", "bad_value",
        "repeated_field",
    ]  # fmt: skip


# --- lines that are too long

MEGABYTE = 2**20


def test_a_line_longer_than_mail_servers_take_is_told_by_its_beginning(read, line):
    """Offset, length, hash and 4 KB of it; the lines around it are read, and nobody looks into it."""
    long = line(body="ñ" * 25 * MEGABYTE)
    found = read(line(), long, line(message_id="<2@correo.example>"))
    assert [email["raw_line"] for email in found.emails] == [0, 2]
    (reject,) = found.rejects
    data = f"{long}\n".encode()
    assert (reject["rule"], reject["raw_line"], reject["raw_offset"]) == ("too_long", 1, len(f"{line()}\n".encode()))
    assert reject["reason"] == (
        f"the line has {len(data)} bytes instead of at most 26214400, of SHA-256 {hashlib.sha256(data).hexdigest()}"
    )
    assert data.startswith(reject["raw_text"].encode()[:4000])
    assert len(reject["raw_text"]) <= 4096


@pytest.mark.parametrize(("extra", "rule"), [(0, None), (1, "too_long")])
def test_the_longest_line_there_may_be(read, line, extra, rule):
    """25 MB with its newline, and a byte more."""
    room = 25 * MEGABYTE - len(f"{line(body='')}\n".encode())
    found = read(line(body="x" * (room + extra)))
    assert [fault for fault, _ in found.faults] == ([rule] if rule else [])
    assert len(found.emails) == (rule is None)


def test_a_good_line_before_a_lot_of_nothing_is_too_long_all_the_same(read, line):
    """Its beginning could be taken for a whole line."""
    assert [rule for rule, _ in read(line() + " " * 26 * MEGABYTE).faults] == ["too_long"]
