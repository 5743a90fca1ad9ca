"""Stand-in for RustFS: the part of S3 and of RustFS' admin API that this project uses, objects as files below /data.

Requests must be signed by a known key, users may do what their policies say, a conditional put is atomic. It proves
that the policies suffice and that the stack is wired; of RustFS itself it proves nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import tempfile
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from s3_access import DATA, Refused, Request, administered, require, signed_by

OBJECTS = DATA / "objects"
ADMIN = "/rustfs/admin/v3/"
PAGE = 1000
ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}


def _listed(key: str, found: os.stat_result) -> str:
    changed = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = f"<Key>{escape(key)}</Key><LastModified>{changed}</LastModified><Size>{found.st_size}</Size>"
    return f"<Contents>{told}</Contents>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Requests are not news."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        url = urlsplit(self.path)
        self.query = dict(parse_qsl(url.query, keep_blank_values=True))
        try:
            if url.path.rstrip("/") in ("/health", "/health/live", "/health/ready"):
                return self.answer(200, b'{"status":"ok"}')
            request = Request(self.command, url.path, self.query, self.headers, self.body)
            user = signed_by(request)
            if url.path.startswith(ADMIN):
                return self.answer(200, administered(user, url.path.removeprefix(ADMIN), request))
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

    def bucket(self, user: str, bucket: str) -> None:
        folder = OBJECTS / bucket
        if self.command == "PUT":
            require(user, "s3:CreateBucket", bucket)
            folder.mkdir(parents=True, exist_ok=True)
            return self.answer(200)
        require(user, "s3:ListBucket", bucket)
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
        contents = "".join(_listed(key, (folder / key).stat()) for key in page)
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
        require(user, ACTIONS[self.command], f"{bucket}/{key}")
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
