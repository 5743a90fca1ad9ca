"""Bodies as HTML, done to their rows of fragments: another begin and end, tags for line ends, escapes."""

from __future__ import annotations

from dataclasses import dataclass

from pqr_generator.draws import Ints
from pqr_generator.lines.fragments import Fragments, Ids
from pqr_generator.lines.layout import COLUMN, span
from pqr_generator.schema import HTML_VERSION

__all__ = ["Markup"]

# What a mail program puts around a text: one of the web, one of an office. Without double quotation marks, as in JSON.
FRAMES = (
    ("<div dir='ltr'>", "</div>"),
    ("<html><body lang=ES-CO><p class=MsoNormal>", "</p></body></html>"),
)
BODY = span("body")


def _as_html(text: bytes) -> bytes:
    """Text that stands inside a JSON string."""
    escaped = text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return escaped.replace(b"\\n", b"<br>")


@dataclass(frozen=True, slots=True, eq=False)
class Markup:
    """Numbers of the fragments that HTML needs."""

    version: int
    content_type: int
    begin: int
    end: int
    twins: Ids  # by number of a fragment: the same text, marked up

    @classmethod
    def of(cls, fragments: Fragments) -> Markup:
        """Of all that was collected before."""
        return cls(
            twins=fragments.twins(_as_html),
            version=fragments.raw(f'{{"schema_version":"{HTML_VERSION}",'),
            content_type=fragments.raw('"content_type":"text/html",'),
            begin=fragments.raw(*(f'"body":"{begin}' for begin, _ in FRAMES)),
            end=fragments.raw(*(f'{end}",' for _, end in FRAMES)),
        )

    def apply(self, ids: Ids, rows: Ints, bits: Ints) -> None:
        """Mark up the bodies of these rows, each by the program that its 16 bits choose."""
        program = bits * len(FRAMES) >> 16
        ids[rows, BODY] = self.twins[ids[rows, BODY]]
        ids[rows, COLUMN["schema_version"]] = self.version
        ids[rows, COLUMN["content_type"]] = self.content_type
        ids[rows, COLUMN["body"]] = self.begin + program
        ids[rows, COLUMN["body.end"]] = self.end + program
