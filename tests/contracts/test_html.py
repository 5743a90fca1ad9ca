"""HTML is a way to write a mail, not another mail: what bronze reads does not tell which program wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from pqr_bronze.lines import RawObject
from pqr_bronze.transform import transform
from pqr_generator.days import RawPart, generate
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

MONTH = date(2026, 1, 1), date(2026, 1, 31)
SHARES = (0, 200, 1_000)


@pytest.fixture(scope="module")
def raw():
    """By share of the citizens whose program writes HTML, per mille: the raw objects of one inbox, its dirt included."""
    return {share: objects(share) for share in SHARES}


def objects(share):
    scenario = load_scenario("alcaldia")
    run = Parameters.create(
        opens_on=MONTH[0],
        window_to=MONTH[1],
        tickets_per_business_day=60,
        scenario=replace(scenario, rates=replace(scenario.rates, html=share)),
    )
    made = (part for part in generate(run, *MONTH) if isinstance(part, RawPart))
    return [RawObject(str(part.day), part.day, part.number, bytes(part.lines)) for part in made]


def shown(texts: pa.ChunkedArray) -> list[str]:
    """As a person sees them: spaces at the end of a line are none."""
    return ["\n".join(line.strip() for line in text.split("\n")) for text in texts.to_pylist()]


def test_citizens_who_write_html_are_as_many_as_the_scenario_says(raw):
    """And only they do: what the entity sends is plain text."""
    lines = [line for part in raw[200] for line in part.data.splitlines() if b'"direction":"inbound"' in line]
    is_html = [line.startswith(b'{"schema_version":"2"') for line in lines]
    assert sum(is_html) / len(lines) == pytest.approx(0.2, abs=0.03)
    outbound = [line for part in raw[1_000] for line in part.data.splitlines() if b'"direction":"outbound"' in line]
    assert not [line for line in outbound if line.startswith(b'{"schema_version":"2"')]


def test_bronze_reads_the_same_from_either(raw):
    """All columns but the offset of the line, and of what is rejected the same lines for the same reasons."""
    plain, *others = (transform(raw[share]) for share in SHARES)
    for other in others:
        assert other.emails.drop_columns(["raw_offset", "body"]).equals(
            plain.emails.drop_columns(["raw_offset", "body"])
        )
        assert shown(other.emails["body"]) == shown(plain.emails["body"])
        named = ["raw_day", "raw_part", "raw_line", "rule"]
        assert other.rejects.select(named).equals(plain.rejects.select(named))


def test_plain_lines_are_what_they_were_without_html(raw):
    """The draw that decides it moves no other."""
    for one, other in zip(raw[0], raw[200], strict=True):
        pairs = zip(one.data.splitlines(), other.data.splitlines(), strict=True)
        assert [a for a, b in pairs if a != b and not b.startswith(b'{"schema_version":"2"')] == []
