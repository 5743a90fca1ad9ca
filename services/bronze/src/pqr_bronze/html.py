"""HTML bodies as the text that a person reads in them. Pure.

No parser builds a tree here, because its depth would be the sender's choice (40,000 nested `div` cost a good one 13 s):
the text is read once, from left to right, whatever stands in it.
"""

from __future__ import annotations

import re
from html import unescape

__all__ = ["plain_text"]

LINE_END = 2  # the group of what ends a line
MARK = re.compile(
    r"<(?:!--.*?(?:-->|\Z)|(head|script|style)\b.*?(?:</\1\b[^<>]*>|\Z)"  # nobody sees what stands in these
    r"|((?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^<>]*>)|/?[a-z!?][^<>]*>)",
    re.IGNORECASE | re.DOTALL,
)


def plain_text(html: str) -> str:
    """The text with the line ends that it shows; line ends of the source are spaces, as in a browser."""
    text = html.replace("\n", " ").replace("<br>", "\n")  # the usual one, quickly
    text = MARK.sub(lambda mark: "\n" if mark.lastindex == LINE_END else "", text)
    return "\n".join(line.strip() for line in unescape(text).strip().split("\n"))
