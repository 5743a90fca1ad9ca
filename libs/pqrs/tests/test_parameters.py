from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_common.errors import InvalidSettings
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario


@given(
    seed=st.integers(0, 2**63 - 1),
    length=st.integers(0, 400),
    volume=st.integers(1, 10**6),
    rate=st.decimals("0.07", "0.12", places=4),
)
def test_json_round_trip(seed, length, volume, rate):
    """Parameters written as JSON and read back are the same value with the same digest."""
    last = date.fromordinal(date(2026, 1, 1).toordinal() + length)
    parameters = Parameters.create(seed=seed, window_to=last, tickets_per_business_day=volume, breach_rate=rate)
    again = Parameters.from_json(parameters.to_json())
    assert again == parameters
    assert again.digest == parameters.digest


def test_run_id_names_window_seed_and_digest():
    """The run id starts with window and seed and ends with eight digits of the parameters' digest."""
    parameters = Parameters.create()
    assert parameters.run_id == f"2026-01-01-2026-03-31-s42-{parameters.digest[:8]}"


def test_equal_rates_are_one_run():
    """0.0950 and 0.095 are the same rate, so the same run."""
    one = Parameters.create(breach_rate="0.095")
    assert Parameters.create(breach_rate=Decimal("0.0950")).run_id == one.run_id


def test_every_parameter_moves_the_run_id():
    """Runs that differ in anything have different ids."""
    runs = [
        Parameters.create(),
        Parameters.create(seed=43),
        Parameters.create(window_to=date(2026, 3, 30)),
        Parameters.create(opens_on=date(2025, 12, 31)),
        Parameters.create(tickets_per_business_day=401),
        Parameters.create(breach_rate="0.096"),
        Parameters.create(scenario=load_scenario("sin_picos")),
    ]
    assert len({run.run_id for run in runs}) == len(runs)


def test_as_of_is_the_local_midnight_after_the_window():
    """The window ends at midnight of Bogotá after its last day, which is 05:00 UTC."""
    parameters = Parameters.create(window_to=date(2026, 1, 31))
    assert parameters.as_of == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert parameters.as_of_day == date(2026, 1, 31)
    assert len(parameters.days) == 31


def test_parameters_travel_to_workers():
    """Parameters survive pickling, since tasks carry them to other processes."""
    parameters = Parameters.create()
    assert pickle.loads(pickle.dumps(parameters)) == parameters


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"breach_rate": "0.0699"}, "0.0699"),
        ({"breach_rate": "0.1201"}, "0.1201"),
        ({"breach_rate": "a lot"}, "a lot"),
        ({"breach_rate": "NaN"}, "NaN"),
        ({"breach_rate": 0.095}, "0.095"),
        ({"breach_rate": "0.09500001"}, "0.09500001"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**63}, str(2**63)),
        ({"seed": "x"}, "'x'"),
        ({"tickets_per_business_day": 0}, "0"),
        ({"tickets_per_business_day": True}, "True"),
        ({"window_to": date(2025, 12, 31)}, "2025-12-31"),
        ({"opens_on": date(2026, 1, 2)}, "2026-01-02"),
        ({"opens_on": date(2015, 6, 29)}, "2015-06-29"),
        ({"window_to": date(2035, 1, 1)}, "2035-01-01"),
    ],
)
def test_bad_values_are_named(change, named):
    """A value outside its rule is refused with one sentence that quotes it."""
    with pytest.raises(InvalidSettings) as caught:
        Parameters.create(**change)
    assert named in str(caught.value)


@pytest.mark.parametrize("key", ["seed", "scenario", "window_from"])
def test_json_without_a_key_is_refused(key):
    """Parameters that lack a key are refused and the key is named."""
    value = Parameters.create().to_json()
    del value[key]
    with pytest.raises(InvalidSettings, match=key):
        Parameters.from_json(value)


def test_json_with_a_bad_day_is_refused():
    """A day that is no day is refused and quoted."""
    with pytest.raises(InvalidSettings, match="tomorrow"):
        Parameters.from_json({**Parameters.create().to_json(), "window_to": "tomorrow"})
