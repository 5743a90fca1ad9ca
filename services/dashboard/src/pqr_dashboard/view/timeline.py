"""The steps of a ticket as HTML. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pqr_dashboard.figures import wording
from pqr_dashboard.figures.tickets import ACTORS, STEPS

__all__ = ["timeline_html"]

ENDS = ("answered", "transferred", "archived")


def timeline_html(events: Sequence[Mapping[Any, Any]]) -> str:
    """The steps as an ordered list: when, what, who."""
    return f'<ol class="pqr-steps">{"".join(_step(event) for event in events)}</ol>'


def _step(event: Mapping[Any, Any]) -> str:
    said = STEPS.get(event["event_type"], event["event_type"])
    notes = [ACTORS.get(event["actor"], event["actor"])]
    if not wording.is_missing(event["extension_days"]):
        notes.append(f"{int(event['extension_days'])} días hábiles más")
    if not event["is_effective"]:
        notes.append("fuera de plazo: no mueve el término")
    kind = "pqr-end" if event["event_type"] in ENDS else f"pqr-{event['actor']}"
    return (
        f'<li class="{escape(kind)}"><time>{escape(wording.moment(event["occurred_at"]))}</time>'
        f"<strong>{escape(said)}</strong><span>{escape(' · '.join(notes))}</span></li>"
    )
