"""What each image of the project is made of, in CycloneDX, from the lock: `python tools/sbom.py FOLDER`.

An image installs what its Dockerfile's `uv sync` says; the same words are read here, so no engine is needed and nothing
is said twice. The same lock gives the same bytes. Python itself and the packages of the base image belong to the base.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11.0", "3.11.99")  # the base has one between them; what either would install is listed
STAGES = "$stages"  # how the Dockerfile of the stages calls those that were copied into the image


def images() -> dict[str, list[str]]:
    """By name and tag, what `uv sync` of each image is told."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    found = {service["image"]: service["build"] for service in services if "build" in service}
    return {image: _told(build["dockerfile"], build["args"].get("SERVICE", "")) for image, build in found.items()}


def _told(dockerfile: str, service: str) -> list[str]:
    text = re.sub(r"\\\n", " ", (ROOT / dockerfile).read_text(encoding="utf-8"))
    told = re.findall(r"uv sync (.*?)(?:&&|\n)", text)
    if len(told) != 1:
        raise SystemExit(f"{dockerfile} must have one `uv sync`, found {len(told)}: mend tools/sbom.py.")
    words = told[0].replace(STAGES, " ".join(f"--package {name}" for name in _stages(service))).split()
    return [word for word in words if word != "--quiet"]


def _stages(service: str) -> Iterable[str]:
    for path in sorted(ROOT.glob(f"services/{service or '*'}/pyproject.toml")):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        if "pqr.stages" in project.get("entry-points", {}):
            yield project["name"]


def listed(image: str, told: list[str], pythons: Iterable[str] = PYTHONS) -> dict[str, Any]:
    """The document of an image."""
    uv = Path(sys.executable).with_name("uv")
    words = [word.replace("--no-install-package", "--no-emit-package") for word in told]
    command = [uv, "export", "--quiet", "--offline", "--format", "cyclonedx1.5", *words]
    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found = json.loads(made.stdout)
    root = found["metadata"]["component"]  # a package that was asked for alone, or all of this repository
    parts = [root] * (root["name"] in told) + [part for part in found["components"] if _is_installed(part, pythons)]
    refs = {part["bom-ref"] for part in parts}
    name, version = image.split(":")
    return {
        **{key: found[key] for key in ("bomFormat", "specVersion", "version")},
        "metadata": {
            "tools": found["metadata"]["tools"],
            "component": {"type": "container", "bom-ref": image, "name": name, "version": version},
        },
        "components": parts,
        "dependencies": [
            {"ref": entry["ref"], "dependsOn": [ref for ref in entry.get("dependsOn", ()) if ref in refs]}
            for entry in found["dependencies"]
            if entry["ref"] in refs
        ],
    }


def _is_installed(part: dict[str, Any], pythons: Iterable[str]) -> bool:
    markers = [p["value"] for p in part.get("properties", ()) if p["name"] == "uv:package:marker"]
    environments = [
        {"python_full_version": python, "python_version": ".".join(python.split(".")[:2]), "sys_platform": "linux",
         "implementation_name": "cpython", "platform_python_implementation": "CPython"}
        for python in pythons
    ]  # fmt: skip
    return all(any(Marker(marker).evaluate(environment) for environment in environments) for marker in markers)


def main() -> None:
    """One file an image."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for image, told in images().items():
        document = listed(image, told)
        path = folder / f"{document['metadata']['component']['name']}.json"
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}: {len(document['components'])} packages\n")


if __name__ == "__main__":
    main()
