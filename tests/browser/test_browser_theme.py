"""Both themes, every width, paper, and a telephone's drawer."""

from __future__ import annotations

import re

import pytest

from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.charts import theme

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

EVERY_PAGE = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
WIDTHS = (390, 1366, 1920)
ENGLISH = re.compile(r"\b(Help|Skip to|Selected|Close|Open|Main menu|Clear|of|the|and)\b")
SAID = """() => [...document.querySelectorAll("[aria-label], [title], [data-testid=stSkipToContent]")]
  .filter((each) => !each.closest("svg, [role=graphics-document]"))
  .map((each) => each.getAttribute("aria-label") || each.getAttribute("title") || each.textContent)"""


def colour(visit, selector):
    """The background of an element, as #RRGGBB."""
    said = visit.page.eval_on_selector(selector, "(each) => getComputedStyle(each).backgroundColor")
    return "#{:02X}{:02X}{:02X}".format(*map(int, re.findall(r"\d+", said)[:3]))


@EVERY_PAGE
def test_a_page_follows_a_dark_system(visits, local, contrast, entry):
    """Paper, cards and every word, at every width, without anything cut off."""
    visit = visits(f"{local.url}/{entry.path}", color_scheme="dark")
    assert colour(visit, ".stApp") == theme.DARK.paper
    assert contrast(visit) == []
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.settled()
        visit.page.wait_for_timeout(250)
        overhang = visit.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overhang <= 1, width


def test_a_light_system_is_light(visits, local):
    """What was there before."""
    assert colour(visits(local.url, color_scheme="light"), ".stApp") == theme.LIGHT.paper


@EVERY_PAGE
def test_nothing_is_left_in_english(visits, local, entry):
    """Also what only a screen reader says."""
    visit = visits(f"{local.url}/{entry.path}")
    visit.page.wait_for_timeout(500)
    assert [said for said in visit.page.evaluate(SAID) if ENGLISH.search(said or "")] == []


def test_the_drawer_of_a_telephone_closes_after_a_choice(visits, local):
    """One sees the page that one chose, not the menu over it."""
    visit = visits(local.url)
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.open(local.url)
    sidebar = visit.page.locator('[data-testid="stSidebar"]')
    if sidebar.get_attribute("aria-expanded") != "true":
        visit.page.locator('[data-testid="stExpandSidebarButton"]').click()
    visit.page.get_by_role("link", name="Términos").click()
    visit.page.get_by_role("heading", name="Términos", level=1).wait_for()
    visit.page.wait_for_function(
        "() => document.querySelector('[data-testid=stSidebar]')?.getAttribute('aria-expanded') !== 'true'"
    )


def test_paper_says_what_was_printed(visits, local):
    """The run, the day and the source, which a screen shows elsewhere."""
    visit = visits(local.url)
    printed = visit.page.locator(".pqr-printed")
    assert not printed.is_visible()
    visit.page.emulate_media(media="print")
    assert printed.is_visible()
    assert re.search(r"corrida vista\. Impreso el \d+ \w{3} \d{4}, .*Fuente: ", printed.inner_text())
