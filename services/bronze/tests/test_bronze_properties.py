"""What holds for whatever lines: none is lost, what was written comes back, and a plain reader agrees on each."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

# A busy machine is no defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=20)
TOKEN = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=',"\\'), min_size=1, max_size=12)
SECONDS = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
ARRIVALS = st.datetimes(datetime(2026, 1, 5, 5), datetime(2026, 1, 6, 4, 59, 59)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)  # in UTC, on the local day of the object
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
KNOWN = ("schema_version", "message_id", "in_reply_to", "references", "direction", "received_at", "date", "from", "to",
         "subject", "content_type", "body", "auto_submitted", "attachments")  # fmt: skip


@st.composite
def mails(draw, text=TEXT):
    """Any mail the contract allows."""
    sent = draw(SECONDS).replace(tzinfo=timezone(timedelta(minutes=15 * draw(st.integers(-48, 56)))))
    file = st.fixed_dictionaries({"filename": text, "media_type": text, "bytes": st.integers(0, 2**40)})
    version = draw(st.sampled_from([{"schema_version": "1"}, {"schema_version": "2", "content_type": "text/plain"}]))
    given = {
        "schema_version": version["schema_version"],
        "message_id": draw(TOKEN),
        "in_reply_to": draw(st.none() | TOKEN),
        "references": draw(st.lists(TOKEN, max_size=3)),
        "direction": draw(st.sampled_from(["inbound", "outbound"])),
        "received_at": draw(ARRIVALS).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date": sent.strftime("%a, %d %b %Y %H:%M:%S %z"),
        "from": {"name": draw(text), "address": draw(text)},
        "to": draw(st.lists(TOKEN, min_size=1, max_size=3)),
        "subject": draw(text),
        "content_type": version.get("content_type"),
        "body": draw(text),
        "auto_submitted": draw(text),
        "attachments": draw(st.lists(file, max_size=2)),
    }
    return {name: value for name, value in given.items() if name in version or name != "content_type"}


def known(mail):
    """The fields that a line of its version has."""
    return [name for name in KNOWN if name != "content_type" or str(mail.get("schema_version")) == "2"]


def email_of(mail):
    """The columns a mail must come back as."""
    return {
        "message_id": mail["message_id"],
        "in_reply_to": mail["in_reply_to"],
        "references": " ".join(mail["references"]) or None,
        "direction": mail["direction"],
        "received_at": datetime.fromisoformat(mail["received_at"]),
        "sent_at": datetime.strptime(mail["date"], "%a, %d %b %Y %H:%M:%S %z").astimezone(UTC),
        "from_name": mail["from"]["name"],
        "from_address": mail["from"]["address"],
        "to_addresses": ",".join(mail["to"]),
        "subject": mail["subject"],
        "body": mail["body"],
        "auto_submitted": mail["auto_submitted"],
        "attachment_count": len(mail["attachments"]),
        "attachment_bytes": sum(file["bytes"] for file in mail["attachments"]),
        "extra_fields": None,
    }


def fields_of(email):
    return {name: value for name, value in email.items() if not name.startswith("raw_")}


def canonical(mail):
    return json.dumps(mail, ensure_ascii=False, separators=(",", ":"))


@settings(PATIENT, max_examples=20)
@given(st.lists(mails(PLAIN), min_size=1, max_size=4))
def test_the_fields_of_a_canonical_line_come_back_exactly(read, written):
    """Text in any script, any instant, any list: nothing is trimmed, folded or rounded."""
    found = read(*map(canonical, written))
    assert [fields_of(email) for email in found.emails] == [email_of(mail) for mail in written]
    assert found.rejects == []


@settings(PATIENT, max_examples=20)
@given(
    st.lists(mails(), min_size=1, max_size=4), st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]), st.randoms()
)
def test_the_fields_come_back_from_any_writing(read, written, is_escaped, separators, random):
    """Escapes of every kind, spaces and any order of the keys."""

    def shuffled(mail):
        return {name: mail[name] for name in random.sample(list(mail), len(mail))}

    lines = [json.dumps(shuffled(mail), ensure_ascii=is_escaped, separators=separators) for mail in written]
    found = read(*lines)
    assert [fields_of(email) for email in found.emails] == [email_of(mail) for mail in written]


def scarred(draw, line):
    """A line with a piece of it replaced by something that means something to a parser."""
    start = draw(st.integers(0, len(line)))
    stop = draw(st.integers(start, min(len(line), start + 30)))
    scars = st.sampled_from(
        [b"", b"\n", b'"', b"\\", b"\0", b"\xc3", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"-1", b"1e400",
         b'"x":1,', b'","subject":"', b"\\u0000", b"\\ud800", b"}\n{", b"\r\n"]
    )  # fmt: skip
    return line[:start] + draw(scars | st.binary(max_size=4)) + line[stop:]


@settings(PATIENT, max_examples=40)
@given(st.data())
def test_every_line_is_an_email_or_a_reject_whatever_its_bytes(read_raw, mail, data):
    """Never both, never neither, each at its offset, and what is rejected is told with its text."""
    good = canonical(mail).encode()
    pieces = st.one_of(st.binary(max_size=20), st.just(good), st.builds(lambda: scarred(data.draw, good)))
    raw = b"\n".join(data.draw(st.lists(pieces, max_size=6)))
    lines = re.findall(rb"[^\n]*\n|[^\n]+$", raw)
    found = read_raw(raw)
    placed = {row["raw_line"]: row["raw_offset"] for row in (*found.emails, *found.rejects)}
    assert len(found.emails) + len(found.rejects) == len(lines)
    assert placed == {number: sum(map(len, lines[:number])) for number in range(len(lines))}
    for row in found.rejects:
        assert row["raw_text"] == lines[row["raw_line"]].removesuffix(b"\n").decode(errors="backslashreplace")


class Repeated(ValueError):
    pass


def once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise Repeated
    return dict(pairs)


def no_constant(name):
    raise ValueError(name)


def judged(line):
    """What a plain reader of one line says, one rule after the other: the rule it breaks, or None."""
    try:
        mail = json.loads(line, parse_constant=no_constant)
        json.dumps(mail, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except ValueError:
        return "not_json"
    if not isinstance(mail, dict):
        return "not_an_object"
    breaks = {
        "missing_field": lambda: set(known(mail)) - set(mail),
        "wrong_type": lambda: not has_types(mail),
        "bad_value": lambda: not has_meaning(mail, line),
        "repeated_field": lambda: has_repeats(line),
    }
    return next((rule for rule, is_broken in breaks.items() if is_broken()), None)


def has_repeats(line):
    try:
        json.loads(line, object_pairs_hook=once)
    except Repeated:
        return True
    return False


def has_types(mail):
    texts = [
        mail[name] for name in known(mail) if name not in {"in_reply_to", "references", "from", "to", "attachments"}
    ]
    lists = [mail["references"], mail["to"], mail["attachments"]]
    if not isinstance(mail["from"], dict) or not all(isinstance(items, list) for items in lists):
        return False
    texts += [mail["from"].get("name"), mail["from"].get("address"), *mail["references"], *mail["to"]]
    texts += [] if mail["in_reply_to"] is None else [mail["in_reply_to"]]
    files = mail["attachments"]
    if not all(isinstance(file, dict) for file in files):
        return False
    texts += [file.get(name) for file in files for name in ("filename", "media_type")]
    sizes = [file.get("bytes") for file in files]
    are_sizes = all(isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**64 for size in sizes)
    return are_sizes and all(isinstance(text, str) for text in texts)


def has_meaning(mail, text):
    is_version = mail["schema_version"] == "1" or (
        mail["schema_version"] == "2" and mail["content_type"] in {"text/plain", "text/html"}
    )
    is_known = is_version and mail["direction"] in {"inbound", "outbound"} and mail["message_id"]
    is_counted = sum(file["bytes"] for file in mail["attachments"]) < 2**63
    return is_known and is_counted and "\\u0000" not in text.replace("\\\\", "")


@st.composite
def nearly_mails(draw):
    """A mail with a few fields dropped, changed, added or written twice, at any level."""
    mail = draw(mails())
    places = [mail, mail, mail["from"], *mail["attachments"]]
    for _ in range(draw(st.integers(0, 2))):
        where = draw(st.sampled_from(places))
        if not where:
            continue
        name = draw(st.sampled_from(list(where)))
        if name in {"received_at", "date"}:
            continue  # their forms have tests of their own
        change = draw(st.sampled_from(["drop", "replace", "replace inside", "add"]))
        if change == "drop":
            del where[name]
        elif change == "replace inside" and isinstance(where[name], list):
            where[name] = [*where[name], draw(JSON)]
        else:
            where[draw(TEXT) if change == "add" else name] = draw(JSON)
    line = draw(st.sampled_from([canonical, json.dumps]))(mail)
    twice = draw(st.sampled_from(["", "", "", '{"subject":"otro",', '{"x":null,"x":1,', '{"z":[1,],', '{"z":nan,']))
    return twice + line[1:] if twice and len(line) > 2 else line


@settings(PATIENT, max_examples=60)
@given(st.lists(nearly_mails(), min_size=1, max_size=5))
@example(['{"z":[1e999]}'])
def test_a_plain_reader_agrees_on_every_line(read, lines):
    """Python's own reader and a page of rules come to the same verdict, rule by rule, as the SQL does for many."""
    found = read(*lines)
    verdicts = {row["raw_line"]: row["rule"] for row in found.rejects} | {e["raw_line"]: None for e in found.emails}
    assert [verdicts[number] for number in range(len(lines))] == [judged(line) for line in lines]
