"""Everything can be reached and used without a mouse, and one sees where one is."""

from __future__ import annotations

import pytest

from pqr_dashboard.access.menu import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]
STEPS_MAX = 40


def walked(visit, focus, until, steps=STEPS_MAX):
    """What Tab comes by, until it is there."""
    passed = []
    for _ in range(steps):
        visit.page.keyboard.press("Tab")
        passed.append(focus(visit))
        if passed[-1]["name"] == until:
            break
    return passed


def test_one_signs_in_by_keyboard(visits, behind_login, focus):
    """E-mail, password, Enter; the focus is seen at each step."""
    visit = visits(behind_login.url)
    passed = walked(visit, focus, "Correo electrónico")
    visit.page.keyboard.type("ejecutivo@entidad.example")
    passed += walked(visit, focus, "Contraseña")
    visit.page.keyboard.type("una-contraseña-larga")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector('[data-testid="stSidebarNav"]')
    assert visit.settled().heading == "Resumen"
    assert [step for step in passed if not step["isSeen"]] == []


def test_the_menu_is_walked_in_its_order(visits, local, focus):
    """Tab comes by every page of the menu, and Enter opens one."""
    visit = visits(local.url)
    passed = walked(visit, focus, PAGES[-1].title)
    names = [step["name"] for step in passed]
    assert [name for name in names if name in {entry.title for entry in PAGES}] == [entry.title for entry in PAGES]
    assert [step for step in passed if not step["isSeen"]] == []
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("heading", level=1, name=PAGES[-1].title).wait_for()


def test_controls_and_tables_are_reached(visits, local, focus):
    """On from the menu to the filters and what scrolls, and out again: no trap."""
    visit = visits(local.url)
    passed = walked(visit, focus, "", steps=STEPS_MAX)
    names = {step["name"] for step in passed}
    assert len(names) > len(PAGES) + 3
    assert [step for step in passed if not step["isSeen"] and step["tag"] != "BODY"] == []


def test_the_language_is_said(visits, local):
    """A screen reader reads Spanish as Spanish."""
    assert visits(local.url).page.evaluate("() => document.documentElement.lang").startswith("es")
