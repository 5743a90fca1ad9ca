"""What Postgres said about a run, kept for all visitors until the run may say something else."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pqr_dashboard.warehouse import Reader

__all__ = ["Remembered"]

SECONDS = 3600
ANSWERS = 400  # of some 50 kB at most


@st.cache_data(ttl=SECONDS, max_entries=ANSWERS, show_spinner=False)
def _query(name: str, stamp: str, _warehouse: Reader, **parameters: object) -> pd.DataFrame:  # noqa: ARG001  the stamp is a key
    return _warehouse.read(name, **parameters)


@st.cache_data(ttl=SECONDS, max_entries=ANSWERS, show_spinner=False)
def _mart(name: str, run_id: str, stamp: str, *, _warehouse: Reader) -> pd.DataFrame:  # noqa: ARG001  the stamp is a key
    return _warehouse.mart(name, run_id)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A reader that asks the warehouse once per question and stamp, for all visitors."""

    warehouse: Reader
    stamp: str

    def read(self, name: str, **parameters: object) -> pd.DataFrame:
        return _query(name, self.stamp, self.warehouse, **parameters)

    def mart(self, name: str, run_id: str) -> pd.DataFrame:
        return _mart(name, run_id, self.stamp, _warehouse=self.warehouse)
