"""Links of Markdown files: where they lead in the repository, and how the same file is called in the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["COLUMNS", "ROOT", "linked", "links", "rewritten", "uri_of"]

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
COLUMNS = DOCS / "reference/columns.toml"  # what columns mean, of datasets that are no marts
OUTSIDE = "repository"
# Prose and code take turns: a fenced block, `code`, or the target of a link.
TOKEN = re.compile(
    r"^ *(`{3,})[^`\n]*\n.*?^ *\1 *$|`[^`\n]+`|(?<=\]\()(?P<target>[^)\s]+)(?=\))", re.DOTALL | re.MULTILINE
)
ELSEWHERE = re.compile(r"^(?:[a-z][a-z+.-]*:|#)")


def links(text: str) -> Iterator[str]:
    """The targets of links and pictures to files, without what stands in code."""
    for found in TOKEN.finditer(text):
        if found["target"] and not ELSEWHERE.match(found["target"]):
            yield found["target"]


def linked(page: Path) -> Iterator[Path]:
    """The files of the repository that a page links to; of a folder its README or index."""
    for target in links(page.read_text(encoding="utf-8")):
        yield _file(page, target.partition("#")[0])


def uri_of(file: Path) -> str:
    """The place of a file among the sources of the site."""
    if file.is_relative_to(DOCS):
        return file.relative_to(DOCS).as_posix()
    return f"{OUTSIDE}/{file.relative_to(ROOT).as_posix()}"


def rewritten(text: str, page: Path) -> str:
    """The text of a page with links as they must be in the site."""
    return TOKEN.sub(_renaming(page), text)


def _renaming(page: Path) -> Callable[[re.Match[str]], str]:
    folder = posixpath.dirname(uri_of(page))

    def renamed(found: re.Match[str]) -> str:
        target = found["target"]
        if not target or ELSEWHERE.match(target):
            return found[0]
        path, hash_, anchor = target.partition("#")
        return posixpath.relpath(uri_of(_file(page, path)), folder or ".") + hash_ + anchor

    return renamed


def _file(page: Path, path: str) -> Path:
    found = (page.parent / path).resolve()
    if found.is_dir():
        return next((found / name for name in ("README.md", "index.md") if (found / name).is_file()), found)
    return found
