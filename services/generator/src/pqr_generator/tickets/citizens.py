"""The town: what each citizen is called, a marked-fake document number, a home and a mailbox."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, below, low, pick, quarter, words
from pqr_generator.tickets.people import CITIZENS, COMPANY, NAMELESS, SORT
from pqrs.parameters import Parameters
from pqrs.scenario import Home, Mix
from pqrs.territory import MUNICIPALITIES

__all__ = ["PROVIDERS", "Citizens", "citizens", "first_names", "is_woman", "last_names", "names"]

# Reserved by RFC 2606 and RFC 6761: mail to these goes nowhere.
PROVIDERS = ("example.org", "correo.example", "buzon.test", "mail.example")

TEN_MILLION = 10_000_000
# Odd and not divisible by five, so multiplying modulo ten million keeps distinct citizens distinct.
DOCUMENT_STEP, MAILBOX_STEP = 7_368_787, 3_141_593
SHARE = 1_000_000  # a department's weight is dealt to its municipalities in parts of this
HOMES = 1 << 30  # what the weights of all municipalities are scaled to, so that one draw can pick among them
STYLE_WEIGHTS = (60, 7, 17, 7, 9)  # of the ways to spell, in the order of `pqr_generator.lines.styles`: assumption
# Two given names and two surnames are the rule on paper; in 65,536ths, so many write both: assumptions.
BOTH_GIVEN, BOTH_SURNAMES = 39_322, 42_598


@dataclass(frozen=True, slots=True, eq=False)
class Citizens:
    """Columns by citizen number; names and homes are row numbers of their lists."""

    habit: Words  # bits that choose what it does in every mail
    given: npt.NDArray[np.int32]  # of `first_names`: one, two, what a company begins with, or an alias
    surname: npt.NDArray[np.int32]  # of `last_names`
    second_surname: npt.NDArray[np.int32]  # the same; a company's last words
    municipality: npt.NDArray[np.int32]  # of `pqrs.territory.MUNICIPALITIES`
    provider: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]  # seven digits after 999; the last six are those of a company
    mailbox: npt.NDArray[np.int32]  # seven digits that make the address unique
    style: npt.NDArray[np.int32]  # how it spells, of `STYLE_WEIGHTS`


@cache
def names() -> dict[str, list[str]]:
    """Given names of women and men, surnames, words of companies, aliases, in the order of the file."""
    return tomllib.loads(_packaged("names.toml"))


@cache
def first_names() -> tuple[str, ...]:
    """Single given names, pairs of women's, pairs of men's, what companies begin with, aliases."""
    women, men = names()["women"], names()["men"]
    pairs = (f"{first} {second}" for given in (women, men) for first in given for second in given)
    return (*women, *men, *pairs, *names()["company"], *names()["alias"])


@cache
def last_names() -> tuple[str, ...]:
    """Nothing, surnames, what companies end with."""
    return ("", *names()["surname"], *names()["suffix"])


def citizens(parameters: Parameters) -> Citizens:
    """The town under this seed, mix of departments and home of the entity."""
    return _citizens(parameters.seed, parameters.scenario.department_mix, parameters.scenario.home)


@lru_cache(maxsize=2)
def _citizens(seed: int, department_mix: Mix, home: Home | None) -> Citizens:
    everyone = range(CITIZENS)
    number = np.arange(CITIZENS)
    given = words(seed, "citizen.given", everyone)
    columns: list[Ints] = [
        _given(seed, given),
        *_surnames(seed),
        pick(words(seed, "citizen.home", everyone), _home_weights(department_mix, home)),
        low(given, len(PROVIDERS)),
        (number * DOCUMENT_STEP + 1_234_567) % TEN_MILLION,
        (number * MAILBOX_STEP + 7_654_321) % TEN_MILLION,
        pick(words(seed, "citizen.style", everyone), STYLE_WEIGHTS),
    ]
    return Citizens(words(seed, "citizen.habit", everyone), *(column.astype(np.int32) for column in columns))


def is_woman(given: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """By row of `first_names`."""
    women, men = len(names()["women"]), len(names()["men"])
    return np.asarray((given < women) | ((given >= women + men) & (given < women + men + women * women)))


def _given(seed: int, drawn_first: Words) -> Ints:
    """One or two given names of the same sex; companies and the nameless are called otherwise."""
    women, men = len(names()["women"]), len(names()["men"])
    weights = _name_weights("given", names()["women"] + names()["men"])
    first = pick(drawn_first, weights)
    is_man = first >= women
    drawn = words(seed, "citizen.second_given", range(CITIZENS))
    second = np.where(is_man, pick(drawn, weights[women:]), pick(drawn, weights[:women]))
    pair = np.where(is_man, women * women + (first - women) * men, first * women) + women + men + second
    is_pair = (quarter(drawn, 0) < BOTH_GIVEN) & (first != second + is_man * women)
    other = women + men + women * women + men * men
    heads, aliases = len(names()["company"]), len(names()["alias"])
    return np.select(
        [SORT == COMPANY, SORT == NAMELESS, is_pair],
        [other + below(drawn, heads), other + heads + below(drawn, aliases), pair],
        first,
    )


def _surnames(seed: int) -> tuple[Ints, Ints]:
    """One or two; a company has one and its last words."""
    weights, everyone = _name_weights("surname", names()["surname"]), range(CITIZENS)
    first, drawn = words(seed, "citizen.surname", everyone), words(seed, "citizen.second_surname", everyone)
    has_both = quarter(first, 0) < BOTH_SURNAMES
    last = 1 + len(names()["surname"]) + low(drawn, len(names()["suffix"]))
    second = np.select([SORT == COMPANY, has_both], [last, 1 + pick(drawn, weights)], 0)
    is_nameless = SORT == NAMELESS
    return np.where(is_nameless, 0, 1 + pick(first, weights)), np.where(is_nameless, 0, second)


def _name_weights(kind: str, listed: list[str]) -> Ints:
    """By name of this kind ("given" or "surname"): how many people bear it."""
    bearers: dict[str, int] = tomllib.loads(_packaged("name_weights.toml"))[kind]
    return np.array([bearers.get(name, bearers["other"]) for name in listed])


def _home_weights(department_mix: Mix, home: Home | None) -> Ints:
    """By municipality: its inhabitants' part of its department's weight; the home of the entity has its own share."""
    total: dict[str, int] = {}
    for town in MUNICIPALITIES:
        total[town.department] = total.get(town.department, 0) + town.population
    mix = dict(department_mix)
    weights = [mix[town.department] * (town.population * SHARE // total[town.department]) for town in MUNICIPALITIES]
    if home:
        place = [town.code for town in MUNICIPALITIES].index(home.municipality)
        weights[place] = (sum(weights) - weights[place]) * home.per_mille // (1_000 - home.per_mille)
    return np.array([weight * HOMES // sum(weights) for weight in weights])


def _packaged(name: str) -> str:
    return (resources.files("pqr_generator") / "data" / name).read_text(encoding="utf-8")
