"""The generator's peer: what everybody writes first, a loop that asks Faker for every field of every e-mail."""

from __future__ import annotations

import json
import tempfile
import time
from email.utils import format_datetime

from faker import Faker

COUNT = 4_000


def faker_rate(count: int = COUNT) -> float:
    """E-mails per second of one process; the loop is linear, so a few thousand tell."""
    fake = Faker("es_CO")
    Faker.seed(42)
    with tempfile.TemporaryFile("w", encoding="utf-8") as file:
        started = time.perf_counter()
        for _ in range(count):
            file.write(json.dumps(_email(fake), ensure_ascii=False, separators=(",", ":")) + "\n")
        return count / (time.perf_counter() - started)


def _email(fake: Faker) -> dict[str, object]:
    at = fake.date_time_this_year()
    root = f"<{fake.uuid4()}@example.org>"
    return {
        "schema_version": "1",
        "message_id": f"<{fake.uuid4()}@example.org>",
        "in_reply_to": root,
        "references": [root],
        "direction": fake.random_element(("inbound", "outbound")),
        "received_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date": format_datetime(at),
        "from": {"name": fake.name(), "address": fake.email()},
        "to": [fake.email()],
        "subject": fake.sentence(nb_words=6),
        "body": "\n".join(
            (fake.paragraph(nb_sentences=5), fake.name(), f"C.C. {fake.random_number(10)}", f"Municipio: {fake.city()}")
        ),
        "auto_submitted": fake.random_element(("no", "auto-replied")),
        "attachments": [{"filename": fake.file_name(), "media_type": fake.mime_type(), "bytes": fake.random_int()}],
    }
