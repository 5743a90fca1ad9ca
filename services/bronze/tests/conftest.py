"""One e-mail as a raw line, the ways to write it down, and what bronze makes of lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from pqr_bronze.lines import RawObject
from pqr_bronze.schema import EMAILS, REJECTS
from pqr_bronze.transform import transform
from pqr_common.tables.contract import conform, violations

DAY = date(2026, 1, 5)
MAIL: dict[str, Any] = {
    "schema_version": "2",
    "message_id": "<1@correo.example>",
    "in_reply_to": "<0@pqrs.test>",
    "references": ["<r@correo.example>", "<0@pqrs.test>"],
    "direction": "inbound",
    "received_at": "2026-01-05T13:12:33Z",
    "date": "Mon, 05 Jan 2026 08:12:21 -0500",
    "from": {"name": "Amparo Núñez", "address": "amparo@correo.example"},
    "to": ["pqrs@alcaldia.test"],
    "subject": "Re: Acuse de recibo [Radicado 20261070000012]",
    "content_type": "text/plain",
    "body": "Señores:\n\nInsisto.\n\nAmparo Núñez",
    "auto_submitted": "no",
    "attachments": [{"filename": "foto_1.jpg", "media_type": "image/jpeg", "bytes": 1024}],
}


def canonical(mail: dict[str, Any]) -> str:
    """The canonical line of a mail, without its newline."""
    return json.dumps(mail, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Read:
    """Both tables as rows; reading itself has asserted that they keep their contracts."""

    emails: list[dict[str, Any]]
    rejects: list[dict[str, Any]]

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(row["rule"], row["reason"]) for row in self.rejects]


def read_objects(*contents: bytes) -> Read:
    """What bronze makes of these raw objects, one per part of the day."""
    objects = [RawObject(f"part-{n:05d}", DAY, n, data) for n, data in enumerate(contents)]
    outcome = transform(objects)
    emails, rejects = conform(outcome.emails, EMAILS), conform(outcome.rejects, REJECTS)
    assert violations(emails, EMAILS) == violations(rejects, REJECTS) == []
    return Read(emails.to_pylist(), rejects.to_pylist())


def read_lines(*lines: str | bytes) -> Read:
    """What bronze makes of one object of these lines, each with its newline."""
    return read_objects(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))


@pytest.fixture(scope="session")
def mail() -> dict[str, Any]:
    """A canonical mail, to be changed by copying."""
    return MAIL


@pytest.fixture(scope="session")
def line() -> Callable[..., str]:
    """The canonical line of the mail with these fields changed; names are those of the line."""
    return lambda **changes: canonical(MAIL | changes)


@pytest.fixture(scope="session")
def written() -> Callable[[dict[str, Any]], str]:
    return canonical


@pytest.fixture(scope="session")
def read() -> Callable[..., Read]:
    return read_lines


@pytest.fixture(scope="session")
def read_raw() -> Callable[..., Read]:
    return read_objects
