"""Exercise 1: a typed row, or the rule that the line broke."""

import json
from datetime import datetime

TEXTS = ("schema_version", "message_id", "direction", "received_at", "date", "subject", "body", "auto_submitted")
KINDS = dict.fromkeys(TEXTS, str) | dict.fromkeys(("references", "to", "attachments"), list) | {"from": dict}


def read(line: bytes) -> dict | str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return "broken_encoding"
    try:
        fields = json.loads(text)
    except ValueError:
        return "not_json"
    kinds = KINDS | {"in_reply_to": (str, type(None))}
    if fields.get("schema_version") == "2":
        kinds |= {"content_type": str}
    if not kinds.keys() <= fields.keys():
        return "missing_field"
    if not all(isinstance(fields[name], kind) for name, kind in kinds.items()):
        return "wrong_type"
    return {
        "message_id": fields["message_id"],
        "direction": fields["direction"],
        "received_at": datetime.fromisoformat(fields["received_at"]),
        "subject": fields["subject"],
        "attachment_count": len(fields["attachments"]),
        "attachment_bytes": sum(each["bytes"] for each in fields["attachments"]),
    }
