"""What the refinery finds against what the generator knows it put there: recall and precision 1.0.

What no line that can be read tells is lost: the key names these mails, and of their tickets only what they do not tell
may differ.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from pqr_common.stage.worker import LakeContext
from pqr_common.tables.sql import query
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

pytestmark = pytest.mark.integration

OPENS_ON = date(2026, 1, 1)
REJECT_RULES = {
    "truncated_json": {"not_json"},
    "missing_field": {"missing_field"},
    "wrong_type": {"wrong_type"},
    "broken_encoding": {"broken_encoding"},
}


class Key:
    """A run's tables and its answer key, read back from the lake."""

    def __init__(self, platform, run_id, parameters, manifests) -> None:
        self.manifests = manifests
        self.parameters = parameters
        self._bench = LakeContext(platform.lake, run_id, parameters, platform.settings)

    def table(self, layer: str, dataset: str) -> pa.Table:
        parts = self.manifests[layer].dataset(dataset).partitions
        return pa.concat_tables([self._bench.read(part) for part in parts])

    def dirt(self, kind: str) -> set[tuple[object, ...]]:
        """Where the generator put this kind of dirt: (day, part, line)."""
        found = query(
            "select day, part, line from answers where record = 'dirt' and dirt = $kind",
            {"kind": kind},
            answers=self.table("raw", "answers"),
        )
        return {tuple(row.values()) for row in found.to_pylist()}

    def planned(self) -> pa.Table:
        """The tickets as they were planned; `lost`: a list of the letters of each that were lost, as far as the run reads.

        `is_garbled`: its request is mojibake, so that only what is told in ASCII can be read there.
        """
        return query(
            """
            select tickets.* exclude (lost), coalesce(gone.lost, []) as lost,
                message_id in (select message_id from answers where dirt = 'mojibake') as is_garbled
            from answers as tickets
            left join (
                select ticket_index, list(lost) as lost from answers where lost is not null group by all
            ) as gone using (ticket_index)
            where tickets.record = 'ticket'
            """,
            answers=self.table("raw", "answers"),
        )

    def told_due(self) -> dict[str, int]:
        """By DUE."""
        bounds = {"window_from": self.parameters.window_from, "as_of": self.parameters.as_of_day}
        return query(DUE, bounds, mine=self.planned(), tickets=self.table("silver", "tickets")).to_pylist()[0]


def _places(table: pa.Table, where: str) -> set[tuple[object, ...]]:
    found = query(f"select raw_day, raw_part, raw_line from rows_of where {where}", rows_of=table)
    return {tuple(row.values()) for row in found.to_pylist()}


@pytest.fixture(scope="module")
def key(platform) -> Key:
    """A quarter, and the one before it as its lead: enough for 5,000 due tickets and every kind of dirt, more lost."""
    value = load_scenario().to_json()
    value["dirt_per_100k"]["damaged_original"] *= 5
    parameters = Parameters.create(
        opens_on=date(2025, 10, 1),
        window_to=date(2026, 3, 31),
        tickets_per_business_day=120,
        scenario=Scenario.from_json(value),
    )
    return Key(
        platform, "answers", parameters, platform.run("answers", parameters, "generator", "bronze", "silver", "gold")
    )


@pytest.mark.parametrize("kind", REJECT_RULES)
def test_bronze_rejects_exactly_the_damaged_lines(key, kind):
    """Each kind of damage is found where it was put, by its rule, and nowhere else."""
    rules = ", ".join(f"'{rule}'" for rule in REJECT_RULES[kind])
    assert _places(key.table("bronze", "rejects"), f"rule in ({rules})") == key.dirt(kind)
    assert key.dirt(kind)


def test_bronze_rejects_nothing_else(key):
    """Precision over all rules together."""
    damaged = set.union(*(key.dirt(kind) for kind in REJECT_RULES))
    assert _places(key.table("bronze", "rejects"), "true") == damaged


def test_bronze_keeps_and_flags_exactly_the_drifted_lines(key):
    """An unknown field is kept with its row and flagged on it."""
    assert _places(key.table("bronze", "emails"), "extra_fields is not null") == key.dirt("unknown_field")
    assert key.dirt("unknown_field")


SILVER = {
    "out_of_office": "kind = 'out_of_office'",
    "bounce": "kind = 'bounce'",
    "lost_references": "thread_rule = 'radicado'",
}


@pytest.mark.parametrize("kind", SILVER)
def test_silver_finds_exactly_the_seeded_oddities(key, kind):
    """Automatic replies, bounces and replies that lost their thread."""
    assert _places(key.table("silver", "emails"), SILVER[kind]) == key.dirt(kind)
    assert key.dirt(kind)


def test_late_is_what_was_late_and_what_a_clock_days_behind_makes_look_so(key):
    """Nobody can tell one from the other by a mail alone; what arrived counts when it arrived, as the tests of terms show."""
    late, skewed = _places(key.table("silver", "emails"), "is_late"), key.dirt("clock_skew")
    assert key.dirt("late_arrival") <= late <= key.dirt("late_arrival") | skewed
    assert 0 < len(late & skewed) < len(skewed) / 2
    ahead = _places(key.table("silver", "emails"), "sent_at > received_at")
    assert ahead <= skewed
    assert len(skewed) / 3 < len(ahead) < len(skewed) * 2 / 3
    assert skewed <= _places(key.table("silver", "emails"), "true")


def test_silver_removes_exactly_the_redelivered_duplicates(key):
    """The later delivery goes, the first one stays."""
    assert _places(key.table("silver", "rejects"), "rule = 'duplicate'") == key.dirt("duplicate")
    assert _places(key.table("silver", "rejects"), "true") == key.dirt("duplicate")


def test_tickets_are_what_the_generator_meant(key):
    """Filing number, type, topic, territory, reception and due date; no ticket more or less, but those whose request is lost.

    Type, topic and term are those of the acknowledgement, whatever the citizen took the request for; the few that wait
    for one have what their subject states, else what the law presumes.
    """
    differing = query(
        """
        select coalesce(mine.message_id, tickets.root_message_id) as ticket
        from (from mine where not list_contains(lost, 'request')) as mine
        full join tickets on tickets.root_message_id = mine.message_id
        where tickets.radicado is distinct from mine.radicado and tickets.radicado is not null
            or (tickets.acknowledged_at is not null or not is_garbled)
                and (tickets.pqrs_type is distinct from case when tickets.acknowledged_at is null
                    then coalesce(mine.stated_type, 'PET_GEN') else mine.pqrs_type end
                or tickets.topic is distinct from case when tickets.acknowledged_at is not null
                    or mine.stated_type is not null then mine.topic end)
            or not is_garbled and (tickets.department is distinct from mine.department
                or tickets.municipality is distinct from mine.municipality
                or tickets.municipality_code is distinct from mine.municipality_code
                or tickets.copied_to is distinct from mine.copied_to)
            or tickets.dependency is distinct from case when tickets.topic is not null then mine.dependency end
            or tickets.acknowledged_at is not null and (tickets.received_on is distinct from mine.received_on
                or tickets.due_on is distinct from mine.due_on)
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    )
    assert differing.num_rows == 0


def test_every_sort_of_sender_is_read(key):
    """Attorneys, companies and people without a name are tickets like others; only the last have no territory."""
    found = query(
        """
        select mine.sender, count(*) as tickets, count(tickets.root_message_id) as read,
            count(tickets.municipality_code) as placed, count(tickets.acknowledged_at) as acknowledged
        from mine left join tickets on tickets.root_message_id = mine.message_id
        where not list_contains(mine.lost, 'request') and not mine.is_garbled
        group by mine.sender
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    )
    senders = {row["sender"]: row for row in found.to_pylist()}
    assert senders.keys() == {"person", "attorney", "company", "anonymous"}
    for sender, row in senders.items():
        assert row["tickets"] == row["read"] > 100
        assert row["placed"] == (0 if sender == "anonymous" else row["tickets"])
        assert row["acknowledged"] > 0.95 * row["tickets"]


def test_mojibake_is_placed_and_typed_by_the_acknowledgement(key):
    """No garbled mail is rejected or leaves its thread; a garbled request tells its territory in ASCII or not at all."""
    emails, garbled = key.table("silver", "emails"), key.dirt("mojibake")
    assert garbled <= _places(emails, "ticket_id is not null or is_continuation")
    found = query(
        """
        select count(*) as requests, count(tickets.department) as placed,
            count(*) filter (where tickets.department is not null and tickets.department <> mine.department
                or tickets.municipality_code <> mine.municipality_code
                or tickets.acknowledged_at is not null and tickets.pqrs_type <> mine.pqrs_type) as wrong
        from tickets
        join mine on mine.message_id = tickets.root_message_id and mine.is_garbled
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    assert found["wrong"] == 0 < found["placed"] < found["requests"]


def test_citizens_mislabel_and_the_entity_reclassifies(key):
    """Of the acknowledged tickets the stated shares had a subject without a type, or with another; both end as the key says."""
    (shares,) = query(
        """
        select count(*) as tickets, avg((mine.stated_type is null)::int) as unlabelled,
            avg((mine.stated_type <> mine.pqrs_type)::int) filter (where mine.stated_type is not null) as mislabelled,
            count(*) filter (where tickets.pqrs_type <> mine.pqrs_type) as wrong
        from tickets
        join mine on mine.message_id = tickets.root_message_id
        where tickets.acknowledged_at is not null
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()
    assert shares["tickets"] > 10_000
    assert shares["wrong"] == 0
    assert shares["unlabelled"] == pytest.approx(0.35, abs=0.02)
    assert shares["mislabelled"] == pytest.approx(0.06 / 0.65, abs=0.015)


def test_a_ticket_without_its_radicado_is_one_not_acknowledged_yet(key):
    """Every other ticket has the number the generator gave it; these wait for a mail after the window, or it is lost."""
    found = query(
        """
        select count(*) as tickets,
            count(*) filter (where tickets.radicado is null) as unnumbered,
            count(*) filter (where (tickets.radicado is null) <> (acknowledged_at is null)) as inconsistent,
            count(*) filter (where tickets.radicado is null and opened_at < $window_end - interval 1 hour) as forgotten
        from tickets
        join mine on mine.message_id = tickets.root_message_id
        where not list_contains(mine.lost, 'acknowledgement')
        """,
        {"window_end": key.parameters.as_of},
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    assert (found["inconsistent"], found["forgotten"]) == (0, 0)
    assert found["unnumbered"] <= 5


def test_tickets_end_as_the_generator_planned(key):
    """The first answer's day, the archive and the transfer, as far as they lie in the window and are not lost; nothing else closes."""
    differing = query(
        """
        select tickets.ticket_id
        from tickets
        join mine on mine.message_id = tickets.root_message_id
        where len(mine.lost) = 0 and (tickets.answered_on is distinct from case when mine.answered_on <= $as_of then mine.answered_on end
            or tickets.is_archived and mine.fate <> 'archived' and tickets.status <> 'annulled'
            or (tickets.status = 'annulled') <> (mine.fate = 'annulled' and tickets.closed_on is not null)
            or tickets.is_transferred and mine.fate <> 'transferred'
            or tickets.has_term <> mine.is_eligible and not (mine.fate in ('transferred', 'annulled') and tickets.closed_on is null)
            or mine.fate in ('archived', 'transferred', 'annulled') and tickets.closed_on is null
                and coalesce(mine.effective_due_on, mine.due_on) <= $as_of)
        """,
        {"as_of": key.parameters.as_of_day},
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    )
    assert differing.num_rows == 0


def test_a_closed_ticket_has_the_clock_the_generator_planned(key):
    """Also before it is due: once it is closed nothing can move its due date any more."""
    counted = query(
        """
        select count(*) as closed,
            count(*) filter (where tickets.effective_due_on <> mine.effective_due_on) as other_due,
            count(*) filter (where (tickets.closed_at >= tickets.due_at) <> mine.is_breached) as other_breach,
            count(*) filter (where tickets.is_extended) as extended,
            count(*) filter (where tickets.is_suspended) as suspended
        from tickets
        join mine on mine.message_id = tickets.root_message_id
        where mine.is_eligible and tickets.closed_on is not null and len(mine.lost) = 0
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    assert (counted["other_due"], counted["other_breach"]) == (0, 0)
    assert min(counted["extended"], counted["suspended"]) > 50, "too few clocks were moved to prove anything"


def test_what_is_lost_is_lost(key):
    """A ticket without its request, an answer that nobody sees: each lost mail takes away just what it would have told."""
    found = query(
        """
        select
            count(*) filter (where list_contains(lost, 'request')) as requests,
            count(tickets.ticket_id) filter (where list_contains(lost, 'request')) as tickets_nevertheless,
            count(*) filter (where list_contains(lost, 'acknowledgement')) as acknowledgements,
            count(acknowledged_at) filter (where list_contains(lost, 'acknowledgement')) as acknowledged_nevertheless,
            count(*) filter (where list_contains(lost, 'answer')) as answers,
            count(*) filter (where list_contains(lost, 'answer') and tickets.answered_on = mine.answered_on)
                as answered_nevertheless
        from mine
        left join tickets on mine.message_id = tickets.root_message_id
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    assert min(found["requests"], found["acknowledgements"], found["answers"]) > 10
    assert {count for name, count in found.items() if name.endswith("nevertheless")} == {0}


def test_threads_whose_request_is_lost_are_kept_without_a_ticket(key):
    """Their other mails are silver's continuations, and a check of the run counts those of its window."""
    found = query(
        """
        select count(*) filter (where is_continuation) as continuations,
            count(*) filter (where is_continuation and raw_day >= $window_from) as in_window,
            count(*) filter (where is_continuation <> coalesce(list_contains(lost, 'request'), false)) as others
        from emails
        left join mine using (radicado)
        where thread_rule <> 'root'
        """,
        {"window_from": key.parameters.window_from},
        mine=key.planned(),
        emails=key.table("silver", "emails"),
    ).to_pylist()[0]
    assert found["continuations"] > 30
    assert found["others"] == 0
    (check,) = (check for check in key.manifests["silver"].checks if check.name == "continuation_emails")
    assert (check.status, check.severity, check.observed) == ("failed", "warning", found["in_window"])


# What falls due in the window: as planned, and as it must be found, which of tickets that lost a mail is what they show.
DUE = """
    select sum(is_due::int)::int as due, sum(is_breached::int)::int as breached,
        sum(is_planned::int)::int as planned, count(*) filter (where is_spoilt) as spoilt
    from (
        select
            len(lost) > 0 as is_spoilt,
            mine.is_eligible and mine.effective_due_on between $window_from and $as_of as is_planned_due,
            is_planned_due and mine.is_breached as is_planned,
            case when not is_spoilt then is_planned_due else
                coalesce(tickets.has_term and tickets.effective_due_on between $window_from and $as_of, false)
            end as is_due,
            case when not is_spoilt then is_planned else is_due and coalesce(closed_at >= due_at, true) end as is_breached
        from mine
        left join tickets on mine.message_id = tickets.root_message_id
    )
"""


def test_breach_is_what_the_generator_planned(key):
    """Of the tickets due by the end of the window, exactly the planned ones are breached, and gold counts just them.

    What a ticket that lost a mail shows is another matter, but it is counted as what it shows, too.
    """
    counted = query(
        """
        select
            count(*) filter (where len(lost) = 0) as due,
            count(*) filter (where len(lost) = 0 and is_late <> mine.is_breached) as other_breach,
            count(*) filter (where len(lost) = 0 and tickets.effective_due_on <> mine.effective_due_on) as other_due
        from (select *, coalesce(closed_at >= due_at, true) as is_late from tickets) as tickets
        join mine on mine.message_id = tickets.root_message_id
        where mine.is_eligible and mine.effective_due_on <= $as_of
        """,
        {"as_of": key.parameters.as_of_day},
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    assert counted["due"] >= 5_000
    assert counted["other_breach"] == 0
    assert counted["other_due"] == 0
    told = key.told_due()
    headline = key.table("gold", "kpi_executive").to_pylist()[0]
    assert (headline["due"], headline["breached"]) == (told["due"], told["breached"])
    assert told["spoilt"] > 100
    assert 0 < abs(told["breached"] - told["planned"]) <= told["spoilt"]


def test_the_key_holds_the_target_over_each_quarter(key):
    """Over all tickets that a quarter opens, whenever they fall due; what falls due in it is another cohort."""
    quarters = _quarters(key.table("raw", "answers"))
    assert [quarter["begins"] for quarter in quarters] == [date(2025, 10, 1), date(2026, 1, 1)]
    for quarter in quarters:
        assert quarter["eligible"] >= 4_000
        assert abs(quarter["breached"] - quarter["eligible"] * key.parameters.breach_rate) <= 1


def test_a_quarter_that_is_over_shows_the_target(key):
    """What opened in the lead had ended, or was overdue, long before the end; of tickets that lost a mail the key says how."""
    tickets = query(
        """
        select mine.record, mine.day,
            case when len(lost) > 0 then mine.is_eligible
                else has_term and status not in ('transferred', 'annulled') end as is_eligible,
            case when len(lost) > 0 then mine.is_breached else coalesce(closed_at >= due_at, true) end as is_breached
        from mine
        left join tickets on mine.message_id = tickets.root_message_id
        where mine.day < $window_from and (len(lost) > 0 or status <> 'annulled')
        """,
        {"window_from": key.parameters.window_from},
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    )
    (quarter,) = _quarters(tickets)
    assert abs(quarter["breached"] - quarter["eligible"] * key.parameters.breach_rate) <= 1


def test_the_demo_holds_its_target_in_its_quarter():
    """Of the tickets that the first quarter of 2026 opens: 9.5 %, give or take one ticket."""
    from pqr_generator.days import DayKey, generate

    demo = Parameters.create()
    made = [each.table for each in generate(demo, demo.window_from, demo.window_to) if isinstance(each, DayKey)]
    (quarter,) = _quarters(pa.concat_tables(made))
    assert quarter["begins"] == demo.window_from
    assert quarter["eligible"] > 20_000
    assert abs(quarter["breached"] - quarter["eligible"] * Decimal("0.095")) <= 1


def _quarters(tickets: pa.Table) -> list[dict]:
    return query(
        """
        select cast(date_trunc('quarter', day) as date) as begins, count(*) filter (where is_eligible) as eligible,
            count(*) filter (where is_eligible and is_breached) as breached
        from tickets where record = 'ticket' group by begins order by begins
        """,
        tickets=tickets,
    ).to_pylist()


@pytest.mark.parametrize("profile", ["ministerio", "eps", "servicios_publicos"])
def test_every_profile_is_read_as_it_was_meant(platform, profile):
    """A quarter of each entity: types, topics, terms and breaches as planned, and the headline counts them."""
    parameters = Parameters.create(
        opens_on=OPENS_ON, window_to=date(2026, 3, 31), tickets_per_business_day=120, scenario=load_scenario(profile)
    )
    manifests = platform.run(profile, parameters, "generator", "bronze", "silver", "gold")
    key = Key(platform, profile, parameters, manifests)
    counted = query(
        """
        select count(*) as tickets,
            count(*) filter (where len(mine.lost) > 0) as spoilt,
            count(*) filter (where tickets.acknowledged_at is not null and (tickets.pqrs_type <> mine.pqrs_type
                or tickets.topic is distinct from mine.topic
                or tickets.dependency is distinct from mine.dependency)) as other_facts,
            count(*) filter (where tickets.acknowledged_at is not null and (tickets.received_on <> mine.received_on
                or tickets.due_on is distinct from mine.due_on)) as other_terms,
            count(*) filter (where len(mine.lost) = 0
                and tickets.is_reiterative <> (mine.is_reiterative and mine.answered_on <= $as_of))
                as other_reiterations,
            count(*) filter (where tickets.is_reiterative) as reiterations,
            count(*) filter (where mine.is_eligible and len(mine.lost) = 0 and mine.effective_due_on <= $as_of
                and coalesce(tickets.closed_at >= tickets.due_at, true) <> mine.is_breached) as other_breach
        from tickets
        join mine on mine.message_id = tickets.root_message_id
        """,
        {"as_of": parameters.as_of_day},
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
    ).to_pylist()[0]
    headline = key.table("gold", "kpi_executive").to_pylist()[0]
    assert counted["tickets"] == headline["received"] > 1_500
    assert (counted["other_facts"], counted["other_terms"], counted["other_breach"]) == (0, 0, 0)
    told = key.told_due()
    assert (headline["due"], headline["breached"]) == (told["due"], told["breached"])
    assert told["breached"] > 50
    assert counted["spoilt"] > 0
    assert counted["other_reiterations"] == 0 < counted["reiterations"]
    events = query(
        """
        select event_type, count(*) as found, count(*) filter (where planned_on is distinct from on_day) as elsewhere
        from (
            select events.event_type, cast(events.occurred_at - interval 5 hour as date) as on_day,
                case events.event_type when 'sued' then mine.sued_on
                    else case when mine.is_approved_by_silence then mine.answered_on end end as planned_on
            from events
            join tickets using (ticket_id)
            join mine on mine.message_id = tickets.root_message_id
            where events.event_type in ('sued', 'approved_by_silence') and len(mine.lost) = 0
        )
        group by event_type
        """,
        mine=key.planned(),
        tickets=key.table("silver", "tickets"),
        events=key.table("silver", "ticket_events"),
    ).to_pylist()
    planned = query(
        """
        select count(*) filter (where sued_on <= $as_of) as sued,
            count(*) filter (where is_approved_by_silence and answered_on <= $as_of) as approved_by_silence
        from mine where len(lost) = 0
        """,
        {"as_of": parameters.as_of_day},
        mine=key.planned(),
    ).to_pylist()[0]
    assert {row["event_type"]: row["found"] for row in events} == {name: n for name, n in planned.items() if n}
    assert [row for row in events if row["elsewhere"]] == []
    assert (planned["approved_by_silence"] > 0) == (profile == "servicios_publicos")


@pytest.mark.parametrize(("tickets", "volume"), [(500, 12), (5_000, 120), (50_000, 1_000)])
@pytest.mark.parametrize("rate", ["0.07", "0.095", "0.12"])
def test_the_quota_holds_to_a_ticket_at_any_volume(tickets, volume, rate):
    """Over a quarter of an inbox the planned breaches are the target, give or take one."""
    from pqr_generator.days import DayKey, generate

    last = date(2026, 3, 31)
    parameters = Parameters.create(opens_on=OPENS_ON, window_to=last, tickets_per_business_day=volume, breach_rate=rate)
    answers = pa.concat_tables(
        made.table for made in generate(parameters, parameters.window_from, last) if isinstance(made, DayKey)
    )
    counted = query(
        """
        select count(*) as tickets, count(*) filter (where is_eligible) as eligible,
            count(*) filter (where is_eligible and is_breached) as breached
        from answers where record = 'ticket'
        """,
        answers=answers,
    ).to_pylist()[0]
    assert counted["tickets"] >= tickets
    assert abs(counted["breached"] - counted["eligible"] * parameters.breach_rate) <= 1


def test_a_clean_line_is_never_looked_at_twice(monkeypatch):
    """What the generator writes is what bronze takes for canonical: only dirt needs the slow look."""
    from pqr_bronze import transform as bronze
    from pqr_bronze.lines import RawObject
    from pqr_generator.days import RawPart, generate

    monkeypatch.setattr(bronze, "_diagnosed", None)
    clean = Parameters.create(
        opens_on=OPENS_ON, window_to=date(2026, 2, 20), tickets_per_business_day=40, scenario=load_scenario("sin_picos")
    )
    objects = [
        RawObject(f"{made.day}", made.day, made.number, bytes(made.lines))
        for made in generate(clean, clean.window_from, clean.window_to)
        if isinstance(made, RawPart)
    ]
    read = bronze.transform(objects)
    assert read.emails.num_rows == sum(raw.data.count(b"\n") for raw in objects) > 3_000


def test_the_window_ends_where_the_parameters_say(key):
    """No e-mail of the run arrived after its window or before the days that it reads, in local time."""
    bounds = query(
        "select min(received_at)::date as first, max(received_at - interval 5 hour)::date as last from emails",
        emails=key.table("silver", "emails"),
    ).to_pylist()[0]
    assert bounds["first"] >= key.parameters.days_read[0]
    assert bounds["last"] <= key.parameters.window_to
