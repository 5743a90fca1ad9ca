"""What the dashboard's image leaves out is not missed: it reads for people, and computes and orchestrates nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pqr_dashboard

DOCKERFILE = Path(__file__).parents[1] / "Dockerfile"
PROGRAM = """
import importlib, pkgutil, sys, warnings
for name in {absent}:
    sys.modules[name] = None  # as if it were not installed
warnings.simplefilter("ignore")
import pqr_dashboard
for found in pkgutil.walk_packages(pqr_dashboard.__path__, "pqr_dashboard."):
    if found.name != "pqr_dashboard.app":  # Streamlit runs it
        importlib.import_module(found.name)
import pqr_common.lake.bucket  # as the lake of a stack is opened
print("imported")
"""


def test_every_module_imports_without_what_the_image_leaves_out():
    """The engine's face loads a name when it is asked for, and the domain is light."""
    left_out = set(re.findall(r"--no-install-package (\S+)", DOCKERFILE.read_text(encoding="utf-8")))
    absent = sorted(name.replace("-", "_") for name in left_out if not name.startswith("polars-runtime"))
    assert {"polars", "polars_hash", "duckdb", "distributed"} <= set(absent)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(absent=absent)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("imported"), done.stderr[-2000:]
    assert pqr_dashboard.__name__ == "pqr_dashboard"
