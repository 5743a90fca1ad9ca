"""The pages of the dashboard and who may see which. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LOCAL", "PAGES", "ROLES", "TICKETS", "Entry", "menu_of"]

LOCAL = "local"  # the embedded stack: no login, reachable from this machine only
ROLES = ("executive", "analyst", "operator", LOCAL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: `module` of pqr_dashboard.pages, `path` in the address, `title` in the menu.

    One that needs no figures is there as soon as there is a run, also if none ever came to its end.
    """

    module: str
    path: str
    title: str
    icon: str
    roles: frozenset[str]
    needs_figures: bool = True


EVERYBODY = frozenset(ROLES)
ANALYSTS = EVERYBODY - {"executive"}
OPERATORS = ANALYSTS - {"analyst"}

TICKETS = Entry("solicitudes", "solicitudes", "Solicitudes", ":material/search:", ANALYSTS)
PAGES = (
    Entry("resumen", "resumen", "Resumen", ":material/dashboard:", EVERYBODY),
    Entry("terminos", "terminos", "Términos", ":material/schedule:", EVERYBODY),
    Entry("territorio", "territorio-y-temas", "Territorio y temas", ":material/map:", EVERYBODY),
    TICKETS,
    Entry("simulador", "simulador", "Simulador", ":material/tune:", ANALYSTS),
    Entry("operacion", "operacion", "Operación", ":material/account_tree:", OPERATORS, needs_figures=False),
)


def menu_of(role: str) -> tuple[Entry, ...]:
    """The pages a role may see, in the order of the menu; none for a role nobody knows."""
    return tuple(entry for entry in PAGES if role in entry.roles)
