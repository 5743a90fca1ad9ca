"""Who looks at the dashboard, and as what."""

from __future__ import annotations

from dataclasses import dataclass

from pqr_common.settings import Settings
from pqr_dashboard.menu import LOCAL

__all__ = ["User", "signed_in"]


@dataclass(frozen=True, slots=True)
class User:
    email: str
    role: str

    @property
    def is_local(self) -> bool:
        return self.role == LOCAL


def signed_in(settings: Settings) -> User:  # noqa: ARG001  the login reads where Auth is
    """The person of this browser session; without Auth, whoever sits at this machine."""
    return User("", LOCAL)
