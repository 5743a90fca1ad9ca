"""Every link from one file of the repository to another leads somewhere, as it is read where the repository is."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("repository", ROOT / "tools/site/repository.py")
repository = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(repository)


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def anchors(page: Path) -> set[str]:
    """The names of its headings, as GitHub and MkDocs make them."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ +(.+?) *$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """To a file or folder that is there and, in Markdown, to a heading; headings from the code are the site's to check."""
    for link in repository.links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        assert target.exists(), f"{link} must lead to a file, found none at {target}"
        if anchor and "<!-- from the code" not in target.read_text(encoding="utf-8"):
            assert anchor in anchors(target), f"{link} must lead to a heading, found {sorted(anchors(target))}"


def test_links_in_code_are_no_links():
    """What looks like one there is left alone."""
    text = "[a](b.md) `[c](d.md)`\n\n```text\n[e](f.md)\n```\n[g](https://h.example) [i](#j) ![k](l.png)"
    assert list(repository.links(text)) == ["b.md", "l.png"]


def test_links_are_rewritten_for_the_site():
    """A page of docs/ keeps its place there, and all others lie below one folder."""
    text = "[why](decisions/0001-manifests.md) [room](../libs/pqrs/README.md#x) [rows](../services/gold)"
    told = repository.rewritten(text, ROOT / "docs/scale.md")
    assert list(repository.links(told)) == [
        "decisions/0001-manifests.md", "repository/libs/pqrs/README.md#x", "repository/services/gold/README.md",
    ]  # fmt: skip
    back = repository.rewritten("[up](../../docs/scale.md)", ROOT / "libs/pqrs/README.md")
    assert list(repository.links(back)) == ["../../../scale.md"]
