"""How a scenario varies and who does its work: the optional tables `[dispersion]` and `[desks]`, with their defaults.

None of the defaults has a published source: all are assumptions, within the bands that entities' reports leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pqrs.catalogue import DEPENDENCIES
from pqrs.checked import Given, check_keys

__all__ = [
    "BY_ARRIVAL",
    "BY_DUE_DATE",
    "DEFAULT_DESKS",
    "DEFAULT_DISPERSION",
    "VARIATION_MAX",
    "Desk",
    "Dispersion",
    "desks_of",
    "desks_table",
]

VARIATION_MAX = 350  # per mille
PEOPLE_MAX, STAFF_MAX = 200, 1_000
BY_DUE_DATE, BY_ARRIVAL = ORDERS = ("due", "arrival")


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Coefficients of variation per mille: a count of mean m varies as a Poisson's, and by m x its variation besides.

    So its index of dispersion is 1 + m x variation squared. `month`, `week` and `day` move the whole inbox, `desk` and
    `type` the share of each dependency and type (by week, and by day again), `transfer` the rate of transfers by week,
    `productivity` what a desk gets done in a week.
    """

    month: int = 100
    week: int = 80
    day: int = 160
    desk: int = 120
    type: int = 120
    transfer: int = 200
    productivity: int = 60

    @classmethod
    def of(cls, value: Any, where: str) -> Dispersion:
        """From a table that may leave out any key; InvalidSettings names what is wrong."""
        given = Given(value, where, "dispersion")
        table = given.table("a table of variations per mille")
        check_keys(table, f"{where}, dispersion", optional=tuple(field.name for field in fields(cls)))
        return cls(**{name: given.item(name, each).integer(0, VARIATION_MAX) for name, each in table.items()})


DEFAULT_DISPERSION = Dispersion()


@dataclass(frozen=True, slots=True)
class Desk:
    """The people who answer for a dependency.

    `staff`: what all of them together finish, in percent of what the scenario brings them without peaks. `order`: whom
    they serve first, who falls due first or who came first; what is marked as priority goes before both.
    """

    people: int = 10
    staff: int = 104
    order: str = BY_DUE_DATE


# Some offices are short of people and some are not; the small one at the counter serves in order of arrival.
DEFAULT_DESKS: tuple[Desk, ...] = tuple(
    {
        "101": Desk(people=18, staff=101),
        "102": Desk(people=14, staff=99),
        "103": Desk(people=12, staff=97),
        "104": Desk(people=12, staff=105),
        "105": Desk(people=9, staff=110),
        "106": Desk(people=11, staff=98),
        "107": Desk(people=14, staff=102),
        "108": Desk(people=12, staff=100),
        "109": Desk(people=8, staff=106, order=BY_ARRIVAL),
        "110": Desk(people=6, staff=112, order=BY_ARRIVAL),
        "202": Desk(people=16, staff=99),
        "203": Desk(people=12, staff=98),
        "206": Desk(people=8, staff=108),
        "208": Desk(people=8, staff=110, order=BY_ARRIVAL),
        "301": Desk(people=24, staff=100),
        "302": Desk(people=20, staff=98),
        "308": Desk(people=10, staff=110, order=BY_ARRIVAL),
        "401": Desk(people=22, staff=100),
        "402": Desk(people=12, staff=98),
        "407": Desk(people=8, staff=110, order=BY_ARRIVAL),
    }.get(code, Desk())
    for code in DEPENDENCIES
)


def desks_of(value: Any, where: str) -> tuple[Desk, ...]:
    """By dependency, in the order of the catalogue; what the table leaves out is as in `DEFAULT_DESKS`."""
    given = Given(value, where, "desks")
    table = given.table("a table of desks by dependency")
    check_keys(table, f"{where}, desks", optional=tuple(DEPENDENCIES))
    return tuple(
        _desk(given.item(code, table[code]), usual) if code in table else usual
        for code, usual in zip(DEPENDENCIES, DEFAULT_DESKS, strict=True)
    )


def desks_table(desks: tuple[Desk, ...]) -> dict[str, dict[str, Any]]:
    """The inverse of `desks_of`, without what is as by default."""
    pairs = zip(DEPENDENCIES, desks, DEFAULT_DESKS, strict=True)
    return {code: asdict(desk) for code, desk, usual in pairs if desk != usual}


def _desk(given: Given, usual: Desk) -> Desk:
    table: Mapping[str, Any] = given.table("a table with people, staff and order")
    check_keys(table, f"{given.where}, {given.key}", optional=("people", "staff", "order"))
    order = given.item("order", table.get("order", usual.order))
    return Desk(
        people=given.item("people", table.get("people", usual.people)).integer(1, PEOPLE_MAX),
        staff=given.item("staff", table.get("staff", usual.staff)).integer(1, STAFF_MAX),
        order=order.code(ORDERS) or usual.order,
    )
