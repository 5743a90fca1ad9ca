"""Campaigns: one letter, hundreds of senders, some days, one topic; and no count is another for it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from pqr_generator.days import RawPart, generate
from pqr_generator.lines.sentences import phrases
from pqr_generator.tickets import campaigns, opening
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.volume import planned_volume
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

RUN = Parameters.create(
    opens_on=date(2026, 1, 1),
    tickets_per_business_day=3_000,
    scenario=load_scenario("sin_picos"),  # nothing is damaged there
)


@pytest.fixture(scope="module")
def tickets():
    return opened(RUN, planned_volume(RUN), range(90))


def test_most_of_a_topic_is_the_letter_of_many_for_some_days(tickets):
    """Three to five days of a week, one topic; the largest has hundreds of letters, from as many people."""
    is_part = tickets.campaign != campaigns.NONE
    assert 0.002 < is_part.mean() < 0.03
    sizes = Counter(tickets.campaign[is_part].tolist())
    assert max(sizes.values()) > 200
    for number in sizes:
        own = tickets.campaign == number
        (topic,), days = set(tickets.topic[own].tolist()), np.unique(tickets.day[own])
        assert days[-1] - days[0] < 5
        assert not tickets.is_reiterated[own].any()
        beside = (tickets.topic == topic) & (tickets.day >= days[0]) & (tickets.day <= days[-1])
        assert 0.3 < own.sum() / beside.sum() < 0.9
        assert len(set(tickets.citizen[own].tolist())) > 0.99 * own.sum()


def test_campaigns_move_no_count_and_no_other_ticket(tickets, monkeypatch):
    """Without them the same tickets come at the same time about the same; only who writes the letter is another."""
    monkeypatch.setattr(campaigns, "PER_MILLE", 0)
    quiet = opening.opened(RUN, planned_volume(RUN), range(90))
    for name in ("opened", "kind", "topic", "dependency", "sequence", "ending", "is_reiterated"):
        assert np.array_equal(getattr(quiet, name), getattr(tickets, name)), name
    is_part = tickets.campaign != campaigns.NONE
    assert np.array_equal(quiet.citizen[~is_part], tickets.citizen[~is_part])


def test_the_letters_are_nearly_the_same(tickets):
    """They tell the same facts in the same words; greetings apart, opening and ask follow type and label of each."""
    sizes = Counter(tickets.campaign[tickets.campaign != campaigns.NONE].tolist())
    largest = max(sizes, key=sizes.__getitem__)
    days = tickets.day[tickets.campaign == largest]
    first, last = (date(1970, 1, 1) + timedelta(days=int(day)) for day in (days.min(), days.max()))
    mails, rows = {}, []
    for made in generate(RUN, first, last):
        if isinstance(made, RawPart):
            for line in bytes(made.lines).splitlines():
                mail = json.loads(line)
                mails[mail["message_id"]] = mail["body"]
        else:
            rows += [row for row in made.table.to_pylist() if row["campaign"] == largest]
    assert len(rows) == sizes[largest]
    facts = phrases()["matter"]["request"][rows[0]["topic"]]
    told = Counter(text for row in rows for text in facts if text in mails[row["message_id"]])
    assert told.total() == len(rows) == max(told.values())
    sentences = [text for row in rows for text in mails[row["message_id"]].split("\nMunicipio")[0].split(". ")]
    assert len(set(sentences)) < 2.2 * len(rows) < len(sentences)  # the last of each holds the signature
