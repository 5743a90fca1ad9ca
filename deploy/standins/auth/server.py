"""Stand-in for Supabase Auth (GoTrue): the part of its API that this project uses, with its answers and its errors.

Users sign in with a password, tokens are HS256 with GoTrue's claims, refresh tokens rotate, and the admin API wants a
token of the role service_role. It proves how the stack is wired; of GoTrue itself it proves nothing. Facts: the source
of supabase/auth (internal/api, internal/tokens, internal/models).
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from accounts import Auth, Refused

PER_PAGE = 50
BURST = 30  # of attempts for a token, which GoTrue lets through before it counts
COUNTS: dict[tuple[str, int], int] = {}  # answers by route and status, for the metrics
OPEN = {  # what anybody may ask
    "/health": {"version": "stand-in", "name": "GoTrue", "description": "stand-in for Supabase Auth"},
    "/settings": {"external": {"email": True, "phone": False}, "disable_signup": True, "mailer_autoconfirm": True},
    "/.well-known/jwks.json": {"keys": []},  # a shared secret is nobody's to publish
}


class Limit:
    """Attempts by the value of a header, as GoTrue counts them: none of who sends no such header."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.header = environment.get("GOTRUE_RATE_LIMIT_HEADER", "")
        self.per_second = float(environment.get("GOTRUE_RATE_LIMIT_TOKEN_REFRESH", "150")) / 300
        self.left: dict[str, tuple[float, float]] = {}  # how many, and when that was

    def take(self, value: str) -> None:
        key, at = value.partition(",")[0].strip(), time.monotonic()
        if not key:
            return
        left, since = self.left.get(key, (BURST, at))
        left = min(BURST, left + (at - since) * self.per_second)
        self.left[key] = max(left - 1, left % 1), at
        if left < 1:
            raise Refused(429, "over_request_rate_limit", "Request rate limit reached")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    auth: Auth
    limit: Limit

    def log_message(self, *_: object) -> None:
        """Requests are not news."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        try:
            with self.auth.store.lock:
                status, answer = self.routed(url.path.rstrip("/"), dict(parse_qsl(url.query)), body)
        except Refused as refused:
            status = refused.status
            answer = {"code": status, "error_code": refused.code, "msg": refused.message}
        self.send(status, answer)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def routed(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, object]:
        if path in OPEN and self.command == "GET":
            return 200, OPEN[path]
        if path in OPEN:
            return 405, None
        if path.startswith("/admin/users"):
            self.auth.require_admin(self.bearer())
            return self.admin(path.removeprefix("/admin/users").lstrip("/"), query, body)
        match f"{self.command} {path}":
            case "POST /token":
                self.limit.take(self.headers.get(self.limit.header, "") if self.limit.header else "")
                return 200, self.token(query.get("grant_type", ""), self.parsed(body))
            case "GET /user":
                return 200, self.auth.shown(self.auth.user_of(self.bearer())[0])
            case "POST /logout":
                self.auth.sign_out(self.bearer(), query.get("scope", ""))
                return 204, None
        raise Refused(404, "not_found", "404 page not found")

    def token(self, grant: str, given: dict[str, Any]) -> dict[str, Any]:
        calls = {"password": self.auth.sign_in, "refresh_token": self.auth.refresh}
        if grant not in calls:
            raise Refused(400, "invalid_credentials", "unsupported_grant_type")
        return calls[grant](given)

    def admin(self, name: str, query: dict[str, str], body: bytes) -> tuple[int, object]:
        if not name:
            return 200, self.auth.create(self.parsed(body)) if self.command == "POST" else self.page(query)
        user = self.auth.store.get("user", name)
        if user is None:
            raise Refused(404, "user_not_found", "User not found")
        if self.command == "PUT":
            return 200, self.auth.update(user, self.parsed(body))
        if self.command == "DELETE":
            self.auth.forget(name)
            self.auth.store.remove("user", name)
            return 200, {}
        return 200, self.auth.shown(user)

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        number, size = int(query.get("page", 1)), int(query.get("per_page", PER_PAGE))
        users = sorted(self.auth.store.all("user"), key=lambda user: user["created_at"], reverse=True)
        shown = [self.auth.shown(user) for user in users[(number - 1) * size : number * size]]
        return {"users": shown, "aud": self.auth.audience}

    def bearer(self) -> str:
        found = re.fullmatch(r"(?i)bearer (\S+)", self.headers.get("Authorization", ""))
        if not found:
            raise Refused(401, "no_authorization", "This endpoint requires a Bearer token")
        return found[1]

    def parsed(self, body: bytes) -> dict[str, Any]:
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Refused(400, "bad_json", "Could not parse request body as JSON")
        return given

    def send(self, status: int, answer: object) -> None:
        route = re.sub(r"^/admin/users/.+", "/admin/users/{user_id}", urlsplit(self.path).path)
        COUNTS[route, status] = COUNTS.get((route, status), 0) + 1
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Metrics(BaseHTTPRequestHandler):
    """What GoTrue counts of itself (its internal/observability), under the names its exporter for Prometheus gives."""

    def log_message(self, *_: object) -> None:
        """Scrapes are not news."""

    def do_GET(self) -> None:
        lines = ["# TYPE gotrue_running gauge", "gotrue_running 1", "# TYPE http_status_codes_total counter"]
        for (route, status), count in sorted(COUNTS.items()):
            lines.append(f'http_status_codes_total{{code="{status}",http_route="{route}"}} {count}')
        body = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def served(environment: dict[str, str]) -> list[ThreadingHTTPServer]:
    """The API, and the metrics if they are wanted; port 0 is any free one."""
    host = environment.get("GOTRUE_API_HOST", "127.0.0.1")
    handler = type("BoundHandler", (Handler,), {"auth": Auth(environment), "limit": Limit(environment)})
    servers = [ThreadingHTTPServer((host, int(environment.get("GOTRUE_API_PORT", "8081"))), handler)]
    if environment.get("GOTRUE_METRICS_ENABLED") == "true":
        where = (environment["OTEL_EXPORTER_PROMETHEUS_HOST"], int(environment["OTEL_EXPORTER_PROMETHEUS_PORT"]))
        servers.append(ThreadingHTTPServer(where, Metrics))
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return servers


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    servers = served(dict(os.environ))
    sys.stdout.write(f"listening on port {servers[0].server_address[1]}\n")
    sys.stdout.flush()
    stop.wait()


if __name__ == "__main__":
    main()
