"""What requests say: how long they are, how many different sentences there are, and that those fit each other."""

from __future__ import annotations

import json
import re
from datetime import date

import numpy as np
import pytest

from pqr_generator.days import RawPart, generate
from pqr_generator.lines.grammar import SIZES, SLOT, TIMED, VOICES, expanded, grammar
from pqr_generator.lines.lengths import BLOCKS, MOST, SHARES, WEIGHTS
from pqr_generator.lines.press import press
from pqr_generator.lines.sentences import phrases
from pqr_generator.tickets.citizens import citizens
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.volume import planned_volume
from pqrs.catalogue import PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

RUN = Parameters.create(
    opens_on=date(2026, 1, 1),
    window_to=date(2026, 3, 31),
    tickets_per_business_day=60,
    scenario=load_scenario("sin_picos"),  # nothing is damaged there
)


@pytest.fixture(scope="module")
def requests():
    """Of every ticket whose citizen spells plainly: its row in the answer key and its body."""
    mails, rows = {}, []
    for made in generate(RUN, *RUN.window):
        if isinstance(made, RawPart):
            for line in bytes(made.lines).splitlines():
                mail = json.loads(line)
                mails[mail["message_id"]] = mail["from"]["address"], mail["body"]
        else:
            rows += [row for row in made.table.to_pylist() if row["record"] == "ticket"]
    town = citizens(RUN)
    style = dict(zip(town.mailbox.tolist(), town.style.tolist(), strict=True))
    found = [(row, *mails[row["message_id"]]) for row in rows]
    return [(row, body) for row, address, body in found if not style[int(address.partition("@")[0][-7:])]]


def contains(body, texts):
    return any(text in body for text in texts)


def test_lengths_are_about_log_normal(requests):
    """As wide as the band of `pqr fit`, and not lopsided."""
    logs = np.log([len(body) for _, body in requests])
    assert 0.55 < logs.std() < 0.9
    assert -0.7 < ((logs - logs.mean()) ** 3).mean() / logs.std() ** 3 < 0.7


def test_there_are_thousands_of_sentences(requests):
    """In the grammar, and in what a quarter of a small inbox holds; few are said often."""
    rules = grammar()
    every = {text for row in rules["fact"].values() for text in expanded(row)}
    assert len(every) > 8_000
    told = [text for _, body in requests for text in re.split(r"(?<=\.)\s", body.split("\nMunicipio: ")[0])]
    assert len(set(told)) > 6_000
    assert len({body for _, body in requests}) > 0.999 * len(requests)


def test_every_slot_is_filled_and_used():
    """No brace is left in any fragment of a citizen, and no list of the file is idle."""
    first, count = press().lexicon.spoken
    spoken = press().array.slice(first, count).to_pylist()
    assert not [text for text in spoken if b"{" in text or b"}" in text]
    file = json.dumps({name: rows for name, rows in grammar().items() if name != "slot"})
    assert set(SLOT.findall(file)) == {*grammar()["slot"], "barrio", "tema"}
    assert grammar()["fact"].keys() == {topic.code for topic in TOPICS}


def test_who_says_that_it_wrote_before_did(requests):
    """Said by all whose petition was made before, whatever the length, but for praise and the like; by nobody else."""
    tickets = opened(RUN, planned_volume(RUN), range(90))
    again = expanded(grammar()["since"]["again"])
    said = {row["ticket_index"]: contains(body, again) for row, body in requests}
    own = {
        row["ticket_index"] for row, _ in requests if row["pqrs_type"] not in ("FELICITACION", "SUGERENCIA", "PET_AUT")
    }
    assert sum(said.values()) > 50
    for index, is_said in said.items():
        assert is_said == (bool(tickets.is_reiterated[index]) and index in own)


def test_praise_tells_no_complaint_and_complaints_no_praise(requests):
    """Facts, tries and effects belong to who asks or complains; other moods have sentences of their own."""
    facts = [text for row in phrases()["matter"]["request"].values() for text in row]
    praise = expanded(grammar()["praise"]["matter"], tema=[topic.name for topic in TOPICS])
    seen = dict.fromkeys(("FELICITACION", "SUGERENCIA"), 0)
    for row, body in requests:
        is_moody = row["pqrs_type"] in seen
        own = body.partition("---------- ")[0]
        assert contains(own, facts) != is_moody
        assert contains(own, praise) == (row["pqrs_type"] == "FELICITACION")
        if is_moody:
            seen[row["pqrs_type"]] += 1
    assert min(seen.values()) > 10


def test_no_letter_tells_two_times():
    """Where a fact of the topic tells since when or which month, what is said of time tells none."""
    choices, array = press().lexicon.choices["detail"], press().array
    timed = 0
    for place, topic in enumerate(TOPICS):
        first, count = int(choices.first[place * 2]), int(choices.count[place * 2])
        said = [text.decode() for text in array.slice(first, count).to_pylist()]
        facts = (*phrases()["matter"]["request"][topic.code], *grammar()["fact"][topic.code])
        if any(TIMED.search(text) for text in facts):
            assert not [text for text in said if TIMED.search(text)]
            timed += 1
        else:
            assert len(said) > 30
    assert 30 < timed < len(TOPICS)


def test_letters_hold_several_needs(requests):
    """Some ask for more than one thing, a few number what they ask for from one on."""
    lists = [re.findall(r"\n(\d)\. Que ", body) for _, body in requests]
    assert 0.05 < np.mean([bool(found) for found in lists]) < 0.3
    assert all([int(number) for number in found] == list(range(1, len(found) + 1)) for found in lists if found)
    assert (
        np.mean([contains(body, ("Además, quisiera", "Aprovecho para", "También necesito")) for _, body in requests])
        > 0.1
    )


def test_every_number_of_sentences_is_dealt_out():
    """All blocks together have as many sentences as were drawn, no block more than it may hold."""
    assert SHARES.shape == (4, len(WEIGHTS), len(BLOCKS))
    assert (SHARES.sum(axis=2) == np.arange(len(WEIGHTS))).all()
    assert (SHARES.max(axis=(0, 1)) == MOST).all()
    assert set(SIZES) <= set(BLOCKS)
    assert len(VOICES) < len(PQRS_TYPES)
