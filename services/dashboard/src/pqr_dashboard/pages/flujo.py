"""What came, was answered and waits, day by day. Part of Resumen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import arrivals, flow
from pqr_dashboard.charts.marks import Marks
from pqr_dashboard.figures import judging, months, steps, sums, wording
from pqr_dashboard.figures.counted import span
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["sections"]

DAY, WEEK = "Día", "Semana"
DAYS_SHOWN_SINGLY = 130
COUNTS = {"received": "Recibidas", "answered": "Respondidas", "backlog": "Pendientes", "overdue": "Vencidas"}


def sections(context: Context, daily: pd.DataFrame, *, pqrs_type: str | None, month: pd.Timestamp | None) -> None:
    run = context.run
    days = sums.summed(daily, "day")
    peaks = context.mart("kpi_peaks").reindex(columns=["day", "is_peak"])
    days = days.assign(is_peak=(pqrs_type is None) & days["day"].isin(peaks.loc[peaks["is_peak"].eq(True), "day"]))
    bands = months.named_peaks(run.parameters, run.window_from, run.window_to)
    marks = Marks(bands, run.standing.warm_up, months.band(month))
    widgets.section(
        "Recibidas y respondidas",
        "Las franjas son los picos con nombre del escenario; en ámbar, los días que superan lo habitual. Por semana, "
        f"las incompletas van más claras.{_said_month(month)}",
    )
    _received(context, days, marks, pqrs_type=pqrs_type)
    _backlog(days, marks)
    _arrivals(context)
    with st.expander("Ver los datos por día"):
        _table(context, days, pqrs_type=pqrs_type)


def _received(context: Context, days: pd.DataFrame, marks: Marks, *, pqrs_type: str | None) -> None:
    is_weekly = _grain(len(days)) == WEEK
    shown = months.weeks(days) if is_weekly else days.assign(is_partial=False)
    last_of = shown["day"] + pd.Timedelta(days=6 if is_weekly else 0)
    inside = zip(shown["day"].clip(lower=days["day"].min()), last_of.clip(upper=days["day"].max()), strict=True)
    shown = shown.assign(days=[span(*pair) for pair in inside])
    shown = context.opened(shown, "kpi_daily.received", {"day": "days"}, pqrs_type=pqrs_type)
    widgets.chart(
        flow.received_and_answered(shown, marks, is_weekly=is_weekly),
        f"Solicitudes recibidas y respondidas por {WEEK.lower() if is_weekly else 'día'}: {_said(days)}. "
        f"{_said_peaks(marks.peaks)}",
        key=context.key("recibidas"),
    )
    widgets.how("kpi_daily.received", "kpi_daily.answered", "kpi_peaks.is_peak")


def _backlog(days: pd.DataFrame, marks: Marks) -> None:
    widgets.section("Pendientes", "Solicitudes con término legal que seguían sin respuesta al cierre de cada día.")
    last = days.iloc[-1]
    widgets.chart(
        flow.backlog(days, marks),
        f"Solicitudes pendientes por día; al cierre quedan {wording.count(last['backlog'])}, de ellas "
        f"{wording.count(last['overdue'])} vencidas.",
    )
    widgets.how("kpi_daily.backlog", "kpi_daily.overdue")


def _table(context: Context, days: pd.DataFrame, *, pqrs_type: str | None) -> None:
    figures = [f"kpi_daily.{column}" for column in COUNTS]
    days = context.opened_each(days, figures, {"day": "day"}, pqrs_type=pqrs_type)
    widgets.table(
        days,
        [
            Column("day", "Día", wording.day),
            *(Column(name, label, wording.count, opens=f"open_{name}") for name, label in COUNTS.items()),
            Column("is_peak", "Día pico", lambda is_peak: "sí" if is_peak else ""),
        ],
        file="resumen-por-dia",
        caption="Recibidas, respondidas y pendientes por día",
    )


def _arrivals(context: Context) -> None:
    """All types together: the mart tells no more."""
    cells = context.mart("kpi_arrivals")
    if cells.empty or context.lacks("kpi_arrivals", "per_day"):
        return
    widgets.section(
        "Cuándo llegan", "Por hora y día de la semana, en promedio de todo el periodo y de todos los tipos."
    )
    kinds, names = steps.stepped(cells["per_day"].astype(float), wording.decimal, unknown=judging.NO_CASE)
    shown = cells.assign(
        kind=kinds,
        text=[wording.decimal(number) for number in cells["per_day"]],
        day_name=[wording.WEEKDAYS[int(day) - 1] for day in cells["weekday"]],
    )
    most = shown.sort_values("per_day").iloc[-1]
    columns = ["weekday", "day_name", "hour", "text", "received", "kind"]
    cells = context.opened(shown[columns], "kpi_arrivals.received", {"weekday": "weekday", "hour": "hour"})
    widgets.chart(
        arrivals.hours(cells, kinds=names),
        f"Solicitudes por hora y día de la semana; la hora con más es el {most['day_name']} a las {most['hour']}, con "
        f"{most['text']}.",
        key=context.key("cuando"),
    )
    widgets.how("kpi_arrivals.received", "kpi_arrivals.per_day")


def _said_month(month: pd.Timestamp | None) -> str:
    return "" if month is None else f" La franja azul es {wording.month(month)}."


def _grain(days: int) -> str:
    usual = DAY if days <= DAYS_SHOWN_SINGLY else WEEK
    chosen = st.segmented_control("Agrupar por", [DAY, WEEK], default=usual, key="resumen-grano", bind="query-params")
    return chosen or usual


def _said(days: pd.DataFrame) -> str:
    return f"{wording.count(days['received'].sum())} recibidas y {wording.count(days['answered'].sum())} respondidas"


def _said_peaks(bands: pd.DataFrame) -> str:
    said = [f"{name} desde el {wording.day(start)}" for name, start in zip(bands["name"], bands["start"], strict=True)]
    return f"Picos: {'; '.join(said)}." if said else ""
