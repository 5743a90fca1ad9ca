"""`pqr --stack doctor`: what can be seen from the host, and what each service sees from where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pqr_common.errors import PqrError, VerificationFailed
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import run_ids
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Stage
from pqr_common.stage.discovery import installed_graph
from pqr_common.stage.executor import package_versions
from pqr_pipeline.audit import findings
from pqr_pipeline.audit.findings import Finding, looked
from pqr_pipeline.audit.leftovers import look_for_leftovers
from pqr_pipeline.containers import trigger
from pqr_pipeline.containers.permissions import Scope, scoped

__all__ = ["examine_service", "examine_stack"]


def examine_stack(settings: Settings) -> Iterator[Finding]:
    """Every finding as it is made; services that live are asked side by side."""
    yield looked("python", findings.python)
    yield looked("versions", findings.versions)
    yield looked("stages", findings.stages)
    yield looked("lake", lambda: _readable(settings))
    yield looked("leftovers", lambda: look_for_leftovers(open_lake(settings.lake), now=datetime.now(UTC)))
    yield looked("postgres", lambda: _postgres(settings))
    live: dict[str, int] = {}
    yield looked("workers", lambda: _workers(settings, live))
    asked = [name for name in installed_graph().stages if live.get(name)]
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        for said in pool.map(lambda name: _asked(name, settings), asked):
            yield from said


def examine_service(
    stage: Stage, settings: Settings, *, versions: Mapping[str, str], scope: Scope
) -> Iterator[Finding]:
    """What this service finds with its own key and way to the cluster; `versions` and `scope` are the asker's."""
    name = stage.name
    yield looked(f"{name} versions", lambda: _same_versions(versions))
    yield looked(
        f"{name} commits", lambda: findings.conditional_puts(open_lake(settings.lake), f"{stage.writes}/emails")
    )
    yield looked(f"{name} scope", lambda: scoped(scope, open_lake(settings.lake)))
    yield looked(f"{name} dask", lambda: findings.dask(settings))


def _readable(settings: Settings) -> str:
    lake = open_lake(settings.lake)
    return f"{lake.url}: {len(run_ids(lake))} runs"


def _postgres(settings: Settings) -> str:
    if settings.postgres_dsn is None:
        raise VerificationFailed("PQR_POSTGRES_DSN must say where the stack's Postgres is, found none: set it.")
    return findings.postgres(settings.postgres_dsn.get_secret_value())


def _workers(settings: Settings, live: dict[str, int]) -> str:
    live.update(trigger.live_workers(settings))
    missing = [pool for pool, count in live.items() if not count]
    if missing:
        raise VerificationFailed(
            f"Every pool must have a live worker, found none in {', '.join(missing)} at {settings.api_url}: start the "
            f"services of these names."
        )
    return ", ".join(f"{pool} {count}" for pool, count in live.items())


def _asked(name: str, settings: Settings) -> list[Finding]:
    try:
        said = trigger.ask_service(name, package_versions(), settings)
        return [Finding(**finding) for finding in json.loads(said)]
    except PqrError as error:
        return [Finding(name, is_good=False, detail=str(error))]


def _same_versions(theirs: Mapping[str, str]) -> str:
    mine = package_versions()
    differing = [f"{n} {mine[n]} here and {v} at the host" for n, v in sorted(theirs.items()) if mine.get(n, v) != v]
    if differing:
        raise VerificationFailed(
            f"Host and services must run the same versions, found {', '.join(differing)}: build the images again, or "
            f"run `make setup`."
        )
    return f"{len(mine)} packages as at the host"
