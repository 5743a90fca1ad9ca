"""What every page is given: the chosen run, who looks, and how to read figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st

from pqr_dashboard.access.menu import TICKETS, menu_of
from pqr_dashboard.access.session import User
from pqr_dashboard.figures import counted, wording
from pqr_dashboard.figures.standing import Standing
from pqr_dashboard.warehouse import Warehouse
from pqrs.parameters import first_day_read

__all__ = ["CAME_FROM", "NO_RUN", "RUN_IN_ADDRESS", "SECONDS", "Context", "Remembered", "Run"]

RUN_IN_ADDRESS, CAME_FROM = "corrida", "desde"
SECONDS = 3600
ANSWERS = 400  # of some 50 kB at most


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

    @property
    def first_arrival(self) -> date:
        """The first day that the run reads: before its window, since what came then may still wait in it."""
        opened = self.parameters.get("opens_on")
        return first_day_read(self.window_from, opens_on=date.fromisoformat(opened)) if opened else self.window_from

    @property
    def standing(self) -> Standing:
        """Which of its days and months can be held beside others."""
        return Standing.of((self.window_from, self.window_to), self.parameters)

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


@st.cache_data(ttl=SECONDS, max_entries=ANSWERS, show_spinner=False)
def _query(name: str, stamp: str, _warehouse: Warehouse, **parameters: object) -> pd.DataFrame:  # noqa: ARG001  the stamp is a key
    return _warehouse.read(name, **parameters)


@st.cache_data(ttl=SECONDS, max_entries=ANSWERS, show_spinner=False)
def _tickets(name: str, stamp: str, _warehouse: Warehouse, **parameters: Any) -> pd.DataFrame:  # noqa: ARG001  as above
    return _warehouse.tickets(name, **parameters)


@st.cache_data(ttl=SECONDS, max_entries=ANSWERS, show_spinner=False)
def _mart(name: str, run_id: str, stamp: str, *, _warehouse: Warehouse) -> pd.DataFrame:  # noqa: ARG001  the stamp is a key
    return _warehouse.mart(name, run_id)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A reader that asks the warehouse once per question and stamp, for all visitors."""

    warehouse: Warehouse
    stamp: str

    def read(self, name: str, **parameters: object) -> pd.DataFrame:
        return _query(name, self.stamp, self.warehouse, **parameters)

    def tickets(self, name: str, **parameters: Any) -> pd.DataFrame:
        return _tickets(name, self.stamp, self.warehouse, **parameters)

    def mart(self, name: str, run_id: str) -> pd.DataFrame:
        return _mart(name, run_id, self.stamp, _warehouse=self.warehouse)


@dataclass(frozen=True, slots=True)
class Context:
    """`fresh` always asks Postgres; `remembered` answers from memory as long as the chosen run is the same."""

    run: Run
    user: User
    fresh: Warehouse
    remembered: Remembered

    @property
    def run_id(self) -> str:
        return self.run.run_id

    def read(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The rows of sql/<name>.sql for the chosen run (`%(run_id)s`), remembered between visitors."""
        return self.remembered.read(name, run_id=self.run_id, **parameters)

    def mart(self, name: str) -> pd.DataFrame:
        """The rows of the chosen run in a mart, remembered between visitors."""
        return self.remembered.mart(name, self.run_id)

    def tickets(self, name: str, condition: str, **parameters: Any) -> pd.DataFrame:
        """The rows of a query over tickets, remembered between visitors."""
        return self.remembered.tickets(name, condition=condition, **parameters)

    @property
    def can_open(self) -> bool:
        """Whether a figure leads to its tickets: they are those of the published run, and not for everybody."""
        return self.run.is_published and TICKETS in menu_of(self.user.role)

    def opened(
        self, rows: pd.DataFrame, figure: str, columns: Mapping[str, str], *, into: str = "opens", **told: Any
    ) -> pd.DataFrame:
        """The rows with the address of the tickets that a figure counts in each; as they are if none can be opened.

        `columns`, and what else is told of its names: see `counted.opens`.
        """
        if not self.can_open:
            return rows
        run = urlencode({RUN_IN_ADDRESS: self.run_id})
        found = counted.opens(figure, rows, columns, **told)
        return rows.assign(**{into: [f"{TICKETS.path}?{each}&{run}" for each in found]})

    def opened_each(
        self, rows: pd.DataFrame, figures: Iterable[str], columns: Mapping[str, str], **told: Any
    ) -> pd.DataFrame:
        """The same for several figures (`mart.column`): the address of each is in `open_<column>`."""
        for figure in figures:
            rows = self.opened(rows, figure, columns, into=f"open_{figure.partition('.')[2]}", **told)
        return rows

    def opens(self, figure: str, **told: Any) -> str:
        """The address of the tickets of one figure; empty if none can be opened."""
        return str(self.opened(pd.DataFrame(index=[0]), figure, {}, **told).get("opens", pd.Series([""]))[0])

    def key(self, name: str) -> str:
        """Of a chart whose marks open their tickets; empty where they open none."""
        return f"opens-{name}" if self.can_open else ""

    def way_back(self) -> str:
        """The address of the page that a figure was chosen on, if this one was come to so; none of another site."""
        told = urlsplit(st.query_params.get(CAME_FROM, ""))
        paths = {entry.path for entry in menu_of(self.user.role)} | {""}
        is_known = CAME_FROM in st.query_params and told.path in paths
        return f"./{told.path}?{told.query}" if is_known else ""

    def lacks(self, name: str, *columns: str) -> bool:
        """Whether the chosen run was made before there was that mart, or one of these columns of it.

        A mart that the run did make may well be empty.
        """
        rows = self.mart(name)
        if rows.empty:
            return name not in set(self.read("marts")["dataset"])
        return bool(rows.reindex(columns=list(columns)).isna().all().any())
