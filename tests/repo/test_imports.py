"""The import law: rooms look down only, services never see each other, the engine knows no domain. An AST walk."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
ENGINE = [path for path in SOURCES if path.parts[-3] == "pqr_common" or path.parts[-2] == "pqr_common"]
ROOMS = {path.name: path.parents[1] for path in [*ROOT.glob("libs/*/src/*"), *ROOT.glob("services/*/src/*")]}
SERVICES = {name for name, room in ROOMS.items() if room.parent.name == "services"}
BELOW = {"pqr_common": set(), "pqrs": {"pqr_common"}}  # whoever is not named may import both

# A module is pure unless it stands here: it never asks the world anything, nor a module that does.
TOUCHES_THE_WORLD = {
    "pqr_common.lake.*": "disks and stores",
    "pqr_common.installed": "what is installed",
    "pqr_common.manifest.runs": "records in the lake",
    "pqr_common.manifest.attempts": "records in the lake",
    "pqr_common.manifest.graph": "asks the domain what the first lakes did not write down",
    "pqr_common.manifest.codec": "asks it too",
    "pqr_common.process.*": "the edges of a process",
    "pqr_common.stage.*": "runs stages; `declaration` alone is pure",
    "pqr_common.testing": "fakes of the world",
    "pqr_pipeline.*": "runs everything; pure are those below",
    "*.__main__": "a program",
    "*.stage": "a declaration that a program runs",
    "pqr_loader.postgres.*": "Postgres",
    "pqr_dashboard.access.*": "who is signed in",
    "pqr_dashboard.app": "what Streamlit runs",
    "pqr_dashboard.pages.*": "pages, as Streamlit draws them",
    "pqr_dashboard.view.widgets": "what pages are made of, as Streamlit draws it",
    "pqr_dashboard.warehouse": "Postgres",
}
PURE_ALL_THE_SAME = (
    "pqr_common.stage.declaration",
    "pqr_pipeline.exports.lineage_graph",
)
WORLD = {
    "os", "pathlib", "time", "random", "socket", "subprocess", "structlog", "prometheus_client", "distributed",
    "boto3", "psycopg", "prefect", "streamlit", "adbc_driver_postgresql",
}  # fmt: skip

# Whoever takes more of the engine than its public face, and why.
DEEPER = {
    "pqr_pipeline": "drives and audits what services only declare",
}
