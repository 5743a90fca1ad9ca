"""Stand-in for RustFS: the part of S3 and of RustFS' admin API that this project uses, objects as files below /data.

Requests must be signed by a known key, users may do what their policies say, a conditional put is atomic. It proves
that the policies suffice and that the stack is wired; of RustFS itself it proves nothing.
"""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

DATA = Path(os.environ.get("STANDIN_DATA", "/data"))
OBJECTS, USERS, POLICIES = DATA / "objects", DATA / ".users.json", DATA / ".policies.json"
ROOT = (os.environ.get("RUSTFS_ACCESS_KEY", ""), os.environ.get("RUSTFS_SECRET_KEY", ""))
ADMIN = "/rustfs/admin/v3/"
PAGE = 1000
ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
LOCK = threading.Lock()


class Refused(Exception):
    """An answer that is an error: status and S3's code for it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def stored(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def store(path: Path, value: dict) -> None:
    with LOCK:
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(value))
        temporary.replace(path)


def signature(secret: str, day: str, region: str, service: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def allowed(policies: list[dict], action: str, resource: str) -> bool:
    """Deny wins, else one statement must allow; actions and resources may hold `*`."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in policy["Statement"]
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in many(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in many(statement["Resource"]))
    }
    return effects == {"Allow"}


def many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Requests are not news."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        url = urlsplit(self.path)
        self.raw_path, self.query = url.path, dict(parse_qsl(url.query, keep_blank_values=True))
        try:
            if url.path.rstrip("/") in ("/health", "/health/live", "/health/ready"):
                return self.answer(200, b'{"status":"ok"}')
            user = self.signed_by()
            if url.path.startswith(ADMIN):
                return self.admin(user, url.path.removeprefix(ADMIN))
            bucket, _, key = unquote(url.path).lstrip("/").partition("/")
            return self.object(user, bucket, key) if key else self.bucket(user, bucket)
        except Refused as refused:
            text = f"<Error><Code>{refused.code}</Code><Message>stand-in</Message></Error>"
            self.answer(refused.status, text.encode())

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

    def answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def signed_by(self) -> str:
        """The access key whose secret made the signature (AWS signature version 4)."""
        found = re.match(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request, ?"
            r"SignedHeaders=([^,]+), ?Signature=(\w+)",
            self.headers.get("Authorization", ""),
        )
        if not found:
            raise Refused(403, "AccessDenied")
        user, day, region, service, names, given = found.groups()
        secret = ROOT[1] if user == ROOT[0] else stored(USERS).get(user, {}).get("secretKey")
        if secret is None:
            raise Refused(403, "InvalidAccessKeyId")
        query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(self.query.items()))
        headers = "".join(f"{n}:{' '.join((self.headers.get(n) or '').split())}\n" for n in names.split(";"))
        payload = self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        canonical = f"{self.command}\n{self.raw_path}\n{query}\n{headers}\n{names}\n{payload}"
        scope = f"{day}/{region}/{service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.headers.get('x-amz-date', '')}\n{scope}\n{digest}"
        if not hmac.compare_digest(signature(secret, day, region, service, text), given):
            raise Refused(403, "SignatureDoesNotMatch")
        if len(payload) == 64 and payload != hashlib.sha256(self.body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        return user

    def require(self, user: str, action: str, resource: str) -> None:
        if user == ROOT[0]:
            return
        names, known = stored(USERS)[user].get("policies", []), stored(POLICIES)
        if not allowed([known[name] for name in names if name in known], action, f"arn:aws:s3:::{resource}"):
            raise Refused(403, "AccessDenied")

    def admin(self, user: str, call: str) -> None:
        if user != ROOT[0]:
            raise Refused(403, "AccessDenied")
        users, policies = stored(USERS), stored(POLICIES)
        if call == "add-canned-policy":
            store(POLICIES, policies | {self.query["name"]: json.loads(self.body)})
        elif call == "add-user":
            name = self.query["accessKey"]
            store(USERS, users | {name: users.get(name, {}) | json.loads(self.body)})
        elif call == "set-user-or-group-policy":
            name = self.query["userOrGroup"]
            if name not in users or self.query["policyName"] not in policies:
                raise Refused(404, "NoSuchResource")
            store(USERS, users | {name: users[name] | {"policies": [self.query["policyName"]]}})
        elif call == "list-users":
            return self.answer(200, json.dumps({n: {"status": u["status"]} for n, u in users.items()}).encode())
        elif call == "list-canned-policies":
            return self.answer(200, json.dumps(policies).encode())
        else:
            raise Refused(501, "NotImplemented")
        return self.answer(200)

    def bucket(self, user: str, bucket: str) -> None:
        folder = OBJECTS / bucket
        if self.command == "PUT":
            self.require(user, "s3:CreateBucket", bucket)
            folder.mkdir(parents=True, exist_ok=True)
            return self.answer(200)
        self.require(user, "s3:ListBucket", bucket)
        if not folder.is_dir():
            raise Refused(404, "NoSuchBucket")
        return self.answer(200) if self.command == "HEAD" else self.listing(folder, bucket)

    def listing(self, folder: Path, bucket: str) -> None:
        prefix, after = self.query.get("prefix", ""), self.query.get("continuation-token", "")
        limit = min(int(self.query.get("max-keys", PAGE)), PAGE)
        start = folder / prefix.rpartition("/")[0]
        keys = sorted(p.relative_to(folder).as_posix() for p in start.rglob("*") if p.is_file())
        keys = [key for key in keys if key.startswith(prefix) and key > after]
        page = keys[:limit]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{(folder / key).stat().st_size}</Size></Contents>" for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(keys) > limit else ""
        text = (
            f'<?xml version="1.0"?><ListBucketResult><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>'
            f"<KeyCount>{len(page)}</KeyCount><MaxKeys>{limit}</MaxKeys>"
            f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        self.answer(200, text.encode(), Content_Type="application/xml")

    def object(self, user: str, bucket: str, key: str) -> None:
        if self.command not in ACTIONS or set(self.query) - {"x-id"} or ".." in key.split("/"):
            raise Refused(501, "NotImplemented")
        self.require(user, ACTIONS[self.command], f"{bucket}/{key}")
        if not (OBJECTS / bucket).is_dir():
            raise Refused(404, "NoSuchBucket")
        path = OBJECTS / bucket / key
        if self.command == "PUT":
            return self.put(path)
        if self.command == "DELETE":
            path.unlink(missing_ok=True)
            return self.answer(204)
        return self.get(path)

    def put(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=DATA, delete=False) as file:
            file.write(self.body)
        temporary = Path(file.name)
        try:
            if self.headers.get("If-None-Match") == "*":
                path.hardlink_to(temporary)  # fails when the name is taken, whoever was first
            else:
                shutil.move(temporary, path)
        except FileExistsError:
            raise Refused(412, "PreconditionFailed") from None
        finally:
            temporary.unlink(missing_ok=True)
        self.answer(200, ETag=f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"')

    def get(self, path: Path) -> None:
        try:
            body = path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise Refused(404, "NoSuchKey") from None
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, body, Content_Type="application/octet-stream")
        first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        if first >= len(body):
            raise Refused(416, "InvalidRange")
        return self.answer(206, body[first : last + 1], Content_Range=f"bytes {first}-{last}/{len(body)}")


def main() -> None:
    OBJECTS.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("0.0.0.0", 9000), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


if __name__ == "__main__":
    main()
