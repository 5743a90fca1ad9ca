"""An S3 API with troubles: a proxy in front of a served one, at an address that stays the same."""

from __future__ import annotations

import contextlib
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SLOW_SECONDS = 2
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Store:
    """Passes calls on, unless it is in trouble: `busy`, `slow`, `shut`, or `lossy` for one answer to a put."""

    def __init__(self, url: str) -> None:
        self.real = urlsplit(url).netloc
        self.trouble = ""
        self._port = 0
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Take calls without trouble."""
        self.trouble = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _Call)
        self._server.daemon_threads = True
        self._server.store = self
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections; those that are open end at their next call."""
        self.trouble = "shut"
        self._server.shutdown()
        self._server.server_close()


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # head and body leave together
    real: HTTPConnection | None = None

    def pass_on(self) -> None:
        store: Store = self.server.store
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if store.trouble == "shut":
            self.close_connection = True
            return
        if store.trouble == "busy":
            self._answer(503, {"Content-Type": "application/xml"}, BUSY)
            return
        if store.trouble == "slow":
            time.sleep(SLOW_SECONDS)
        status, headers, found = self._ask(store.real, body)
        if store.trouble == "lossy" and self.command == "PUT" and status == 200:
            store.trouble = ""
            self.close_connection = True
            return
        self._answer(status, headers, found)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815  http.server names them

    def _ask(self, address: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.real = self.real or HTTPConnection(address)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("expect", "connection")}
        self.real.request(self.command, self.path, body, headers)
        answer = self.real.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_expect_100(self) -> bool:
        """boto3 waits a second for this before it sends what it puts."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def handle(self) -> None:
        """A caller that was killed is no error of the store's."""
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        if self.real:
            self.real.close()
