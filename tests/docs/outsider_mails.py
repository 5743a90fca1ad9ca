"""Threads, duplicates, kinds and states computed again from docs/reference/rules.md alone, with none of our code."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import Any

from outsider import BEHIND_UTC, DAY, THREAD, after, is_business, local

BEGINNINGS = {
    "Acuse de recibo": "acknowledgement",
    "Respuesta de fondo": "answer",
    "Silencio administrativo positivo": "silence",
    "Avance del trámite": "progress",
    "Requerimiento para completar la petición": "completion_request",
    "Prórroga del término": "extension",
    "Traslado por competencia": "transfer",
    "Archivo por desistimiento tácito": "archive",
    "Anulación de radicado": "annulment",
}
REPLIES = {
    "Notificación de acción de tutela": "tutela",
    "Re: Requerimiento para completar la petici": "completion",
    "Re: Respuesta de fondo": "reopening",
}
OPEN = ("received", "acknowledged", "in_progress", "waiting")
BEGUN = dict.fromkeys(OPEN[:2], "in_progress")
NEXT = {
    "request": {"new": "received"},
    "acknowledgement": {"received": "acknowledged"},
    "completion_request": dict.fromkeys(OPEN[:3], "waiting"),
    "completion": {"waiting": "in_progress"},
    "extension": BEGUN,
    "void_extension": BEGUN,
    "progress": BEGUN,
    "answer": dict.fromkeys((*OPEN, "archived", "reopened"), "answered"),
    "silence": dict.fromkeys((*OPEN, "reopened"), "answered"),
    "transfer": dict.fromkeys(OPEN, "transferred"),
    "archive": dict.fromkeys(OPEN, "archived"),
    "annulment": dict.fromkeys(OPEN, "annulled"),
    "reopening": {"answered": "reopened"},
}
NO_STEPS = ("bounce", "out_of_office", "other")
CONTENT = ("message_id", "from_address", "subject", "body", "attachment_count", "attachment_bytes")

Row = dict[str, Any]
Place = tuple[Any, ...]


def place(row: Row) -> Place:
    """Where a line lies."""
    return row["raw_day"], row["raw_part"], row["raw_line"]


def lived(emails: list[Row]) -> tuple[dict[Place, Row], dict[str, str]]:
    """What silver/emails says of each message, by the line it came in; the status of each ticket."""
    mails = [_looked_at(email) for email in emails]
    _placed(mails)
    threads = defaultdict(list)
    for mail in sorted(mails, key=lambda mail: (mail["raw_day"], mail["received_at"], *place(mail)[1:])):
        threads[mail["root"] or mail["radicado"]].append(mail)
    messages: dict[Place, Row] = {}
    status: dict[str, str] = {}
    for root, delivered in threads.items():
        ticket = hashlib.md5(root.encode()).hexdigest()[:20]
        state = _live(_once(delivered), ticket, messages)
        if state != "new":
            status[ticket] = "in_progress" if state == "waiting" else state
    return messages, status


def _looked_at(email: Row) -> Row:
    """One e-mail by itself: its radicado, the rule of its thread, its kind by how it begins."""
    found = re.search(r"\[Radicado ([0-9]{14})\]", email["subject"])
    radicado = found[1] if found else None
    references, is_person = email["references"], email["direction"] == "inbound" and email["auto_submitted"] == "no"
    if references:
        rule, root = "references", references.split()[0]
    elif radicado:
        rule, root = "radicado", email["in_reply_to"]
    elif email["in_reply_to"]:
        rule, root = "in_reply_to", email["in_reply_to"]
    else:
        rule, root = ("root" if is_person else "none"), email["message_id"]
    kind = _inbound(email, rule) if email["direction"] == "inbound" else _outbound(email)
    return email | {"radicado": radicado, "rule": rule, "root": root, "kind": kind}


def _inbound(email: Row, rule: str) -> str:
    if email["from_address"].startswith("mailer-daemon@") or email["auto_submitted"] == "auto-generated":
        return "bounce"
    if email["auto_submitted"] != "no":
        return "out_of_office"
    if rule == "root":
        return "request"
    return next((kind for text, kind in REPLIES.items() if email["subject"].startswith(text)), "insistence")


def _outbound(email: Row) -> str:
    subject = email["subject"]
    if ":" in subject[:5]:
        subject = re.sub(r"^(\s*(re|rv|fwd?)\s*:)+\s*", "", subject, flags=re.IGNORECASE)
    kind = next((kind for text, kind in BEGINNINGS.items() if subject.startswith(text)), "other")
    if kind == "extension":
        days = email["body"].partition("Prórroga: ")[2].partition(" ")[0]
        return kind if days.isdecimal() and 1 <= int(days) <= 35 else "void_extension"
    return kind


def _placed(mails: list[Row]) -> None:
    """Give the thread of its name to whatever names none, and to what names one that never began."""
    told, begun = defaultdict(list), defaultdict(list)
    for mail in mails:
        if mail["kind"] == "request":
            begun[mail["root"]].append(mail["raw_day"])
        if (mail["rule"], mail["kind"]) == ("references", "acknowledgement"):
            for name in (mail["radicado"], mail["message_id"]):
                told[name].append((mail["raw_day"], mail["root"]))
    for mail in mails:
        day, name = mail["raw_day"], mail["radicado"] or mail["root"]
        roots = [root for on, root in told[name] if day - THREAD <= on <= day]
        if mail["rule"] in ("radicado", "in_reply_to"):
            if roots:
                mail["root"] = min(roots)
            elif mail["root"]:
                mail["rule"] = "in_reply_to"
        elif mail["rule"] == "references" and mail["radicado"] and roots and mail["root"] not in roots:
            has_begun = any(on <= day for on in begun[mail["root"]])
            mail["root"], mail["rule"] = (mail["root"], "references") if has_begun else (min(roots), "radicado")


def _once(delivered: list[Row]) -> list[Row]:
    """Without what says again what was said not long before."""
    seen: dict[Place, Any] = {}
    kept = []
    for mail in delivered:
        content = tuple(mail[name] for name in CONTENT)
        if content not in seen or mail["raw_day"] - seen[content] > THREAD:
            seen[content] = mail["raw_day"]
            kept.append(mail)
    return kept


def _live(thread: list[Row], ticket: str, messages: dict[Place, Row]) -> str:
    """Go through a thread message by message; gives the state in which its ticket ends."""
    state, answered, request = "new", None, None
    for mail in thread:
        opens = mail["kind"] == "request" and request is None
        request = mail if opens else request
        counts = request is not None and mail["raw_day"] <= request["raw_day"] + THREAD
        kind = mail["kind"]
        if kind == "request" and not opens:
            kind = "insistence" if counts else "other"
        if counts and kind not in NO_STEPS:
            kind = _in_context(kind, state, is_unaware=answered is not None and mail["sent_at"] < answered)
            is_transfer = kind == "transfer" and not _in_time(mail, request)
            state = NEXT.get("progress" if is_transfer else kind, {}).get(state, state)
            answered = mail["received_at"] if kind in ("answer", "silence") and state == "answered" else answered
        messages[place(mail)] = {
            "kind": kind,
            "thread_rule": mail["rule"],
            "root_message_id": mail["root"],
            "ticket_id": ticket if counts else None,
            "is_continuation": not counts and mail["rule"] != "none",
            "is_late": mail["received_at"] - mail["sent_at"] > timedelta(hours=24),
            "body_chars": len(mail["body"]),
        }
    return state


def _in_context(kind: str, state: str, *, is_unaware: bool) -> str:
    if kind not in ("completion", "insistence", "reopening") or (state, kind) == ("waiting", "completion"):
        return kind
    if state == "answered":
        return "insistence" if is_unaware and kind != "reopening" else "reopening"
    return "insistence"


def _in_time(transfer: Row, request: Row) -> bool:
    """Before the midnight that ends the fifth business day after the legal reception."""
    legal = local(request["received_at"])
    while not is_business(legal):
        legal += DAY
    ends = datetime.combine(after(legal, 5) + DAY, time()) + BEHIND_UTC
    return transfer["received_at"].replace(tzinfo=None) < ends
