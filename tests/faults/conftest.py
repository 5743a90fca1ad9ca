"""What the fault matrix stands on, once for all cells; what is shared lies beside it, where pytest does not look by itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from fault_cells import House, house_at
from fault_page import Page

PAGE = os.environ.get("PQR_FAULT_PAGE")  # read before tests take a person's settings away


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, s3_endpoint: str) -> Iterator[House]:
    """A cluster, a Postgres, a store, and a clean run to compare with."""
    with house_at(tmp_path_factory.mktemp("faults"), s3_endpoint) as made:
        yield made


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Collects what cells end in."""
    return Page(Path(f"{PAGE}.d") if PAGE else tmp_path_factory.mktemp("page"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page where `make test-faults` says, once all who work on it have ended."""
    if PAGE and not hasattr(session.config, "workerinput"):
        Path(PAGE).write_text(Page(Path(f"{PAGE}.d")).text(), encoding="utf-8")
        shutil.rmtree(f"{PAGE}.d")
