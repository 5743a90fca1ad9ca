"""What every page is given: the chosen run, who looks, and how to read figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pqr_dashboard.access.session import User
from pqr_dashboard.figures import wording
from pqr_dashboard.warehouse import Reader

__all__ = ["NO_RUN", "Context", "Run"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run whose figures can be shown. `stamp` changes whenever its figures may have."""

    run_id: str
    window_from: date
    window_to: date
    scenario: str
    seed: int
    is_published: bool
    stamp: str
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def called(self, among: Iterable[Run]) -> str:
        """Its window, and its seed where another run has the same window."""
        has_twin = any(run.run_id != self.run_id and self.window == run.window for run in among)
        return f"{self.window} · s{self.seed}" if has_twin else self.window

    @property
    def window(self) -> str:
        return wording.window(self.window_from, self.window_to)

    def described(self) -> str:
        shown = "publicada" if self.is_published else "archivada; la publicada es otra"
        return f"Escenario {self.scenario}, semilla {self.seed}, {shown}"

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Run:
        """A row of sql/runs.sql."""
        return cls(
            run_id=row["run_id"],
            window_from=row["window_from"].date(),
            window_to=row["window_to"].date(),
            scenario=row["scenario"],
            seed=int(row["seed"]),
            is_published=bool(row["is_published"]),
            stamp=row["stamp"],
            parameters=row["parameters"],
        )


NO_RUN = Run("", date.min, date.min, "", 0, is_published=False, stamp="")  # where no run ever had figures


@dataclass(frozen=True, slots=True)
class Context:
    """`fresh` always asks Postgres; `remembered` answers from memory as long as the chosen run is the same."""

    run: Run
    user: User
    fresh: Reader
    remembered: Reader

    @property
    def run_id(self) -> str:
        return self.run.run_id

    def read(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The rows of sql/<name>.sql for the chosen run (`%(run_id)s`), remembered between visitors."""
        return self.remembered.read(name, run_id=self.run_id, **parameters)

    def mart(self, name: str) -> pd.DataFrame:
        """The rows of the chosen run in a mart, remembered between visitors."""
        return self.remembered.mart(name, self.run_id)

    def lacks(self, name: str, *columns: str) -> bool:
        """Whether the chosen run was made before there was that mart, or one of these columns of it.

        A mart that the run did make may well be empty.
        """
        rows = self.mart(name)
        if rows.empty:
            return name not in set(self.read("marts")["dataset"])
        return bool(rows[list(columns)].isna().all().any())
