"""From a figure to its tickets in a real browser: the list has as many as the card, bar, tile, cell or number said."""

from __future__ import annotations

import re

import pytest

from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.figures.counted import FIGURE

PATHS = [entry.path for entry in PAGES]
DIGITS = re.compile(r"\d[\d.]*")
TOTAL = re.compile(r"de ([\d.]+), primero|(Una sola)|(Ninguna) solicitud cumple")
# Each chart whose marks open tickets: the page, what its marks say of the number they count, and how many of them there
# are at least. What Vega writes there is for people who do not see the chart.
CHARTS = {
    "received": ("resumen", r"Recibidas: ([\d.]+); Respondidas", 80),
    "arrivals": ("resumen", r"Por día, en promedio: .*; Recibidas: ([\d.]+)", 100),
    "types": ("resumen", r"Incumplimiento: .* · +([\d.]+) de [\d.]+$", 5),
    "cells": ("terminos", r"Incumplidas: ([\d.]+); Incumplimiento", 10),
    "answers": ("terminos", r"Respuesta: .*; Solicitudes: ([\d.]+)", 10),
    "ages": ("terminos", r"Estado: .*; Solicitudes: ([\d.]+)", 2),
    "tiles": ("territorio-y-temas", r"Departamento: .*; Solicitudes \(recibidas\): ([\d.]+)", 20),
    "topics": ("territorio-y-temas", r"Nombre: .*; Recibidas: ([\d.]+)", 10),
}


def number(text: str) -> int:
    return int(DIGITS.search(text)[0].replace(".", ""))


def total(visit) -> int:
    """How many tickets the list says there are."""
    many, one, none = TOTAL.search(visit.settled().text).groups()
    assert one or none or many
    return 1 if one else 0 if none else number(many)


def opened(visit) -> int:
    visit.page.wait_for_function("() => document.querySelector('h1')?.innerText.trim() === 'Solicitudes'")
    visit.page.wait_for_selector(".pqr-chips")
    return total(visit)


def back(visit) -> None:
    visit.page.go_back()
    visit.page.wait_for_function("() => document.querySelector('h1')?.innerText.trim() !== 'Solicitudes'")
    visit.settled()


@pytest.mark.parametrize("address", ["", "?resumen-mes=2026-02-01", "?resumen-tipo=Queja"])
def test_every_card_opens_what_it_counts(visits, local, address):
    """Of a rate those that broke their term, as its note or the table says; of a mean all that it is of."""
    visit = visits(f"{local.url}/{address}")
    cards = visit.page.locator(".pqr-card:has(a.pqr-open)")
    assert cards.count() == 6
    shown = [cards.nth(place).inner_text() for place in range(6)]
    for place in (0, 1, 3, 4):  # counts
        cards.nth(place).locator("a").click()
        assert opened(visit) == number(shown[place].split("\n")[1]), shown[place]
        back(visit)
    cards.nth(2).locator("a").click()
    breached = opened(visit)
    back(visit)
    assert f"{breached} de " in visit.text.replace(".", "")  # beside the bar of the same rate
    cards.nth(5).locator("a").click()
    assert opened(visit) > 0


@pytest.mark.parametrize("chart", CHARTS)
def test_a_mark_opens_what_it_counts(visits, local, chart):
    """The first, one in the middle and the last that a pointer can reach."""
    page, says, least = CHARTS[chart]
    visit = visits(f"{local.url}/{page}")
    marks = visit.page.locator("[data-testid=stVegaLiteChart] path[aria-label]")
    labels = [(place, re.search(says, marks.nth(place).get_attribute("aria-label"))) for place in range(marks.count())]
    found = [(place, number(said[1])) for place, said in labels if said and number(said[1])]
    assert len(found) >= least
    found = [
        (place, count) for place, count in found if (marks.nth(place).bounding_box() or {"height": 0})["height"] > 3
    ]
    for place, count in (found[0], found[len(found) // 2], found[-1]):
        marks.nth(place).scroll_into_view_if_needed()
        marks.nth(place).click(force=True)
        assert opened(visit) == count, chart
        back(visit)


def test_the_bar_of_the_rate_opens_what_broke_its_term(visits, local):
    visit = visits(local.url)
    said = re.search(r"([\d.]+) de [\d.]+ que vencían\.", visit.text)
    bar = visit.page.locator("[data-testid=stVegaLiteChart]").nth(3).locator("path[aria-label]").nth(1)
    bar.scroll_into_view_if_needed()
    bar.click(force=True)
    assert opened(visit) == number(said[1])


@pytest.mark.parametrize("path", ["resumen", "terminos", "territorio-y-temas"])
def test_numbers_in_tables_open_what_they_count(visits, local, path):
    """Every third of those that stand first in a column of a table; a keyboard gets there too."""
    visit = visits(f"{local.url}/{path}")
    for expander in visit.page.get_by_text(re.compile("^Ver (los datos|todos)")).all():
        expander.click()
    visit.settled()
    links = visit.page.evaluate(
        """() => [...document.querySelectorAll('.pqr-table')].flatMap(table => {
            const seen = new Set();
            return [...table.querySelectorAll('td a.pqr-open')].filter(link => {
                const column = link.closest('td').cellIndex;
                return !seen.has(column) && seen.add(column);
            }).map(link => [link.innerText, link.href]);
        })"""
    )
    assert len(links) > 5
    for text, href in links[::3]:
        visit.open(href)
        assert total(visit) == number(text), href


def test_without_a_pointer(visits, local):
    """Tab to a card, Enter; Tab to a row, Enter."""
    visit = visits(local.url)
    visit.page.locator(".pqr-card a").first.focus()
    visit.page.keyboard.press("Enter")
    assert opened(visit) > 0
    visit.page.locator(".pqr-rows a").nth(2).focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("() => document.querySelector('h1')?.innerText.startsWith('Solicitud ')")


def test_the_list_of_a_figure_and_back(visits, local):
    """A row opens by a click anywhere; back to the list as it was, and from there to the page with its filters."""
    visit = visits(f"{local.url}/?resumen-tipo=Queja")
    visit.page.locator(".pqr-card a").first.click()
    count = opened(visit)
    assert FIGURE in visit.page.url
    visit.page.locator(".pqr-rows tbody tr").nth(1).locator("td").nth(4).click(force=True)
    visit.page.wait_for_function("() => document.querySelector('h1')?.innerText.startsWith('Solicitud ')")
    visit.settled().page.get_by_text("Volver a la lista").click()
    assert opened(visit) == count
    visit.page.get_by_text("Volver a la cifra").click()
    visit.page.get_by_role("heading", name="Resumen", level=1).wait_for()
    visit.settled()
    assert "resumen-tipo=Queja" in visit.page.url
    assert number(visit.page.locator(".pqr-card a").first.inner_text()) == count


def test_without_the_figure_all_tickets_are_listed(visits, local):
    visit = visits(local.url)
    visit.page.locator(".pqr-card a").nth(3).click()
    part = opened(visit)
    visit.page.get_by_text("Quitar el filtro de la cifra").click()
    visit.page.wait_for_selector(".pqr-chips", state="detached")
    assert total(visit) > part
    assert FIGURE not in visit.page.url


def test_the_csv_holds_the_whole_list(visits, local):
    """Not the page that is seen."""
    visit = visits(local.url)
    visit.page.locator(".pqr-card a").first.click()
    count = opened(visit)
    with visit.page.expect_download() as saved:
        visit.page.get_by_role("button", name="Descargar CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == count + 1
    assert len(set(lines)) == len(lines)


def test_what_is_shown_is_in_the_address(visits, local):
    """The copied link, in a window of its own, and a reload show the same list."""
    visit = visits(local.url)
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.locator(".pqr-card a").nth(2).click()
    count = opened(visit)
    visit.page.get_by_text("Copiar enlace").click()
    visit.page.get_by_text("Enlace copiado").wait_for()
    copied = visit.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == visit.page.url
    assert opened(visits(copied)) == count
    visit.page.reload()
    assert opened(visit) == count
    visit.page.go_back()
    visit.page.get_by_role("heading", name="Resumen", level=1).wait_for()


def test_a_link_is_copied_without_tls_too(visits, local):
    """As from another machine, where a browser has no clipboard for the page; the paste is the browser's own."""
    visit = visits(local.url)
    visit.page.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visit.page.reload()
    visit.settled().page.get_by_text("Copiar enlace").click()
    visit.page.get_by_text("Enlace copiado").wait_for()
    visit.page.get_by_role("link", name="Solicitudes").click()
    typed = visit.page.get_by_label("Radicado o identificador")
    typed.focus()
    visit.page.keyboard.press("Control+V")
    assert typed.input_value() == f"{local.url}/?corrida=vista"[: len(typed.input_value())]
    assert len(typed.input_value()) >= 20


def test_who_may_not_see_tickets_has_no_link_to_them(visits, behind_login):
    """The executive's figures are the same, without a way to a person's mail."""
    visit = visits(behind_login.url).sign_in("ejecutivo@entidad.example")
    visit.page.get_by_role("heading", name="Resumen", level=1).wait_for()
    for path in ("resumen", "terminos", "territorio-y-temas"):
        visit.page.get_by_role(
            "link", name={"resumen": "Resumen", "terminos": "Términos"}.get(path, "Territorio")
        ).click()
        assert not visit.settled().page.locator("a.pqr-open").count()
