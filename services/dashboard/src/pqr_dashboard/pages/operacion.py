"""Operación."""

from __future__ import annotations

from pqr_dashboard import widgets
from pqr_dashboard.context import Context

__all__ = ["page"]


def page(context: Context) -> None:  # noqa: ARG001
    widgets.title("Operación")
    widgets.empty("Esta página está en construcción", "Pronto mostrará las cifras de la corrida elegida.")
