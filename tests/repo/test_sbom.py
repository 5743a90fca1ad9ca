"""What the images are said to be made of is what their builds install. No engine is needed."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("sbom", ROOT / "tools/sbom.py")
sbom = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(sbom)
IMAGES = sbom.images()


def test_every_image_of_the_project_has_one():
    """Whatever Compose runs under a name of ours."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert set(IMAGES) == {service["image"] for service in services if service["image"].startswith("pqr-")}


@pytest.mark.parametrize("image", IMAGES)
def test_it_lists_what_the_build_would_install(image, tmp_path):
    """Neither a package more nor one less, in the same versions, asked of `uv sync` itself."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "sync", "--dry-run", "--offline", *IMAGES[image]]
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(tmp_path / "none"), "UV_PYTHON": sys.executable}
    planned = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stderr
    installed = set(re.findall(r"^ \+ (\S+)==(\S+)", planned, re.MULTILINE))
    ours = set(re.findall(r"^ \+ (\S+) @ file:", planned, re.MULTILINE))
    assert len(installed) > 50
    listed = sbom.listed(image, IMAGES[image], [platform.python_version()])["components"]
    assert {(part["name"], part["version"]) for part in listed if "purl" in part} == installed
    assert {part["name"] for part in listed if "purl" not in part} == ours


@pytest.mark.parametrize("image", IMAGES)
def test_the_same_lock_gives_the_same_document(image):
    """No time and no chance in it, and nothing that depends on a package it does not list."""
    document = sbom.listed(image, IMAGES[image])
    assert document == sbom.listed(image, IMAGES[image])
    refs = {part["bom-ref"] for part in document["components"]}
    assert {entry["ref"] for entry in document["dependencies"]} == refs
    assert {ref for entry in document["dependencies"] for ref in entry["dependsOn"]} <= refs
