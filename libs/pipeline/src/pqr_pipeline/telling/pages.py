"""An explanation or a trace as one page without anything beside it, to be read offline and to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from pqr_common.canonical import sha256_hex
from pqr_common.errors import InvalidSettings
from pqr_pipeline.audit.explain import Explanation
from pqr_pipeline.audit.trace import Mail, Trace
from pqr_pipeline.command.screen import printable
from pqr_pipeline.telling import traces
from pqr_pipeline.telling.figures import worded

__all__ = ["explained", "traced", "write"]


def write(path: Path, page: str) -> None:
    """Put the page into a file, over another; raises InvalidSettings where that cannot be."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidSettings(
            f"--html must be a file that can be written, found {error.strerror!r} at {path}: choose another."
        ) from error


def explained(told: Explanation) -> str:
    """Figure, definition, tickets with their mails and hashes, and the chain of manifests."""
    row = ", ".join(f"{name} = {value}" for name, value in told.row.items())
    result = "equal" if told.is_equal else "different"
    counted = f"Counted again from {told.total:,} tickets alone: {worded(told.recounted)}, {result}."
    parameters = [(f"${name}", value) for name, value in told.parameters.items()]
    return _page(
        f"{told.mart}.{told.column}",
        f"{row}, run {told.run_id}",
        _said(worded(told.value), kind="value") + _said(counted, kind="" if told.is_equal else "bad"),
        _section("What it says", _said(told.says) + _pre(told.sql) + _table((), parameters)),
        _section(
            f"Tickets: page {told.page} of {told.pages}",
            "".join(map(_ticket, told.tickets)) or _said("It counts none."),
        ),
        _section("Made from", _chain(told.layers)),
    )


def traced(trace: Trace) -> str:
    """The same steps as on a screen; the raw text of each line stands in a block of its own."""
    lines = "".join(
        _section(f"Line {number} of {len(trace.mails)}: {mail.fate}", _mail(mail))
        for number, mail in enumerate(trace.mails, 1)
    )
    rest = "\n".join(traces.after_lines(trace))
    return _page(trace.asked, f"run {trace.run_id}", lines, _section("Ticket, clock, figures, Postgres", _pre(rest)))


def _ticket(ticket: Mapping[str, Any]) -> str:
    rows = [
        (
            f"{mail['received_at']:%Y-%m-%d %H:%M:%S}",
            mail["kind"],
            f"{mail['message_id']}\nline {mail['line']} of {mail['object']}\nSHA-256 {mail['sha256']}",
        )
        for mail in ticket["emails"]
    ]
    name = escape(printable(f"{ticket['radicado'] or 'no radicado yet'}, ticket {ticket['ticket_id']}"))
    columns = ("Received, UTC", "Kind", "Message-ID, line of the raw object, hash of the object")
    return f"<article><h3>{name}</h3>{_table(columns, rows)}</article>"


def _chain(layers: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            f"{each['layer']}/{each['dataset']}",
            f"{each['rows']:,}",
            len(each["objects"]),
            each["manifest"],
            each["digest"],
        )
        for each in layers
    ]
    return _table(("Dataset", "Rows", "Objects", "Manifest", "Digest"), rows)


def _mail(mail: Mail) -> str:
    line = mail.line
    place = [
        ("Object", line.object),
        ("SHA-256 of the object", line.sha256),
        ("Line, and its first byte", f"{line.line}, {line.offset}"),
        ("Bytes", len(line.data)),
        ("SHA-256 of the line", sha256_hex(line.data)),
    ]
    return _table((), place) + _pre(line.text) + _pre("\n".join(traces.after_raw(mail)))


def _page(title: str, under: str, *parts: str) -> str:
    style = resources.files("pqr_pipeline.telling").joinpath("page.css").read_text(encoding="utf-8")
    named, place = escape(printable(title)), escape(printable(under))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{named}, {place}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{style}</style></head>'
        f"<body><main><h1>{named}</h1>{_said(under)}{''.join(parts)}</main></body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(printable(title))}</h2>{content}</section>"


def _said(text: str, *, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(printable(text))}</p>' if kind else f"<p>{escape(printable(text))}</p>"


def _pre(text: str) -> str:
    return f"<pre>{_lines(text)}</pre>" if text else ""


def _lines(text: str) -> str:
    return escape("\n".join(printable(line) for line in text.split("\n")))


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{_lines(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
