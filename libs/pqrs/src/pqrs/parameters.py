"""Parameters of a run: the few values from which every fact of it follows, and the run's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pqr_common import RunParameters, canonical_json, sha256_hex
from pqr_common.errors import InvalidSettings
from pqrs.calendar import LAST_DAY, UTC_OFFSET
from pqrs.scenario import Scenario, load_scenario
from pqrs.terms import THREAD_DAYS

__all__ = ["BREACH_RATE_MAX", "BREACH_RATE_MIN", "LEAD_DAYS", "Parameters", "first_day_read"]

DEFAULT_SEED = 42
DEFAULT_FROM = date(2026, 1, 1)
DEFAULT_TO = date(2026, 3, 31)
DEFAULT_OPENS_ON = date(2025, 7, 1)  # well before the window, whose figures then begin in a steady state
DEFAULT_TICKETS_PER_BUSINESS_DAY = 400
DEFAULT_BREACH_RATE = "0.095"

# What a run reads before its window: the threads that may still be open in it, and a week more: a request that
# is delivered once more as they begin is known to be a copy.
LEAD_DAYS = THREAD_DAYS + 7
SEED_MAX = 2**63 - 1
VOLUME_MAX = 1_000_000
BREACH_RATE_MIN, BREACH_RATE_MAX = Decimal("0.07"), Decimal("0.12")
BREACH_RATE_DECIMALS = 6
RUNS_FROM = date(2015, 6, 30)  # Ley 1755 rules from this day on
RUNS_TO = LAST_DAY.replace(year=LAST_DAY.year - 1)  # terms run on for months after a window


@dataclass(frozen=True, slots=True)
class Parameters:
    """Made by `create` or `from_json`, which validate; days are local days of America/Bogota."""

    seed: int
    window_from: date
    window_to: date
    opens_on: date
    tickets_per_business_day: int
    breach_rate: Decimal
    scenario: Scenario

    @classmethod
    def create(
        cls,
        *,
        seed: int = DEFAULT_SEED,
        window_from: date = DEFAULT_FROM,
        window_to: date = DEFAULT_TO,
        opens_on: date = DEFAULT_OPENS_ON,
        tickets_per_business_day: int = DEFAULT_TICKETS_PER_BUSINESS_DAY,
        breach_rate: Decimal | str = DEFAULT_BREACH_RATE,
        scenario: Scenario | None = None,
    ) -> Parameters:
        """Valid parameters, or InvalidSettings with the first rule that does not hold."""
        _check_range("Seed", seed, low=0, high=SEED_MAX)
        _check_range("Tickets per business day", tickets_per_business_day, low=1, high=VOLUME_MAX)
        _check_window(window_from, window_to, opens_on)
        return cls(
            seed=seed,
            window_from=window_from,
            window_to=window_to,
            opens_on=opens_on,
            tickets_per_business_day=tickets_per_business_day,
            breach_rate=_breach_rate(breach_rate),
            scenario=scenario or load_scenario(),
        )

    @classmethod
    def of(cls, given: RunParameters) -> Parameters:
        """What the engine carried, with all that the domain knows of it."""
        if not isinstance(given, cls):
            raise TypeError(f"Parameters of a run must be of {cls.__module__}, found {type(given).__module__}.")
        return given

    @property
    def days(self) -> list[date]:
        """The arrival days of the window, both ends included."""
        return _days(self.window_from, self.window_to)

    @property
    def days_read(self) -> list[date]:
        """The days of the window, and before them those of its lead: whose threads may still be open in it."""
        return _days(first_day_read(self.window_from, opens_on=self.opens_on), self.window_to)

    @property
    def window(self) -> tuple[date, date]:
        return self.window_from, self.window_to

    @property
    def as_of_day(self) -> date:
        return self.window_to

    @property
    def as_of(self) -> datetime:
        """The instant (UTC) at which the window ends: local midnight after its last day."""
        midnight = datetime.combine(self.window_to + timedelta(days=1), time(), tzinfo=UTC)
        return midnight - UTC_OFFSET

    @property
    def digest(self) -> str:
        return sha256_hex(canonical_json(self.to_json()))

    @property
    def run_id(self) -> str:
        return f"{self.window_from}-{self.window_to}-s{self.seed}-{self.digest[:8]}"

    def continues(self, other: Parameters) -> bool:
        """Whether these are the other's with a later end: the same inbox, and more days of it."""
        return self.window_to > other.window_to and replace(other, window_to=self.window_to) == self

    def to_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "window_from": self.window_from.isoformat(),
            "window_to": self.window_to.isoformat(),
            "opens_on": self.opens_on.isoformat(),
            "tickets_per_business_day": self.tickets_per_business_day,
            "breach_rate": str(self.breach_rate),
            "scenario": self.scenario.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Parameters:
        """The inverse of `to_json`; InvalidSettings on an unknown, missing or bad value."""
        names = {field.name for field in fields(cls)}
        wrong = sorted(names.symmetric_difference(value))
        if wrong:
            raise InvalidSettings(
                f"Parameters must hold exactly {', '.join(sorted(names))}, found {wrong[0]!r} "
                "missing or unknown: write them with this version."
            )
        return cls.create(
            seed=value["seed"],
            window_from=_day("Window start", value["window_from"]),
            window_to=_day("Window end", value["window_to"]),
            opens_on=_day("Opening day", value["opens_on"]),
            tickets_per_business_day=value["tickets_per_business_day"],
            breach_rate=value["breach_rate"],
            scenario=Scenario.from_json(value["scenario"]),
        )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _check_range(what: str, value: int, *, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidSettings(f"{what} must be an integer in {low}..{high}, found {value!r}: choose another.")


def first_day_read(window_from: date, *, opens_on: date) -> date:
    """Where the lead of a window begins: not before its inbox opened."""
    return max(opens_on, window_from - timedelta(days=LEAD_DAYS))


def _check_window(first: date, last: date, opens_on: date) -> None:
    if last < first:
        raise InvalidSettings(f"Window must end on or after its start {first}, found the end {last}: swap them.")
    if first < opens_on:
        raise InvalidSettings(
            f"Window must begin on or after the day the inbox opens, {opens_on}, found {first}: "
            "move the window, or open the inbox earlier."
        )
    if opens_on < RUNS_FROM or last > RUNS_TO:
        raise InvalidSettings(
            f"Days must lie within the calendar {RUNS_FROM} to {RUNS_TO}, found {opens_on} to {last}: choose others."
        )


def _breach_rate(value: Decimal | str) -> Decimal:
    try:
        rate = Decimal(value) if isinstance(value, str | Decimal) else Decimal("nan")
    except InvalidOperation:
        rate = Decimal("nan")
    inside = rate.is_finite() and BREACH_RATE_MIN <= rate <= BREACH_RATE_MAX
    if not inside or rate != round(rate, BREACH_RATE_DECIMALS):
        raise InvalidSettings(
            f"Breach rate must lie in [{BREACH_RATE_MIN}, {BREACH_RATE_MAX}] with at most "
            f"{BREACH_RATE_DECIMALS} decimals, found {value!s}: choose another."
        )
    return rate.normalize()  # 0.0950 and 0.095 are one run


def _day(what: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidSettings(f"{what} must be a day as YYYY-MM-DD, found {value!r}: correct it.") from error
