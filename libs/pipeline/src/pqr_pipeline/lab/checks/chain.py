"""A manifest's hash chain: find what was altered in a lake, object or manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from pqr_common.manifest.codec import encoded
from pqr_common.manifest.layout import manifest_key
from pqr_pipeline.lab.grading import must
from pqr_pipeline.lab.inbox import RUN, Inbox
from pqr_pipeline.lab.work import Work

__all__ = ["check"]


def check(work: Work) -> str:
    altered, cases = work.function("altered"), _cases(work.inbox)
    for what, changes in cases.items():
        named = altered(_reader(work.inbox, changes), RUN)
        must(isinstance(named, list), f"altered must return a list of keys, found {named!r}.")
        missed, wrong = sorted(set(changes) - set(named)), sorted(set(named) - set(changes))
        must(not missed, f"Where {what}, that must be named, found that {', '.join(missed[:1])} is not.")
        must(not wrong, f"Where {what}, nothing else must be named, found that {', '.join(wrong[:1])} is.")
    return f"In {len(cases)} copies of the lake, what was altered is named and nothing else."


def _reader(inbox: Inbox, changes: Mapping[str, bytes]) -> Callable[[str], bytes]:
    return lambda key: changes[key] if key in changes else inbox.lake.get(key)


def _cases(inbox: Inbox) -> dict[str, dict[str, bytes]]:
    """By what happened, the keys that changed with their new bytes."""
    raw, silver = inbox.manifests["raw"].partitions[9].path, inbox.manifests["silver"].dataset("tickets").partitions[0]
    edited, forged = _edited(inbox), _forged(inbox)
    flipped = {raw: _flipped(inbox.lake.get(raw))}
    return {
        "nothing was altered": {},
        "one bit of a raw object was flipped": flipped,
        "an object of silver was cut short": {silver.path: inbox.lake.get(silver.path)[:-8]},
        "a manifest was edited": edited,
        "a manifest was edited and given a new digest": forged,
        "all that happened at once": flipped | edited | forged,
    }


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _edited(inbox: Inbox) -> dict[str, bytes]:
    """Somebody wrote another number of rows into bronze's manifest."""
    key = manifest_key(RUN, "bronze")
    raw = json.loads(inbox.lake.get(key))
    raw["datasets"][0]["rows"] += 1
    return {key: json.dumps(raw).encode()}


def _forged(inbox: Inbox) -> dict[str, bytes]:
    """Somebody made silver's manifest of other parameters, with the digest that then is its own."""
    manifest = inbox.manifests["silver"]
    forged = replace(manifest, parameters={**manifest.parameters, "seed": 7})
    return {manifest_key(RUN, "silver"): encoded(forged)}
