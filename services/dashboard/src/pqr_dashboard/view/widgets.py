"""The few things every page is made of: title, section, cards, chart, table with its CSV, empty and error state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from pqr_dashboard.charts import OPENS, Drawn
from pqr_dashboard.figures import wording
from pqr_dashboard.figures.cards import Card
from pqr_dashboard.view import markup, spreadsheet
from pqr_dashboard.view.markup import Column
from pqrs import calendar, figures

__all__ = [
    "cards",
    "chart",
    "chips",
    "csv_button",
    "csv_of_parts",
    "empty",
    "how",
    "lacking",
    "link",
    "note",
    "printed",
    "rows",
    "section",
    "table",
    "title",
    "trouble",
    "warning",
]

Chart = Drawn | alt.HConcatChart | alt.VConcatChart
ROWS_SHOWN = 400
BOGOTA = timezone(calendar.UTC_OFFSET)


def title(text: str, lead: str = "") -> None:
    """The one heading of a page."""
    st.title(text, anchor=False)
    if lead:
        st.html(f'<p class="pqr-lead">{escape(lead)}</p>')


def section(heading: str, note: str = "") -> None:
    st.html(markup.section_html(heading, note))


def note(text: str) -> None:
    """One sentence that says what the figures around it mean."""
    st.html(f'<p class="pqr-verdict">{escape(text)}</p>')


def warning(text: str) -> None:
    """The same of what makes figures say less than they seem to; nothing where there is nothing to say."""
    if text:
        st.html(f'<p class="pqr-verdict pqr-caution">{escape(text)}</p>')


def cards(shown: Sequence[Card]) -> None:
    """Headline figures side by side; two per row on a telephone."""
    st.html(markup.cards_html(shown))


def chart(drawn: Chart, description: str, *, key: str = "") -> None:
    """A chart as wide as its place; `description` says in words what a screen reader cannot see.

    With a key its marks can be chosen, and the browser goes to the address that the chosen one opens.
    """
    if not key:
        st.altair_chart(drawn, theme=None, width="stretch", alt=description)
        return
    event = st.altair_chart(drawn, theme=None, width="stretch", alt=description, key=key, on_select="rerun")
    for chosen in event["selection"].get(OPENS) or []:
        if chosen.get(OPENS):
            address = json.dumps(chosen[OPENS]).replace("<", "\\u003c")
            st.html(f"<script>pqrGo({address})</script>", unsafe_allow_javascript=True)


def how(*columns: str) -> None:
    """How figures (`mart.column`) are calculated: what they say, and the SQL over the tickets that they count."""
    with st.expander("Cómo se calcula"):
        for mart, _, column in (each.partition(".") for each in columns):
            told = figures.of_mart(mart)[column]
            st.markdown(f"**{mart}.{column}** · {told.dice}")
            st.code(told.sql, language="sql", wrap_lines=True)


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    file: str,
    caption: str = "",
    total: Sequence[str] | None = None,
) -> None:
    """A table that is read, printed and heard like any other, with its CSV below; `total` is a last row as text."""
    st.html(markup.table_html(frame.head(ROWS_SHOWN), columns, caption=caption or file, total=total))
    if len(frame) > ROWS_SHOWN:
        st.caption(f"Se muestran {ROWS_SHOWN} de {wording.count(len(frame))} filas; el CSV las trae todas.")
    csv_button(frame[[column.name for column in columns]], file, {column.name: column.label for column in columns})


def rows(frame: pd.DataFrame, columns: Sequence[Column], *, caption: str) -> None:
    """A list of which every row opens what its first cell does."""
    st.html(f'<div class="pqr-rows">{markup.table_html(frame, columns, caption=caption, total=None)}</div>')


def chips(texts: Sequence[str]) -> None:
    """What a list is limited to."""
    st.html(markup.chips_html(texts))


def csv_of_parts(parts: Callable[[], Iterable[pd.DataFrame]], file: str) -> None:
    """A button that saves rows that come in parts, which never stand in memory as tables all at once."""
    _csv(lambda: spreadsheet.parts_as_csv(parts()), file)


def csv_button(frame: pd.DataFrame, file: str, labels: dict[str, str] | None = None) -> None:
    """A button that saves the rows as <file>.csv."""
    _csv(lambda: spreadsheet.as_csv(frame, labels), file)


def _csv(data: Callable[[], bytes], file: str) -> None:
    st.download_button(
        "Descargar CSV",
        data=data,
        file_name=f"{file}.csv",
        mime="text/csv",
        key=f"csv-{file}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help=f"Guarda {file}.csv: separado por punto y coma, con coma decimal, para abrir en Excel.",
    )


def printed(run: str) -> None:
    """What a printed page says of itself: the run, the day, and where its figures come from."""
    today = wording.moment(datetime.now(BOGOTA))
    source = "Fuente: PQR Hybrid Lakehouse, capa oro del lago de datos; datos sintéticos"
    st.html(f'<p class="pqr-printed">{escape(run)}. Impreso el {escape(today)}. {source}.</p>')


def link(text: str, address: str) -> None:
    """To another page of the dashboard, without loading all of it anew."""
    st.html(markup.link_html(text, address))


def empty(heading: str, what_to_do: str) -> None:
    """There is nothing to show, and that is no fault."""
    st.html(markup.state_html("pqr-empty", heading, what_to_do, role="status"))


def lacking(heading: str = "Esta corrida no trae estas cifras") -> None:
    """The run was made before there were such figures."""
    empty(
        heading,
        "La publicó una versión anterior. Ejecute de nuevo [[pqr run]] con los mismos parámetros y vuelva aquí.",
    )


def trouble(heading: str, what_to_do: str) -> None:
    """Something does not answer."""
    st.html(markup.state_html("pqr-trouble", heading, what_to_do, role="alert"))
