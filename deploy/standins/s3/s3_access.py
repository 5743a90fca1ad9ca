"""Who asks, and what they may do: AWS signatures, users and policies, and the calls of RustFS' admin API for them."""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATA = Path(os.environ.get("STANDIN_DATA", "/data"))
USERS, POLICIES = DATA / ".users.json", DATA / ".policies.json"
ROOT = (os.environ.get("RUSTFS_ACCESS_KEY", ""), os.environ.get("RUSTFS_SECRET_KEY", ""))
LOCK = threading.Lock()
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+/[^/]+/[^/]+/aws4_request), ?SignedHeaders=([^,]+), ?Signature=(\w+)"
)

Json = dict[str, Any]


class Refused(Exception):
    """An answer that is an error: status and S3's code for it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Request:
    """What a signature covers."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message  # whose names are sent in any case
    body: bytes


def signed_by(request: Request) -> str:
    """The access key whose secret made the signature (AWS signature version 4)."""
    found = AUTHORIZATION.match(request.headers.get("Authorization", ""))
    if not found:
        raise Refused(403, "AccessDenied")
    user, scope, names, given = found.groups()
    secret = ROOT[1] if user == ROOT[0] else stored(USERS).get(user, {}).get("secretKey")
    if secret is None:
        raise Refused(403, "InvalidAccessKeyId")
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(request.query.items()))
    headers = "".join(f"{n}:{' '.join(request.headers.get(n, '').split())}\n" for n in names.split(";"))
    payload = request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    canonical = f"{request.method}\n{request.path}\n{query}\n{headers}\n{names}\n{payload}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{request.headers.get('x-amz-date', '')}\n{scope}\n{digest}"
    if not hmac.compare_digest(signature(secret, scope, text), given):
        raise Refused(403, "SignatureDoesNotMatch")
    if len(payload) == 64 and payload != hashlib.sha256(request.body).hexdigest():
        raise Refused(400, "XAmzContentSHA256Mismatch")
    return user


def signature(secret: str, scope: str, text: str) -> str:
    """`scope` is day/region/service/aws4_request, each of which goes into the key."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def require(user: str, action: str, resource: str) -> None:
    """Raise Refused unless a policy of the user allows it; root may everything."""
    if user == ROOT[0]:
        return
    names, known = stored(USERS)[user].get("policies", []), stored(POLICIES)
    if not allowed([known[name] for name in names if name in known], action, f"arn:aws:s3:::{resource}"):
        raise Refused(403, "AccessDenied")


def allowed(policies: list[Json], action: str, resource: str) -> bool:
    """Deny wins, else one statement must allow; actions and resources may hold `*`."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in policy["Statement"]
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in _many(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in _many(statement["Resource"]))
    }
    return effects == {"Allow"}


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def administered(user: str, call: str, request: Request) -> bytes:
    """The answer of the admin API, which is root's alone."""
    if user != ROOT[0]:
        raise Refused(403, "AccessDenied")
    users, policies, query = stored(USERS), stored(POLICIES), request.query
    match call:
        case "add-canned-policy":
            store(POLICIES, policies | {query["name"]: json.loads(request.body)})
        case "add-user":
            name = query["accessKey"]
            store(USERS, users | {name: users.get(name, {}) | json.loads(request.body)})
        case "set-user-or-group-policy":
            name = query["userOrGroup"]
            if name not in users or query["policyName"] not in policies:
                raise Refused(404, "NoSuchResource")
            store(USERS, users | {name: users[name] | {"policies": [query["policyName"]]}})
        case "list-users":
            return json.dumps({n: {"status": u["status"]} for n, u in users.items()}).encode()
        case "list-canned-policies":
            return json.dumps(policies).encode()
        case _:
            raise Refused(501, "NotImplemented")
    return b""


def stored(path: Path) -> Json:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def store(path: Path, value: Json) -> None:
    with LOCK:
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(value))
        temporary.replace(path)
