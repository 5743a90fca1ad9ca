"""A browser, dashboards to look at with it, and eyes for what must never be seen. Everything is started once."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLate
from pydantic import SecretStr

from pqr_loader.postgres.connection import migrate
from pqr_pipeline.embedded.process import free_port, is_answering
from pqrs.parameters import Parameters

CHROMIUM = os.environ.get("PQR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
IS_REQUIRED = os.environ.get("PQR_REQUIRE_PROGRAMS") == "1"
WHY_NOT = "no Chromium on this machine: run tools/programs.sh as root on Debian, or set PQR_CHROMIUM to one"
START_TIMEOUT_SECONDS = 60
PATIENCE_MS, LOOK_MS = 60_000, 2_000
THERE = "h1, .pqr-state"
ATTEMPTS = 3
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
DESKTOP, TELEPHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
RUN_ID = "vista"
SEEDED = {"executive": "ejecutivo@entidad.example", "analyst": "analista@entidad.example",
          "operator": "operador@entidad.example"}  # fmt: skip
PASSWORD = "una-contraseña-larga"
NEVER_SHOWN = re.compile(
    r"Traceback|Exception|psycopg|\bError:|\[object |\b(?:nan|NaN|NaT|None|null|undefined|Infinity|inf)\b"
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, once for all tests."""
    if CHROMIUM is None:
        (pytest.fail if IS_REQUIRED else pytest.skip)(WHY_NOT)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=es-CO"])
        yield started
        started.close()


@dataclass
class Dashboard:
    """A dashboard as a process of its own."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def dashboards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Dashboard]]:
    """Start dashboards, each with these settings; all are gone at the end."""
    started: list[Dashboard] = []
    folder = tmp_path_factory.mktemp("dashboards")

    def start(**settings: str) -> Dashboard:
        port = free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")}
        environment = inherited | {f"PQR_{name.upper()}": value for name, value in settings.items()}
        environment |= {"PQR_METRICS_PORT": "0", "PQR_HOME": str(folder)}
        log = folder / f"{port}.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "pqr_dashboard", "--port", str(port)]
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        dashboard = Dashboard(environment, port, process, log)
        started.append(dashboard)
        if not is_answering(f"{dashboard.url}/_stcore/health", process, START_TIMEOUT_SECONDS):
            pytest.fail(f"the dashboard did not start:\n{log.read_text()}")
        return dashboard

    yield start
    for dashboard in started:
        dashboard.process.send_signal(signal.SIGTERM)
    for dashboard in started:
        try:
            dashboard.process.wait(10)
        except subprocess.TimeoutExpired:
            dashboard.process.kill()


@pytest.fixture(scope="session")
def databases(platform) -> Callable[[str], str]:
    """A new migrated database on the platform's Postgres: from its name to its DSN."""

    def create(name: str) -> str:
        with psycopg.connect(platform.dsn, autocommit=True) as opened:
            opened.execute(f"create database {name}")
        base, _, query = platform.dsn.partition("?")
        dsn = f"{base.rsplit('/', 1)[0]}/{name}?{query}"
        migrate(dsn)
        return dsn

    return create


@pytest.fixture(scope="session")
def vista_lake(tmp_path_factory) -> str:
    """Where the mails of that run lie."""
    return tmp_path_factory.mktemp("vista").as_uri()


@pytest.fixture(scope="session")
def published(platform, databases, vista_lake) -> str:
    """The DSN of a database with a finished run of two months: what was received fell due within it, and it shows."""
    dsn = databases("vista")
    parameters = Parameters.create(window_to=date(2026, 3, 31), tickets_per_business_day=40)
    platform.in_lake(vista_lake, postgres_dsn=SecretStr(dsn)).run(RUN_ID, parameters)
    return dsn


@pytest.fixture(scope="session")
def local(dashboards, published, vista_lake) -> Dashboard:
    """What `pqr dashboard` shows: no login, everything."""
    return dashboards(dashboard_dsn=published, lake_url=vista_lake)


@pytest.fixture(scope="session")
def empty(dashboards, databases) -> Dashboard:
    """Nothing was ever run."""
    return dashboards(dashboard_dsn=databases("vacia"))


@pytest.fixture(scope="session")
def seeded_auth(auth_server):
    """Auth with a user for each role, one without a role, and one who wrote a role into what is theirs to write."""
    for role, email in SEEDED.items():
        auth_server.seed(email, PASSWORD, app_metadata={"role": role})
    auth_server.seed("sin-rol@entidad.example", PASSWORD)
    auth_server.seed("atrevido@entidad.example", PASSWORD, user_metadata={"role": "operator"})
    return auth_server


@pytest.fixture(scope="session")
def behind_login(dashboards, published, vista_lake, seeded_auth) -> Dashboard:
    """What the stack shows."""
    auth = {"auth_url": seeded_auth.url, "auth_jwt_secret": seeded_auth.secret}
    return dashboards(dashboard_dsn=published, lake_url=vista_lake, **auth)


@dataclass
class Visit:
    """A browser window at a dashboard; remembers what went wrong in it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Remember errors of the page, answers that are errors, and whatever is asked of another machine."""
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("response", lambda answer: self._answered(answer.status, answer.url))
        self.page.on("requestfailed", lambda request: self._failed(request.failure or "", request.url))
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):  # that is seen as an answer
            self.troubles.append(text)

    def _answered(self, status: int, url: str) -> None:
        # at an address below the root Streamlit first looks for its server there
        if status >= 400 and not re.search(r"/[\w-]+/_stcore/(health|host-config)$", url):
            self.troubles.append(f"{status} {url}")

    def _failed(self, why: str, url: str) -> None:
        if why != "net::ERR_ABORTED":  # one leaves a page before all of it came
            self.troubles.append(f"{why} {url}")

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1":
            self.troubles.append(f"asked of another machine: {url}")

    def open(self, url: str) -> Visit:
        """Again when this machine's network changed meanwhile, as when containers start: Chromium drops every request."""
        for _ in range(ATTEMPTS):
            self.page.goto(url)
            if self._came():
                break
            self.troubles.clear()
        return self.settled()

    def _came(self) -> bool:
        """Whether every request was answered: for a page whose requests were dropped one waits in vain."""
        for _ in range(PATIENCE_MS // LOOK_MS):
            if NETWORK_CHANGED in str(self.troubles):
                return False
            with contextlib.suppress(TooLate):
                self.page.wait_for_selector(THERE, timeout=LOOK_MS)
                break
        with contextlib.suppress(TooLate):
            self.settled()
        return NETWORK_CHANGED not in str(self.troubles)

    def settled(self) -> Visit:
        """Wait until the page has nothing left to do."""
        self.page.wait_for_selector(THERE, timeout=PATIENCE_MS)
        self.page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached", timeout=PATIENCE_MS
        )
        self.page.wait_for_function("() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')")
        return self

    @property
    def text(self) -> str:
        return self.page.inner_text("body")

    @property
    def heading(self) -> str:
        return self.page.inner_text("h1").strip()

    @property
    def menu(self) -> list[str]:
        return [
            link.inner_text().split("\n")[-1].strip()
            for link in self.page.query_selector_all('[data-testid="stSidebarNavLink"]')
        ]

    def sign_in(self, email: str, password: str = PASSWORD) -> Visit:
        self.page.get_by_label("Correo electrónico").fill(email)
        self.page.get_by_label("Contraseña", exact=True).fill(password)
        self.page.get_by_role("button", name="Ingresar").click()
        self.page.wait_for_selector('.pqr-said, [data-testid="stSidebarNav"]', timeout=PATIENCE_MS)
        return self.settled()


@pytest.fixture(scope="session")
def contexts(browser) -> Callable[..., BrowserContext]:
    """Browsers of people, by what they bring along; a second window of one finds Streamlit's files in its cache."""
    made: dict[str, BrowserContext] = {}

    def context(**options: object) -> BrowserContext:
        if repr(options) not in made:
            made[repr(options)] = browser.new_context(locale="es-CO", **options)
            made[repr(options)].set_default_timeout(PATIENCE_MS)
        return made[repr(options)]

    return context


@pytest.fixture
def visits(contexts) -> Iterator[Callable[..., Visit]]:
    """New windows of one browser, where nobody is signed in; what went wrong in one fails the test."""
    opened: list[Visit] = []

    def visit(url: str = "", **options: object) -> Visit:
        made = Visit(contexts(**options).new_page())
        made.page.set_viewport_size(DESKTOP)
        made.listen()
        opened.append(made)
        return made.open(url) if url else made

    yield visit
    troubles = [trouble for made in opened for trouble in made.troubles]
    shown = [word for made in opened for word in NEVER_SHOWN.findall(made.text)]
    for made in opened:
        made.page.close()
        made.page.context.clear_cookies()  # nobody stays signed in for the next test
    assert troubles == []
    assert shown == []


@pytest.fixture(scope="session")
def contrast() -> Callable[[Visit], list[str]]:
    """The words of a page that do not stand out enough from what lies behind them."""
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    return lambda visit: visit.page.evaluate(script)


@pytest.fixture(scope="session")
def focus() -> Callable[[Visit], dict]:
    """What has the keyboard's attention, and whether one sees it."""
    script = (Path(__file__).parent / "focus.js").read_text(encoding="utf-8")
    return lambda visit: visit.page.evaluate(script)


@pytest.fixture(scope="session")
def sizes() -> tuple[dict, ...]:
    """A screen and a telephone."""
    return DESKTOP, TELEPHONE
