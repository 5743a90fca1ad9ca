"""Python in the docs gives what it says it gives."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)  # one with a title is a file: test_toy.py
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_give_what_they_say(page):
    """As a person would type them, from the top of the page on."""
    typed = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    said: list[str] = []
    example = doctest.DocTestParser().get_doctest(typed, {}, page.stem, str(page), 0)
    found = doctest.DocTestRunner().run(example, out=said.append)
    assert found.attempted > 0
    assert found.failed == 0, "".join(said)
