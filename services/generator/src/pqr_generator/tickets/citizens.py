"""Who writes: a fixed town of citizens with a name, a marked-fake document number, a home and a mailbox."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, below, low, pick, words
from pqrs.parameters import Parameters
from pqrs.scenario import Mix

__all__ = ["CITIZENS", "PROVIDERS", "Citizens", "citizens", "municipalities", "names"]

CITIZENS = 250_000  # who may write; some write again
# Reserved by RFC 2606 and RFC 6761: mail to these goes nowhere.
PROVIDERS = ("example.org", "correo.example", "buzon.test", "mail.example")

TEN_MILLION = 10_000_000
# Odd and not divisible by five, so multiplying modulo ten million keeps distinct citizens distinct.
DOCUMENT_STEP, MAILBOX_STEP = 7_368_787, 3_141_593
SHARE = 10_000  # a department's weight is dealt to its municipalities in parts of this


@dataclass(frozen=True, slots=True, eq=False)
class Citizens:
    """Columns by citizen number; the first four are row numbers of their lists."""

    given: npt.NDArray[np.int32]
    surname: npt.NDArray[np.int32]
    second_surname: npt.NDArray[np.int32]
    municipality: npt.NDArray[np.int32]
    provider: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]  # seven digits after 999
    mailbox: npt.NDArray[np.int32]  # seven digits that make the address unique


@cache
def names() -> dict[str, list[str]]:
    """Given names and surnames, in the order of the file."""
    return tomllib.loads(_packaged("names.toml"))


@cache
def municipalities() -> tuple[tuple[str, str, int], ...]:
    """(department, municipality, weight within the department), in the order of the file."""
    rows = csv.DictReader(_packaged("municipalities.csv").splitlines())
    return tuple((row["department"], row["municipality"], int(row["weight"])) for row in rows)


def citizens(parameters: Parameters) -> Citizens:
    """The town under this seed and mix of departments."""
    return _citizens(parameters.seed, parameters.scenario.department_mix)


@lru_cache(maxsize=2)
def _citizens(seed: int, department_mix: Mix) -> Citizens:
    everyone = range(CITIZENS)
    given = words(seed, "citizen.given", everyone)
    surnames = words(seed, "citizen.surname", everyone)
    number = np.arange(CITIZENS)
    columns: list[Ints] = [
        below(given, len(names()["given"])),
        below(surnames, len(names()["surname"])),
        low(surnames, len(names()["surname"])),
        pick(words(seed, "citizen.home", everyone), _home_weights(department_mix)),
        low(given, len(PROVIDERS)),
        (number * DOCUMENT_STEP + 1_234_567) % TEN_MILLION,
        (number * MAILBOX_STEP + 7_654_321) % TEN_MILLION,
    ]
    return Citizens(*(column.astype(np.int32) for column in columns))


def _home_weights(department_mix: Mix) -> Ints:
    """By municipality: its share of its department's weight."""
    rows = municipalities()
    total: dict[str, int] = {}
    for department, _, weight in rows:
        total[department] = total.get(department, 0) + weight
    mix = dict(department_mix)
    return np.array([mix[department] * (weight * SHARE // total[department]) for department, _, weight in rows])


def _packaged(name: str) -> str:
    return (resources.files("pqr_generator") / "data" / name).read_text(encoding="utf-8")
