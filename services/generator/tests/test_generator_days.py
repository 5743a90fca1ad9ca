from __future__ import annotations

import hashlib
import json
import random
from datetime import date, timedelta

import pytest

from pqr_generator import answer_key, days
from pqr_generator.days import DayKey, RawPart, generate
from pqr_generator.mails import arrivals
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

OPENS_ON = date(2026, 1, 1)

SMALL = Parameters.create(opens_on=OPENS_ON, window_to=date(2026, 2, 20), tickets_per_business_day=12)

# Of the lines of SMALL, all days one after another. A change here is a change of every run there is.
GOLDEN_ROWS = 1_504
GOLDEN_SHA256 = "57f87a5b0ab969b293151f6855c291f739d43fcd50bc901cdd12b559ceee33bb"


def objects(parameters, first=None, last=None):
    """(day, part) -> the bytes; day -> the answers as rows."""
    raw, answers = {}, {}
    for made in generate(parameters, first or parameters.window_from, last or parameters.window_to):
        if isinstance(made, RawPart):
            raw[made.day, made.number] = bytes(made.lines)
        else:
            answers[made.day] = made.table.to_pylist()
    return raw, answers


@pytest.fixture(scope="module")
def small():
    return objects(SMALL)


def test_golden_run(small):
    """The bytes of a small run are pinned."""
    raw, _ = small
    lines = b"".join(raw[key] for key in sorted(raw))
    assert (lines.count(b"\n"), hashlib.sha256(lines).hexdigest()) == (GOLDEN_ROWS, GOLDEN_SHA256)


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_no_way_of_cutting_the_window_changes_a_byte(small, size):
    """Runs of days of any length, made in any order, give the objects that all days at once give."""
    runs = [SMALL.days[start : start + size] for start in range(0, len(SMALL.days), size)]
    random.Random(size).shuffle(runs)
    raw, answers = {}, {}
    for run in runs:
        for whole, part in zip((raw, answers), objects(SMALL, run[0], run[-1]), strict=True):
            whole.update(part)
    assert (raw, answers) == small


@pytest.mark.parametrize("batch", [1, 10, 100])
def test_no_way_of_batching_tickets_changes_a_byte(small, batch, monkeypatch):
    """How many tickets are scheduled at once is a matter of memory alone."""
    monkeypatch.setattr(arrivals, "BATCH_TICKETS", batch)
    assert objects(SMALL) == small


def test_overlapping_windows_share_their_days(small):
    """A window that begins or ends elsewhere gives the same objects for the days it shares."""
    other = Parameters.create(
        opens_on=OPENS_ON, window_from=date(2026, 2, 1), window_to=date(2026, 3, 5), tickets_per_business_day=12
    )
    assert other.digest != SMALL.digest
    shared = [day for day in SMALL.days if day in other.days]
    for mine, theirs in zip(small, objects(other), strict=True):
        day_of = (lambda key: key[0]) if isinstance(next(iter(mine)), tuple) else (lambda key: key)
        assert {k: v for k, v in mine.items() if day_of(k) in shared} == {
            k: v for k, v in theirs.items() if day_of(k) in shared
        }


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 43},
        {"breach_rate": "0.12"},
        {"tickets_per_business_day": 13},
        {"opens_on": date(2025, 12, 1)},
        {"scenario": load_scenario("sin_picos")},
    ],
)
def test_other_parameters_give_other_objects(small, change):
    """Seed, rate, volume, opening day and scenario all matter."""
    value = {"window_to": SMALL.window_to, "tickets_per_business_day": 12, **change}
    raw, _ = objects(Parameters.create(**value), date(2026, 2, 16), date(2026, 2, 20))
    assert any(raw[day, 0] != small[0][day, 0] for day, _ in raw)


def test_another_seed_changes_every_line(small):
    """No e-mail of one seed is an e-mail of another."""
    other = Parameters.create(opens_on=OPENS_ON, window_to=SMALL.window_to, tickets_per_business_day=12, seed=7)
    raw, _ = objects(other)
    mine, theirs = (set(b"".join(part.values()).splitlines()) for part in (small[0], raw))
    assert not mine & theirs


@pytest.mark.parametrize("field", ["mail.look", "mail.desk", "mail.files"])
def test_a_field_moves_no_other_field(small, field, monkeypatch):
    """Draws of one field, were they others, change the text they choose and nothing else; a subject may be the body's beginning."""
    real = arrivals.words

    def moved(seed, name, numbers):
        return real(seed, "another field" if name == field else name, numbers)

    monkeypatch.setattr(arrivals, "words", moved)
    raw, answers = objects(SMALL)
    assert answers == small[1]
    changed = {"mail.look": {"subject", "body"}, "mail.desk": {"body"}, "mail.files": {"attachments"}}[field]
    seen = set()
    for key, lines in raw.items():
        for mine, theirs in zip(small[0][key].splitlines(), lines.splitlines(), strict=True):
            try:
                before, after = json.loads(mine), json.loads(theirs)
            except ValueError:
                continue  # damaged on purpose
            seen |= {name for name in before if before[name] != after.get(name)}
    assert seen == changed


def test_a_day_beyond_the_limit_is_split_into_parts(small, monkeypatch):
    """Parts are slices of the same lines, and the answer key counts lines within them."""
    monkeypatch.setattr(days, "PART_LINES", 10)
    monkeypatch.setattr(answer_key, "PART_LINES", 10)
    raw, answers = objects(SMALL)
    for day in SMALL.days:
        parts = [raw[key] for key in sorted(raw) if key[0] == day]
        assert b"".join(parts) == small[0][day, 0]
        assert all(part.count(b"\n") == 10 for part in parts[:-1])
        for row in answers[day]:
            line = parts[row["part"]].splitlines()[row["line"]]
            damaged = row["dirt"] in {"truncated_json", "missing_field", "broken_encoding"}
            assert damaged or row["message_id"].encode() in line


def test_every_day_has_an_object_and_a_key_even_without_mail():
    """A day on which nothing arrives is an empty object, not a missing one."""
    quiet = Parameters.create(opens_on=OPENS_ON, window_to=date(2026, 1, 2), tickets_per_business_day=1)
    made = list(generate(quiet, quiet.window_from, quiet.window_to))
    assert [type(item) for item in made] == [RawPart, DayKey] * 2
    assert made[0].rows == 0
    assert (bytes(made[0].lines), made[0].min_at, made[0].max_at) == (b"", None, None)
    assert made[1].table.num_rows == 0


def test_bounds_are_the_arrivals_of_the_part(small):
    """min_at and max_at are the first and the last received_at."""
    for made in generate(SMALL, date(2026, 1, 20), date(2026, 1, 21)):
        if isinstance(made, RawPart):
            lines = bytes(made.lines).splitlines()
            assert made.min_at == json.loads(lines[0])["received_at"]
            assert made.max_at == json.loads(lines[-1])["received_at"]


def test_windows_long_after_the_opening_hold_mails_of_old_threads():
    """Mails of threads whose request came before the window arrive in it."""
    start = date(2026, 3, 2)
    late = Parameters.create(
        opens_on=OPENS_ON, window_from=start, window_to=start + timedelta(days=3), tickets_per_business_day=12
    )
    raw, _ = objects(late)
    mails = [line for lines in raw.values() for line in lines.splitlines()]
    answers = [line for line in mails if b'"subject":"Respuesta de fondo' in line]
    assert len(answers) > 10
