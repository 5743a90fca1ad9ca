from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pqr_generator.days import RawPart, generate
from pqr_generator.lines.sentences import phrases
from pqr_generator.tickets.citizens import citizens
from pqr_generator.tickets.labels import TAKEN_FOR, UNSTATED, stated_types
from pqrs import wording
from pqrs.catalogue import PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters
from pqrs.rates import Labels
from pqrs.scenario import load_scenario, scenario_names

RUN = Parameters.create(
    opens_on=date(2026, 1, 1), window_to=date(2026, 2, 28), tickets_per_business_day=60,
    scenario=load_scenario("sin_picos"),
)  # fmt: skip
HEADS = {subject: code for code, subject in wording.REQUEST_SUBJECTS.items()}
NAMES = {topic.name for topic in TOPICS}


def labelled(unlabelled, mislabelled):
    return replace(RUN, scenario=replace(RUN.scenario, labels=Labels(unlabelled, mislabelled)))


def written(run):
    """Every whole line by its message id, and the tickets of the answer key."""
    mails, tickets = {}, []
    for made in generate(run, run.window_from, run.window_to):
        if isinstance(made, RawPart):
            mails |= {mail["message_id"]: mail for mail in map(parsed, bytes(made.lines).splitlines()) if mail}
        else:
            tickets += [row for row in made.table.to_pylist() if row["record"] == "ticket"]
    return mails, tickets


def parsed(line):
    """Nothing where the line is damaged or drifted."""
    try:
        mail = json.loads(line)
    except ValueError:
        return None
    return mail if len(mail) == 13 else None


@pytest.fixture(scope="module")
def inbox():
    return written(RUN)


def test_subjects_state_what_the_key_says(inbox):
    """Type and topic, or neither: then no subject is the name of either, and none is empty."""
    mails, tickets = inbox
    vague = Counter()
    for row in tickets:
        head, _, topic = mails[row["message_id"]]["subject"].partition(" - ")
        if row["stated_type"] is None:
            assert head
            assert not topic
            assert head not in HEADS
            assert head not in NAMES
            vague[head] += 1
        else:
            assert HEADS[head] == row["stated_type"]
            assert topic in NAMES
    assert len(vague) > 60
    assert vague["Solicitud"] > vague["Mala atención"] > 0


def test_the_shares_are_the_scenario_s(inbox):
    """By default 35 % state no type, and 6 % another, which is one that theirs may be taken for."""
    _, tickets = inbox
    assert np.mean([row["stated_type"] is None for row in tickets]) == pytest.approx(0.35, abs=0.03)
    wrong = [row for row in tickets if row["stated_type"] not in (None, row["pqrs_type"])]
    assert len(wrong) / len(tickets) == pytest.approx(0.06, abs=0.015)
    assert all(row["stated_type"] in TAKEN_FOR[row["pqrs_type"]] for row in wrong)


@pytest.mark.parametrize("name", scenario_names())
def test_every_type_of_a_scenario_is_taken_for_another_of_it(name):
    """A citizen states no type that nobody at the entity has heard of."""
    scenario = replace(load_scenario(name), labels=Labels(0, 1_000))
    known = [PQRS_TYPES.index(code) for code, weight in scenario.type_mix if weight]
    kinds = np.repeat(known, 40)
    stated = stated_types(replace(RUN, scenario=scenario), range(7, 7 + len(kinds)), kinds)
    assert set(stated.tolist()) <= set(known)
    assert (stated != kinds).all()


def test_who_knows_one_type_mistakes_it_for_none():
    """There is nothing else to state."""
    only = tuple((code, int(code == "QUEJA")) for code in PQRS_TYPES)
    run = replace(RUN, scenario=replace(RUN.scenario, type_mix=only, labels=Labels(300, 700)))
    kind = np.full(500, PQRS_TYPES.index("QUEJA"))
    assert set(stated_types(run, range(500), kind).tolist()) == {UNSTATED, PQRS_TYPES.index("QUEJA")}


def test_labels_move_nothing_but_subjects_and_bodies_of_requests(inbox):
    """The rest of the inbox is the same whatever citizens know of types, and so is the rest of the key."""
    mails, tickets = written(labelled(0, 0))
    assert [row | {"stated_type": None} for row in tickets] == [row | {"stated_type": None} for row in inbox[1]]
    assert all(row["stated_type"] == row["pqrs_type"] for row in tickets)
    requests = {row["message_id"] for row in tickets}
    changed = {key for key, mail in mails.items() if mail != inbox[0][key]}
    assert mails.keys() == inbox[0].keys()
    assert changed < requests
    told = {name for key in changed for name in mails[key] if mails[key][name] != inbox[0][key][name]}
    assert told == {"subject", "body"}


def test_who_mistakes_the_type_writes_as_if_it_were_that():
    """The letter opens with what the citizen takes it for; half of the asks still tell what it is."""
    mails, tickets = written(labelled(0, 1_000))
    opening, ask = phrases()["opening"]["request"], phrases()["ask"]["request"]
    town, asks = citizens(RUN), []
    style = dict(zip(town.mailbox.tolist(), town.style.tolist(), strict=True))
    for row in tickets:
        body = mails[row["message_id"]]["body"]
        if style[int(mails[row["message_id"]]["from"]["address"].partition("@")[0][-7:])]:
            continue  # who does not spell plainly
        assert any(text in body for text in opening[row["stated_type"]])
        assert not any(text in body for text in opening[row["pqrs_type"]])
        asks.append(any(text in body for text in ask[row["pqrs_type"]]))
    assert np.mean(asks) == pytest.approx(0.5, abs=0.05)
