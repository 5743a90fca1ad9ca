"""`make screenshots`: every page of the dashboard as a picture in docs/screenshots, with the run of `make demo`.

Pictures are of the embedded dashboard at 1366 pixels in both themes, and of a telephone, as tall as the page is up to a
limit, with few colours to be small.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pqr_common.process.settings import Settings
from pqr_dashboard.access.menu import PAGES
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.process import free_port, is_answering

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "screenshots"
WIDTH, TELEPHONE, HEIGHT, HEIGHT_MAX = 1366, 390, 900, 1900
BYTES_MAX = 300_000
COLOURS = 256
START_TIMEOUT_SECONDS = 60
PATIENCE_MS = 60_000
CHROMIUM = os.environ.get("PQR_CHROMIUM") or shutil.which("chromium") or "chromium"
NO_AUTH = {"PQR_AUTH_URL": "http://127.0.0.1:9", "PQR_AUTH_JWT_SECRET": "asked-of-nobody-since-nobody-signs-in-here"}


def started(**settings: str) -> tuple[subprocess.Popen[bytes], str]:
    """A dashboard and its address."""
    port = free_port()
    command = [sys.executable, "-m", "pqr_dashboard", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"PQR_METRICS_PORT": "0"} | settings)
    address = f"http://127.0.0.1:{port}"
    if is_answering(f"{address}/_stcore/health", process, START_TIMEOUT_SECONDS):
        return process, address
    process.kill()
    raise SystemExit("The dashboard must start within a minute, found that it did not: see above.")


def settled(page: Page) -> None:
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=PATIENCE_MS)
    page.wait_for_timeout(1500)  # charts are drawn after the page


def picture(page: Page, address: str, name: str, *, width: int = WIDTH) -> None:
    """Take it with the window as tall as the page, since the page scrolls inside of it."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(address)
    settled(page)
    tall = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": max(HEIGHT, min(tall, HEIGHT_MAX))})
    settled(page)
    path = FOLDER / f"{name}.png"
    few = (
        Image.open(io.BytesIO(page.screenshot()))
        .convert("RGB")
        .quantize(
            COLOURS,
            method=Image.Quantize.MAXCOVERAGE,
            kmeans=2,
            dither=Image.Dither.NONE,  # a legend keeps its colours
        )
    )
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}  {few.width} x {few.height}  {size / 1000:.0f} kB")
    if size > BYTES_MAX:
        raise SystemExit(f"A picture must have at most {BYTES_MAX} bytes, found {size} in {path}: show less of it.")


def ticket(dsn: str) -> str:
    """One complaint that was extended and answered too late: its page has everything."""
    with psycopg.connect(dsn) as opened:
        found = opened.execute(
            "select ticket_id from core.tickets_as_of where pqrs_type = 'QUEJA' and extension_days > 0 and is_breached "
            "and closed_on is not null and radicado is not null order by opened_at limit 1"
        ).fetchone()
    if found is None:
        raise SystemExit("A run must have a complaint that was extended and answered too late, found none: make demo.")
    return str(found[0])


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with postgres(Settings.read()) as dsn, sync_playwright() as playwright:
        local, address = started(PQR_DASHBOARD_DSN=dsn)
        door, login = started(PQR_DASHBOARD_DSN=dsn, **NO_AUTH)
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=es-CO"])
            light, dark = (
                browser.new_context(locale="es-CO", color_scheme=scheme).new_page() for scheme in ("light", "dark")
            )
            for entry in PAGES:
                where = f"{address}/{'' if entry is PAGES[0] else entry.path}"
                picture(light, where, entry.path)
                picture(dark, where, f"{entry.path}-oscuro")
            shown = f"{address}/solicitudes?solicitud={ticket(dsn)}"
            picture(light, shown, "solicitud")
            picture(dark, shown, "solicitud-oscuro")
            counted = f"{address}/solicitudes?cifra=kpi_sla.breached&month=2026-02-01&pqrs_type=QUEJA&desde=terminos?"
            picture(light, counted, "cifra-abierta")
            picture(light, address, "resumen-telefono", width=TELEPHONE)
            picture(light, shown, "solicitud-telefono", width=TELEPHONE)
            picture(light, login, "ingreso")
            browser.close()
        finally:
            for process in (local, door):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
