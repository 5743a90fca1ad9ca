"""What Supabase Auth does, without HTTP: users and their passwords, tokens, sessions whose refresh tokens rotate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import jwt
from store import Record, Store

SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
PASSWORD_LENGTH_MIN = 6
REFRESH_TOKEN = re.compile(r"[\w-]{12}")
WRONG = (400, "invalid_credentials", "Invalid login credentials")


class Refused(Exception):
    """An answer that is an error: status, GoTrue's code for it and its sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def hashed(password: str, salt: bytes) -> str:
    digest = hashlib.scrypt(password.encode(), salt=salt, **SCRYPT)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_password(password: str, stored: str) -> bool:
    """Takes as long for a user that does not exist, whose hash is empty."""
    salt = base64.b64decode(stored.split("$")[1]) if stored else b"nobody"
    return hmac.compare_digest(hashed(password, salt), stored)


def verified(token: str, secret: str) -> Record:
    """The claims of a token signed with the secret and not expired."""
    try:
        # not for whom it is: GoTrue's own calls do not look at that
        claims: Record = jwt.decode(
            token, secret, algorithms=["HS256"], options={"require": ["exp"], "verify_aud": False}
        )
    except jwt.InvalidTokenError:
        raise Refused(403, "bad_jwt", "invalid JWT: unable to parse or verify signature") from None
    return claims


class Auth:
    """What the calls do, without HTTP."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.secret = environment["GOTRUE_JWT_SECRET"]
        self.audience = environment.get("GOTRUE_JWT_AUD", "authenticated")
        self.issuer = environment.get("GOTRUE_JWT_ISSUER")
        self.lifetime = int(environment.get("GOTRUE_JWT_EXP", "3600"))
        self.admins = environment.get("GOTRUE_JWT_ADMIN_ROLES", "service_role,supabase_admin").split(",")
        self.store = Store(environment.get("GOTRUE_DB_DATABASE_URL", ""))

    def user_of(self, token: str) -> tuple[Record, str]:
        """The user and the session of a token; a session that was ended is none."""
        claims = verified(token, self.secret)
        user = self.store.get("user", claims.get("sub", ""))
        if user is None:
            raise Refused(403, "user_not_found", "User from sub claim in JWT does not exist")
        if self.store.get("session", claims.get("session_id", "")) is None:
            raise Refused(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return user, claims["session_id"]

    def require_admin(self, token: str) -> None:
        if verified(token, self.secret).get("role") not in self.admins:
            raise Refused(403, "not_admin", "User not allowed")

    def sign_in(self, given: dict[str, Any]) -> Record:
        if not given.get("email"):
            raise Refused(400, "validation_failed", "missing email or phone")
        if "\0" in str(given["email"]):
            raise Refused(500, "unexpected_failure", "Database error querying schema")
        user = self.named(str(given["email"]))
        is_right = is_password(str(given.get("password", "")), user["password"] if user else "")
        if user is None or not is_right:
            raise Refused(*WRONG)
        if not user["email_confirmed_at"]:
            raise Refused(400, "email_not_confirmed", "Email not confirmed")
        session = str(uuid.uuid4())
        self.store.put("session", session, {"user": user["id"], "created_at": now()})
        self.store.put("user", user["id"], user | {"last_sign_in_at": now(), "updated_at": now()})
        return self.issued(user, session, self.refresh_token(user, session, None))

    def refresh(self, given: dict[str, Any]) -> Record:
        """Each refresh token works once. Its parent works too, for a client that lost the answer; an older one is
        taken for stolen, and ends its whole family."""
        token = str(given.get("refresh_token", ""))
        if not REFRESH_TOKEN.fullmatch(token):
            raise Refused(400, "validation_failed", "Refresh token is not valid")
        found = self.store.get("refresh", token)
        user = self.store.get("user", found["user"]) if found else None
        if found is None or user is None or self.store.get("session", found["session"]) is None:
            raise Refused(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        family = [other for other in self.store.all("refresh") if other["session"] == found["session"]]
        active = next((other for other in family if not other["revoked"]), None)
        if found["revoked"] and active and active["parent"] == token:
            return self.issued(user, found["session"], active["token"])
        if found["revoked"]:
            for other in family:
                self.store.put("refresh", other["token"], other | {"revoked": True})
            raise Refused(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        self.store.put("refresh", token, found | {"revoked": True})
        return self.issued(user, found["session"], self.refresh_token(user, found["session"], token))

    def refresh_token(self, user: Record, session: str, parent: str | None) -> str:
        token = secrets.token_urlsafe(9)
        record = {"token": token, "user": user["id"], "session": session, "parent": parent, "revoked": False}
        self.store.put("refresh", token, record)
        return token

    def issued(self, user: Record, session: str, refresh_token: str) -> Record:
        at = int(time.time())
        claims = {
            **({"iss": self.issuer} if self.issuer else {}),
            "sub": user["id"], "aud": user["aud"], "exp": at + self.lifetime, "iat": at,
            "email": user["email"], "phone": "", "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"], "role": user["role"], "aal": "aal1",
            "amr": [{"method": "password", "timestamp": at}], "session_id": session, "is_anonymous": False,
        }  # fmt: skip
        return {
            "access_token": jwt.encode(claims, self.secret, algorithm="HS256"), "token_type": "bearer",
            "expires_in": self.lifetime, "expires_at": at + self.lifetime, "refresh_token": refresh_token,
            "user": self.shown(user),
        }  # fmt: skip

    def sign_out(self, token: str, scope: str) -> None:
        user, session = self.user_of(token)
        if scope not in ("", "global", "local", "others"):
            raise Refused(400, "validation_failed", f'Unsupported logout scope "{scope}"')
        for kind, name in list(self.store.records):
            record = self.store.records[kind, name]
            of_this = name == session if kind == "session" else record.get("session") == session
            is_meant = {"local": of_this, "others": not of_this}.get(scope, True)
            if kind in ("session", "refresh") and record["user"] == user["id"] and is_meant:
                self.store.remove(kind, name)

    def named(self, email: str) -> Record | None:
        return next((user for user in self.store.all("user") if user["email"] == email.lower()), None)

    def create(self, given: dict[str, Any]) -> Record:
        email = str(given.get("email", "")).lower()
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            raise Refused(400, "validation_failed", "Unable to validate email address: invalid format")
        if self.named(email):
            raise Refused(422, "email_exists", "A user with this email address has already been registered")
        user = {
            "id": str(uuid.uuid4()), "aud": self.audience, "role": given.get("role") or "authenticated",
            "email": email, "email_confirmed_at": None, "created_at": now(), "last_sign_in_at": None,
            "app_metadata": {"provider": "email", "providers": ["email"]}, "user_metadata": {}, "password": "",
        }  # fmt: skip
        return self.update(user, {"password": secrets.token_urlsafe(32)} | given)

    def update(self, user: Record, given: dict[str, Any]) -> Record:
        """Metadata is merged; a new password ends the sessions that the old one began."""
        user = user | {"updated_at": now()}
        for name in ("app_metadata", "user_metadata"):
            user[name] = {k: v for k, v in (user[name] | (given.get(name) or {})).items() if v is not None}
        if given.get("email_confirm"):
            user["email_confirmed_at"] = user["email_confirmed_at"] or now()
            user["user_metadata"]["email_verified"] = True
        if "password" in given:
            if len(str(given["password"])) < PASSWORD_LENGTH_MIN:
                raise Refused(422, "weak_password", f"Password should be at least {PASSWORD_LENGTH_MIN} characters.")
            user["password"] = hashed(str(given["password"]), secrets.token_bytes(16))
            self.forget(user["id"])
        self.store.put("user", user["id"], user)
        return self.shown(user)

    def forget(self, user: str) -> None:
        for kind, name in [key for key, record in self.store.records.items() if record.get("user") == user]:
            self.store.remove(kind, name)

    def shown(self, user: Record) -> Record:
        return {name: value for name, value in user.items() if name != "password"} | {"identities": []}
