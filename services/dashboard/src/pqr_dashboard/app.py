"""What Streamlit runs for every visitor and every click: who is it, which run, which page."""

from __future__ import annotations

import contextlib
from functools import partial
from html import escape
from importlib import import_module
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pqr_common import logger
from pqr_common.errors import WarehouseUnavailable
from pqr_dashboard.access import login
from pqr_dashboard.access.menu import PAGES, Entry, menu_of
from pqr_dashboard.access.session import User, signed_in
from pqr_dashboard.charts import theme
from pqr_dashboard.live import LiveSettings
from pqr_dashboard.pages.context import NO_RUN, RUN_IN_ADDRESS, Context, Remembered, Run
from pqr_dashboard.view import style, widgets
from pqr_dashboard.warehouse import NotPublished, Warehouse

CHOOSER, CHOSEN, FOLLOWS = "pqr-run-chooser", "pqr-run-chosen", "pqr-run-follows"
LOOK_SECONDS = 5  # how often a visitor of a live inbox asks for a newer run, at most
LOGO = str(Path(__file__).with_name("logo.svg"))
ICON = str(Path(__file__).with_name("icon.svg"))  # ours: a named one is fetched from the internet


@st.cache_resource
def _settings() -> LiveSettings:
    return LiveSettings.read()


@st.cache_resource(show_spinner=False)
def _warehouse(dsn: str) -> Warehouse:
    return Warehouse(dsn)


def main() -> None:
    st.set_page_config(page_title="PQRSD", page_icon=ICON, layout="wide", menu_items={})
    is_dark = st.context.theme.type == "dark"
    st.html(style.css(is_dark=is_dark))
    st.html(style.script(), unsafe_allow_javascript=True)
    st.logo(LOGO, size="large")
    theme.use_charts(is_dark=is_dark)
    settings = _settings()
    user = signed_in(settings)
    if user is None:
        login.gate(settings)
        return
    entries = menu_of(user.role)
    place = st.sidebar.container()  # the run stands above who is signed in
    shown = {entry: partial(_show, entry, user, settings=settings, place=place) for entry in entries}
    pages = [
        st.Page(show, title=entry.title, icon=entry.icon, url_path=_path(entry), default=entry is PAGES[0])
        for entry, show in shown.items()
    ]
    # the first page lies at the root, and at its own address too
    first = st.Page(shown[PAGES[0]], title=PAGES[0].title, url_path=PAGES[0].path, visibility="hidden")
    login.signed_in_as(user, settings)
    st.navigation([*pages, first, *login.elsewhere(entries)]).run()


def _path(entry: Entry) -> str:
    return login.HOME if entry is PAGES[0] else entry.path


def _show(entry: Entry, user: User, *, settings: LiveSettings, place: DeltaGenerator) -> None:
    try:
        warehouse = _warehouse(_dsn(settings))
        runs = warehouse.read("runs")
    except NotPublished:
        runs = pd.DataFrame()
    except WarehouseUnavailable as error:
        widgets.title(entry.title)
        _nobody_answers(entry, error)
        return
    if _is_gone(runs):
        return
    run = _chosen_run(runs, place, is_live=settings.inbox_speed is not None)
    if run is None and entry.needs_figures:
        _nothing_yet()
        return
    try:
        shown = run or NO_RUN
        context = Context(shown, user, fresh=warehouse, remembered=Remembered(warehouse, shown.stamp))
        import_module(f"pqr_dashboard.pages.{entry.module}").page(context)
        if run is not None:
            widgets.printed(f"{run.window} · corrida {run.run_id}")
        if settings.inbox_speed is not None and st.session_state.get(FOLLOWS, True):
            _follow(shown, warehouse, seconds=min(settings.inbox_speed, LOOK_SECONDS))
    except NotPublished:
        _nothing_yet()
    except WarehouseUnavailable as error:
        _nobody_answers(entry, error)


def _follow(shown: Run, warehouse: Warehouse, *, seconds: int) -> None:
    """Draw the page again once another run is published."""

    @st.fragment(run_every=seconds)
    def look() -> None:
        with contextlib.suppress(NotPublished, WarehouseUnavailable):  # the page stands; it is asked again
            if warehouse.read("runs").head(1)["stamp"].ne(shown.stamp).any():
                st.rerun()

    look()


def _is_gone(found: pd.DataFrame) -> bool:
    """Whether the address names a run whose figures are not there (any more): it says so, and shows no other's."""
    asked = st.query_params.get(RUN_IN_ADDRESS)
    if asked is None or found.empty or asked in set(found["run_id"]) or st.session_state.get(CHOSEN) is not None:
        return False
    widgets.title("PQRSD")
    widgets.empty(
        "La corrida de este enlace ya no se publica",
        "Sus cifras se retiraron o el enlace está incompleto. Las de otra corrida serían otras cifras.",
    )
    if st.button("Ver la corrida publicada", icon=":material/arrow_forward:", key="pqr-see-published"):
        del st.query_params[RUN_IN_ADDRESS]
        st.rerun()
    return True


def _nobody_answers(entry: Entry, error: WarehouseUnavailable) -> None:
    logger().error("page without warehouse", page=entry.path, error=str(error))
    widgets.trouble(
        "La base de datos no responde",
        "Las cifras vuelven en cuanto responda: espere un momento y recargue la página; si sigue igual, avise al "
        "equipo de operación.",
    )


def _dsn(settings: LiveSettings) -> str:
    secret = settings.dashboard_dsn or settings.postgres_dsn
    if secret is None:
        raise WarehouseUnavailable(
            "PQR_DASHBOARD_DSN must name a Postgres, found none in the environment: start with `pqr dashboard`."
        )
    return secret.get_secret_value()


def _chosen_run(found: pd.DataFrame, place: DeltaGenerator, *, is_live: bool) -> Run | None:
    """The run of the chooser, or of the address: ?corrida=..."""
    by_id = {run.run_id: run for run in map(Run.of, found.to_dict("records"))}
    if not by_id:
        return None
    published = next((run_id for run_id, run in by_id.items() if run.is_published), None)
    # A chooser of its own for each published run: a browser that goes on may still send what it showed before.
    key = f"{CHOOSER}-{published}"
    _remember_run(by_id, published, key=key, is_live=is_live)
    with place:
        chosen = st.selectbox(
            "Corrida",
            list(by_id),
            key=key,
            on_change=lambda: st.session_state.update({FOLLOWS: st.session_state[key] == published}),
            format_func=lambda run_id: by_id[run_id].called(by_id.values()),
            help="Cada corrida es un conjunto cerrado de cifras; la publicada es la vigente.",
        )
        run = by_id[chosen]
        st.html(f'<p class="pqr-badge">{escape(run.described())}</p>')
        st.html('<button type="button" class="pqr-copy">Copiar enlace</button>')
    st.session_state[CHOSEN] = st.query_params[RUN_IN_ADDRESS] = run.run_id
    return run


def _remember_run(known: dict[str, Run], published: str | None, *, key: str, is_live: bool) -> None:
    """A visitor keeps the run from page to page, though Streamlit forgets both chooser and address between them.

    Who looks at the published run of a live inbox goes on to the one that is published now, until they choose another.
    """
    state = st.session_state
    asked = (state.get(key), st.query_params.get(RUN_IN_ADDRESS), state.get(CHOSEN))
    found = next((run_id for run_id in asked if run_id in known), None)
    if FOLLOWS not in state:
        state[FOLLOWS] = found in (None, published)
    if is_live and state[FOLLOWS]:
        found = published or found  # for a moment of a load none is published
    if found is not None:
        state[key] = found  # again on every run: each page has a chooser of its own under this name
    else:
        state.pop(key, None)


def _nothing_yet() -> None:
    widgets.title("PQRSD")
    widgets.empty(
        "Todavía no hay ninguna corrida publicada",
        "Ejecute [[pqr run]] para generar, procesar y publicar la primera; después recargue esta página.",
    )


main()
