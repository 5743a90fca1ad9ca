"""The dashboard behind TLS, by a real nginx with the configuration of deploy/proxy and a certificate made here."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import ipaddress
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pqr_dashboard.access.auth import ADDRESS_HEADER
from pqr_dashboard.access.cookie import SECURE
from pqr_dashboard.access.menu import menu_of
from pqr_pipeline.embedded.process import free_port

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / ".venv/nginx/nginx"
NGINX = os.environ.get("PQR_NGINX") or shutil.which("nginx") or (str(UNPACKED) if UNPACKED.exists() else None)
WHY_NOT = "no nginx on this machine: run tools/programs.sh on Debian, or set PQR_NGINX to one"
PERSON, PASSWORD = "ejecutivo@entidad.example", "una-contraseña-larga"
ELSEWHERE = "127.0.0.9"  # an address of this machine that stands for somebody else's
MAIN = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}"""


def certificate(folder):
    """For 127.0.0.1, by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now, not_valid_after=now + datetime.timedelta(days=1),
    ).add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)  # fmt: skip
    encoding = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tablero.key").write_bytes(key.private_bytes(encoding, *plain))
    (folder / "tablero.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(encoding))


@pytest.fixture
def proxied(tmp_path):
    """Put an nginx before a dashboard: from it to the ports with and without TLS."""
    if NGINX is None:
        (pytest.fail if os.environ.get("PQR_REQUIRE_PROGRAMS") == "1" else pytest.skip)(WHY_NOT)
    certificate(tmp_path)
    started = []

    def start(dashboard):
        tls, plain = free_port(), free_port()
        site = (ROOT / "deploy/proxy/nginx.conf").read_text(encoding="utf-8")
        for written, here in (("/etc/ssl/pqr", str(tmp_path)), ("listen 80;", f"listen 127.0.0.1:{plain};"),
                              ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
                              ("127.0.0.1:8501", f"127.0.0.1:{dashboard.port}")):  # fmt: skip
            assert written in site
            site = site.replace(written, here)
        (tmp_path / "site.conf").write_text(site)
        (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path))
        nginx = subprocess.Popen([NGINX, "-e", "stderr", "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.PIPE)
        started.append(nginx)
        for _ in range(100):
            if nginx.poll() is not None:
                pytest.fail(nginx.stderr.read().decode())
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", tls)):
                break
            time.sleep(0.05)
        return tls, plain

    yield start
    for nginx in started:
        nginx.terminate()
        nginx.wait(10)
        nginx.stderr.close()


@pytest.fixture
def from_elsewhere():
    """A way to a port whose connections come from another address; from the port to one that leads there."""
    servers = []

    def lead(port):
        class Way(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", port), source_address=(ELSEWHERE, 0)) as there:
                    back = threading.Thread(target=copied, args=(there, self.request))
                    back.start()
                    copied(self.request, there)
                    back.join()

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Way)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1]

    yield lead
    for server in servers:
        server.shutdown()
        server.server_close()


def copied(source, target):
    with contextlib.suppress(OSError):
        while said := source.recv(65536):
            target.sendall(said)
        target.shutdown(socket.SHUT_WR)


def test_one_signs_in_through_the_proxy(visits, behind_login, proxied):
    """By its websocket; the cookie is for TLS alone, and keeps the session as it does without a proxy."""
    tls, _ = proxied(behind_login)
    visit = visits(f"https://127.0.0.1:{tls}/terminos", ignore_https_errors=True).sign_in(PERSON)
    for _ in range(2):
        assert visit.heading == "Términos"
        assert visit.menu == [entry.title for entry in menu_of("executive")]
        visit.page.reload()
        visit.settled()
    (cookie,) = [found for found in visit.page.context.cookies() if "session" in found["name"]]
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == (SECURE, True, True)
    visit.page.get_by_role("button", name="Cerrar sesión").click()
    visit.page.get_by_label("Contraseña", exact=True).wait_for()


def test_without_tls_one_is_sent_there_and_does_not_come_back(behind_login, proxied):
    """A browser that was there once asks for nothing without TLS again."""
    tls, plain = proxied(behind_login)
    sent = httpx.get(f"http://127.0.0.1:{plain}/terminos")
    assert (sent.status_code, sent.headers["location"]) == (301, "https://127.0.0.1/terminos")
    found = httpx.get(f"https://127.0.0.1:{tls}/", verify=False)
    assert found.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(("origin", "status"), [("https://127.0.0.1:{}", 101), ("https://elsewhere.example", 403)])
def test_only_pages_of_the_proxys_host_get_a_socket(behind_login, proxied, origin, status):
    """With nothing allowed in Streamlit besides."""
    tls, _ = proxied(behind_login)
    asked = http.client.HTTPSConnection("127.0.0.1", tls, context=ssl._create_unverified_context())
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": origin.format(tls),
               "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}  # fmt: skip
    asked.request("GET", "/_stcore/stream", headers=headers)
    assert asked.getresponse().status == status
    asked.close()


@pytest.fixture
def counting(dashboards, published, auth_with):
    """A dashboard whose Auth counts attempts by address, as in the stack."""
    auth = auth_with(limited_by=ADDRESS_HEADER, attempts=10)
    auth.seed(PERSON, PASSWORD, app_metadata={"role": "executive"})
    return dashboards(dashboard_dsn=published, auth_url=auth.url, auth_jwt_secret=auth.secret), auth


def test_attempts_are_counted_by_the_address_that_the_proxy_saw(visits, counting, proxied, from_elsewhere):
    """Whoever guesses from elsewhere hinders nobody here, and cannot say to be another."""
    dashboard, auth = counting
    tls, _ = proxied(dashboard)
    body, guesses = {"email": PERSON, "password": "otra"}, 0
    while (
        httpx.post(f"{auth.url}/token?grant_type=password", json=body, headers={ADDRESS_HEADER: ELSEWHERE}).status_code
        != 429
    ):
        guesses += 1
        assert guesses < 60
    lie = {"ignore_https_errors": True, "extra_http_headers": {ADDRESS_HEADER: "203.0.113.9"}}
    guessing = visits(f"https://127.0.0.1:{from_elsewhere(tls)}", **lie).sign_in(PERSON)
    assert "Hubo demasiados intentos seguidos." in guessing.text
    guessing.troubles.clear()
    here = visits(f"https://127.0.0.1:{tls}", ignore_https_errors=True).sign_in(PERSON)
    assert here.menu == [entry.title for entry in menu_of("executive")]
