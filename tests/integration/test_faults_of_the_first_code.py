"""Faults of the first code that take a process, or several at once, to see."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PQR = ROOT / ".venv/bin/pqr"
TRIES = 30
pytestmark = pytest.mark.integration


def test_defect_12_a_damaged_manifest_ends_the_lineage_with_its_code(tmp_path):
    """Exit code 3 and one sentence every time; a thread of Arrow that was young at the end took the process down."""
    with zipfile.ZipFile(ROOT / "tests/golden/lake_v1.zip") as packed:
        packed.extractall(tmp_path / "lake")
    damaged = tmp_path / "lake/manifests/golden-v1/silver.json"
    damaged.write_bytes(damaged.read_bytes()[:4000])
    command = [PQR, "lineage", "breach_rate", "golden-v1"]
    environment = os.environ | {"PQR_HOME": str(tmp_path)}

    def tried(_number):
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(tried, range(TRIES)))
    assert [each.returncode for each in ended] == [3] * TRIES
    assert all("silver.json" in each.stderr and "Traceback" not in each.stderr for each in ended)


START = """
import sys
from pathlib import Path
import psycopg
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.servers import servers
if __name__ == "__main__":
    with servers(Settings(home=Path(sys.argv[1]), workers=1)) as running:
        with psycopg.connect(running.settings.postgres_dsn.get_secret_value()) as opened:
            print(opened.execute("select count(*) from meta.migrations").fetchone()[0])
"""


def test_defect_11_commands_at_once_on_a_fresh_home_share_its_servers(tmp_path):
    """All that `pqr run` starts: whoever comes second waits for the first to have made the databases in the home."""
    program = tmp_path / "start.py"
    program.write_text(START, encoding="utf-8")
    command = [sys.executable, program, tmp_path / "home"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [child.communicate(timeout=400) for child in children]
    assert [child.returncode for child in children] == [0] * 4, said
    assert len({out for out, _ in said}) == 1
