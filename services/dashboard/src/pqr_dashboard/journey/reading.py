"""How whoever looks may read a mail: whole, masked, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pqr_dashboard.journey.masking import masked, masked_line

__all__ = ["MASKED", "WHOLE", "Reader"]

WHOLE, MASKED = ("operator", "local"), ("analyst",)  # roles; whoever is in neither reads no mail
TEXTS = ("from_name", "from_address", "to_addresses", "subject", "body")
INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Reader:
    """`names` are those that the headers of the thread tell of people who wrote to the entity."""

    role: str
    names: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, role: str, mails: Iterable[Mapping[str, Any]] = ()) -> Reader:
        return cls(role, tuple(sorted({mail["from_name"] for mail in mails if mail["direction"] == INBOUND})))

    @property
    def may_read(self) -> bool:
        return self.role in (*WHOLE, *MASKED)

    @property
    def is_masked(self) -> bool:
        return self.role not in WHOLE

    def text(self, text: str) -> str:
        return self._read(text, masked)

    def line(self, line: str) -> str:
        """The same of a raw line, which is JSON."""
        return self._read(line, masked_line)

    def mail(self, mail: Mapping[str, Any]) -> dict[str, Any]:
        """A row of bronze/emails as it may be read."""
        return dict(mail) | {name: self.text(mail[name]) for name in TEXTS}

    def _read(self, text: str, mask: Callable[[str, Iterable[str]], str]) -> str:
        return mask(text, self.names) if self.is_masked else text
