"""E-mails as facts: what the later steps need to know of a mail's headers and text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

import pyarrow as pa

from pqr_common import query, sql_of
from pqr_silver.keys import contents, pseudonyms
from pqr_silver.schema import COUNT, DAY, FLAG, INSTANT, TEXT
from pqrs import wording
from pqrs.terms import POLICIES

__all__ = ["MAILS", "Buckets", "narrowed"]

# An e-mail without its text, between the steps. `root` may be null only where a radicado is stated.
MAILS = pa.schema(
    [
        ("root", TEXT),
        ("message_id", TEXT),
        ("kind", TEXT),
        ("thread_rule", TEXT),
        ("radicado", TEXT),
        ("is_inbound", FLAG),
        ("is_automatic", FLAG),
        ("received_at", INSTANT),
        ("sent_at", INSTANT),
        ("has_extra_fields", FLAG),
        ("attachment_count", COUNT),
        ("attachment_bytes", pa.int64()),
        ("body_chars", COUNT),
        ("raw_day", DAY),
        ("raw_part", COUNT),
        ("raw_line", COUNT),
        ("words", TEXT),  # a request's subject, an acknowledgement's lines of facts
        ("place", TEXT),  # where a request was signed: "municipality (department)"
        ("copied_to", TEXT),  # a control body, as a request names it
        ("citizen_key", TEXT),
        ("extension_days", pa.int16()),
        ("is_access_denied", FLAG),
        ("is_reiterative", FLAG),
        ("content", pa.int64()),  # a hash of what was delivered
    ]
)

WORDING = {kind: subject for kind, subject in wording.SUBJECTS.items() if kind != "insistence"} | {
    # A mail program that mislabels encodings leaves only its ASCII letters as they were.
    "completion": "".join(takewhile(str.isascii, wording.SUBJECTS["completion"])),
    "radicado_tag": wording.RADICADO_TAG,
    "radicado_digits": wording.RADICADO_DIGITS,
    "mailer_daemon": wording.MAILER_DAEMON,
    "type": wording.TYPE,
    "home": wording.HOME,
    "copy": wording.COPY,
    "extension_days": wording.EXTENSION,
    "longest_extension": max(policy.max_extension_days for policy in POLICIES),  # more is no extension of any law
    "access_denied": f"{wording.DECISION}{wording.ACCESS_DENIED}",
    "reiterated": f"{wording.DECISION}{wording.REITERATED}",
}

Buckets = Mapping[int, pa.Table]


def narrowed(emails: pa.Table, pseudonym_key: str) -> pa.Table:
    """The facts of bronze e-mails, in the order given."""
    facts = query(sql_of("pqr_silver", "sql/extract.sql"), WORDING, emails=emails)
    facts = facts.append_column("citizen_key", pseudonyms(facts["citizen"], pseudonym_key))
    facts = facts.append_column("content", pa.array(contents(emails)))
    return pa.table([(facts if name in facts.column_names else emails)[name] for name in MAILS.names], schema=MAILS)
