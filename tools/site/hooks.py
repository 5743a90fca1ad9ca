"""What MkDocs asks while it builds the site: files from outside docs/, links to them, and parts made from the code.

A page of docs/ may link to any file of the repository, as it must to work where the repository is read. The site takes
each such file along under `repository/`, so that the link works there too, offline. A line such as
`<!-- from the code: settings -->` is replaced by what `from_code.py` or `from_contracts.py` makes of the code.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import from_code
import from_contracts
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.superfences import fence_code_format
from repository import ROOT, linked, rewritten, uri_of

# From npm, by tools/programs.sh: what draws diagrams, and what lets the search work in a page that no server gave.
MERMAID = ROOT / ".venv/npm/mermaid/dist/mermaid.tiny.js"
SEARCH_IN_FILES = ROOT / ".venv/npm/iframe-worker/shim/index.js"
MARKER = re.compile(r"^<!-- from the code: (\w+) -->$", re.MULTILINE)
PARTS = {**from_code.PARTS, **from_contracts.PARTS}

log = logging.getLogger("mkdocs.hooks")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Take what npm gave; without it diagrams are the text that they are, and the search needs a server."""
    config.extra["polyfills"] = [_uri(SEARCH_IN_FILES)] if SEARCH_IN_FILES.is_file() else []
    if MERMAID.is_file():
        fence = {"name": "mermaid", "class": "mermaid", "format": fence_code_format}
        config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
        config.extra_javascript.append(_uri(MERMAID))
    for program in (MERMAID, SEARCH_IN_FILES):
        if not program.is_file():
            log.info("%s is not there: `make programs` gets it from npm. The site goes without.", program)
    return config


def _uri(program: Path) -> str:
    """Where a program lies in the site."""
    return f"assets/npm/{program.relative_to(ROOT / '.venv/npm').as_posix()}"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what pages link to outside docs/, and what that links to if it is a page."""
    for program in filter(Path.is_file, (MERMAID, SEARCH_IN_FILES)):
        files.append(File.generated(config, _uri(program), abs_src_path=str(program)))
    waiting = [Path(str(file.abs_src_path)).resolve() for file in files.documentation_pages()]
    known = {file.src_uri for file in files}
    while waiting:
        for target in linked(waiting.pop()):
            uri = uri_of(target)
            if uri in known or not target.is_file():
                continue
            known.add(uri)
            files.append(File.generated(config, uri, abs_src_path=str(target)))
            if target.suffix == ".md":
                waiting.append(target)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  MkDocs names them
    text = MARKER.sub(lambda found: PARTS[found[1]](), markdown)
    return rewritten(text, Path(str(page.file.abs_src_path)).resolve())
