"""Addresses that one room prints and another answers at."""

from __future__ import annotations

from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.pages.solicitud import TICKET_IN_ADDRESS
from pqr_pipeline.telling.ending import TICKET


def test_a_run_ends_with_the_address_of_a_ticket():
    """The page of the dashboard that shows one, and the name by which it is asked for it."""
    (path,) = [page.path for page in PAGES if page.module == "solicitudes"]
    assert f"{path}?{TICKET_IN_ADDRESS}=" == TICKET
