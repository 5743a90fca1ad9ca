"""The life of a ticket as a conversation: each step, and the mail that it was. HTML, pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pqr_dashboard.figures import wording
from pqr_dashboard.figures.tickets import ACTORS, STEPS

__all__ = ["Mail", "conversation_html", "facts_html", "step_html"]

ENDS = ("answered", "transferred", "archived")  # steps after which nothing is due

Mail = Mapping[str, Any]  # from, subject and body of a mail, as whoever looks may read them


def conversation_html(events: Sequence[Mapping[Any, Any]], mails: Mapping[str, Mail]) -> str:
    """The steps as an ordered list: when, what, who, and what the mail said; `mails` are by step, those there are."""
    return f'<ol class="pqr-steps">{"".join(_step(event, mails.get(event["event_id"])) for event in events)}</ol>'


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Names and what they are; long ones break anywhere."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="pqr-facts">{rows}</dl>'


def step_html(number: int, heading: str, text: str) -> str:
    """The head of one of the five steps."""
    return (
        f'<div class="pqr-trace"><h3><span aria-hidden="true">{number}</span> {escape(heading)}</h3>'
        f"<p>{escape(text)}</p></div>"
    )


def _step(event: Mapping[Any, Any], mail: Mail | None) -> str:
    said = STEPS.get(event["event_type"], event["event_type"])
    notes = [ACTORS.get(event["actor"], event["actor"])]
    if not wording.is_missing(event["extension_days"]):
        notes.append(f"{int(event['extension_days'])} días hábiles más")
    if not event["is_effective"]:
        notes.append("no mueve el término")
    kind = "pqr-end" if event["event_type"] in ENDS else f"pqr-{event['actor']}"
    return (
        f'<li class="{escape(kind)}"><time>{escape(wording.moment(event["occurred_at"]))}</time>'
        f"<strong>{escape(said)}</strong><span>{escape(' · '.join(notes))}</span>{_mail(mail) if mail else ''}</li>"
    )


def _mail(mail: Mail) -> str:
    files = wording.several(mail["attachment_count"], "adjunto") if mail["attachment_count"] else ""
    return (
        f'<article class="pqr-mail pqr-{escape(mail["direction"])}"><header><b>{escape(mail["from_name"])}</b> '
        f"<span>{escape(mail['from_address'])} → {escape(mail['to_addresses'])}</span></header>"
        f"<h3>{escape(mail['subject'])}</h3><p>{escape(mail['body'].strip())}</p>"
        f"{f'<footer>{escape(files)}</footer>' if files else ''}</article>"
    )
