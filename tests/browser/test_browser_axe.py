"""What axe, the checker of accessibility, finds on the pages: nothing serious, in either theme."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pqr_dashboard.access.menu import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

AXE = Path(os.environ.get("PQR_AXE") or Path(__file__).parents[2] / ".venv/npm/axe-core/axe.min.js")
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.html.slice(0, 160)}`))"""


@pytest.mark.skipif(
    not AXE.exists(), reason="no axe on this machine: run tools/programs.sh where npm is, or set PQR_AXE"
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
def test_axe_finds_nothing_serious(visits, local, entry, scheme):
    """Names of controls, roles, contrast, order of headings."""
    visit = visits(f"{local.url}/{entry.path}", color_scheme=scheme)
    visit.page.wait_for_timeout(1500)  # charts are drawn after the page
    visit.page.add_script_tag(path=str(AXE))
    assert visit.page.evaluate(RUN) == []
