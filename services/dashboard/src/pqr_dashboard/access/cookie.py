"""The cookie that keeps somebody signed in over a reload, in another window, and when the socket falls.

It holds the secret of a session (`sessions.py`) and no token, and scripts cannot read it. Streamlit cannot set one, so
a window that signed in asks this address with its ticket in a header, which a page of another site may not send.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pqr_dashboard.access.sessions import SESSIONS

__all__ = ["ENTER", "LEAVE", "ROUTES", "name"]

PATH = "/sesion"
TICKET = "X-PQR-Ticket"
PLAIN, SECURE = "pqr-session", "__Host-pqr-session"  # of the second a browser knows that only this host set it, by TLS

# What a window does once somebody signed in there, and when its cookie opens nothing any more.
ENTER = f'<script>fetch("{PATH}",{{method:"POST",headers:{{"{TICKET}":"%s"}}}}).then(()=>location.reload())</script>'
LEAVE = f'<script>fetch("{PATH}",{{method:"DELETE"}})</script>'


def name(origin: str) -> str:
    """What the cookie is called at the address that a browser says it is at, with every POST, DELETE and socket."""
    return SECURE if origin.startswith("https://") else PLAIN


def _enter(request: Request) -> Response:
    secret = SESSIONS.redeem(request.headers.get(TICKET, ""))
    if secret is None:
        return Response(status_code=403)
    cookie = name(request.headers.get("Origin", ""))
    answer = Response(status_code=204)
    answer.set_cookie(cookie, secret, secure=cookie == SECURE, httponly=True, samesite="strict")
    return answer


def _leave(request: Request) -> Response:
    """Take away a cookie that opens nothing; one that does stays, whoever asks."""
    cookie = name(request.headers.get("Origin", ""))
    answer = Response(status_code=204)
    if not SESSIONS.is_live(request.cookies.get(cookie, "")):
        answer.delete_cookie(cookie, secure=cookie == SECURE, httponly=True, samesite="strict")
    return answer


ROUTES = (Route(PATH, _enter, methods=["POST"]), Route(PATH, _leave, methods=["DELETE"]))
