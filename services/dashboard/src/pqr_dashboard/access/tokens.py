"""What a token of Supabase Auth says, once it is proved to be one. Pure but for the clock that `exp` is held to.

Only HS256 with the shared secret is taken: a token names its own algorithm, and believing it would let `none` and
public keys used as secrets pass. The role is read from `app_metadata`, which only administrators write; people may
write anything into their `user_metadata`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jwt

from pqr_common.errors import PqrError
from pqr_dashboard.access.menu import LOCAL, ROLES

__all__ = ["Claims", "Expired", "Forged", "NoRole", "Untrusted", "Verifier"]

ALGORITHM = "HS256"
LEEWAY_SECONDS = 5  # between two clocks
REQUIRED = ("exp", "aud", "sub")
GRANTED = frozenset(ROLES) - {LOCAL}  # no token makes anybody local


class Untrusted(PqrError):
    """A token that opens nothing."""


class Forged(Untrusted):
    pass


class Expired(Untrusted):
    pass


class NoRole(Untrusted):
    pass


@dataclass(frozen=True, slots=True)
class Claims:
    email: str
    role: str
    expires_at: int  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whom to believe: who has the secret, for this audience and, if it is given, by this issuer."""

    secret: str = field(repr=False)
    audience: str
    issuer: str | None = None

    def claims(self, token: str) -> Claims:
        """Raises Forged, Expired or NoRole."""
        try:
            found = jwt.decode(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise Expired("A token must not be past its time, found one that is: sign in again.") from None
        except jwt.InvalidTokenError as error:
            raise Forged(
                f"A token must be one of Auth's for {self.audience!r}, found {type(error).__name__}: sign in again."
            ) from None
        return Claims(str(found.get("email", "")), _role(found), int(found["exp"]))


def _role(found: dict[str, Any]) -> str:
    metadata = found.get("app_metadata")
    role = metadata.get("role") if isinstance(metadata, dict) else None
    if not isinstance(role, str) or role not in GRANTED:
        raise NoRole(
            f"app_metadata.role must be one of {', '.join(sorted(GRANTED))}, found {role!r}: an administrator sets it."
        )
    return role
