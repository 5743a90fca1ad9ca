"""What commands do that make something happen: on an embedded stack, or on the running one that the settings name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, refuse_unserved
from pqr_pipeline.command import summary
from pqr_pipeline.command.called import called
from pqr_pipeline.command.interruption import continued_by
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.embedded.room import must_fit
from pqr_pipeline.flow.live import last_loaded
from pqr_pipeline.telling import ending
from pqrs.parameters import Parameters

if TYPE_CHECKING:
    from pqr_pipeline.audit.findings import Finding
    from pqr_pipeline.retention.sweep import Swept

__all__ = ["How", "clean", "examine", "run_and_show", "run_stage_and_show"]


@dataclass(frozen=True, slots=True)
class How:
    """Forced: also where it is not sure to fit on this machine's disks. Published: Postgres shows it at the end."""

    is_forced: bool = False
    is_published: bool = True


def run_and_show(
    run_id: str, parameters: Parameters | None, *, settings: Settings, screen: Screen, how: How | None = None
) -> None:
    """Run the pipeline, or continue a run when there are no parameters, and show its figures."""
    from pqr_pipeline.audit.example import complaint
    from pqr_pipeline.audit.lineage import headline

    lake, how = open_lake(settings.lake), how or How()
    before = last_loaded(lake)
    (_on_stack if settings.api_url else _embedded)(run_id, parameters, settings=settings, screen=screen, how=how)
    figures, followed, shown = headline(lake, run_id), complaint(lake, run_id), last_loaded(lake)
    digests = {layer: manifest.digest for layer, manifest in RunRecords(lake, run_id).manifests().items()}
    replaced = before if before != shown else None
    told = {"run_id": run_id, "headline": figures, "manifests": digests, "replaced": replaced, "complaint": followed}
    screen.value(told)
    screen.headline(run_id, figures)
    pqr, is_shown = called(is_stack=settings.api_url is not None), run_id == shown
    if replaced:
        screen.say(ending.replaced(replaced, pqr))
    screen.say(ending.next_steps(run_id, pqr, is_stack=settings.api_url is not None, is_published=is_shown))
    if followed:
        screen.say(ending.one_complaint(followed, run_id, pqr, is_published=is_shown))


def run_stage_and_show(name: str, run_id: str, *, settings: Settings, screen: Screen) -> None:
    """Run one stage of a declared run and show what it made."""
    lake = open_lake(settings.lake)
    records = RunRecords(lake, run_id)
    records.parameters()
    before = last_loaded(lake)
    with screen.progress() as progress:
        if settings.api_url:
            from pqr_pipeline.containers.trigger import stage_on_stack

            stage_on_stack(name, run_id, settings=settings, progress=progress)
        else:
            from pqr_pipeline.embedded import servers
            from pqr_pipeline.flow.runs import run_single_stage

            with servers.postgres_and_dask(settings) as (ready, executor):
                run_single_stage(name, run_id, settings=ready, executor=executor, progress=progress)
    manifest = records.upstream(records.graph().layer_of(name))
    screen.value({"run_id": run_id, "stage": name, "digest": manifest.digest, "rows": summary.rows_of(manifest)})
    for dataset, rows in summary.rows_of(manifest).items():
        screen.say(f"{manifest.layer}/{dataset}: {rows:,} rows")
    if before and before != last_loaded(lake):
        screen.say(ending.replaced(before, called(is_stack=settings.api_url is not None)))


def examine(settings: Settings) -> Iterator[Finding]:
    """What a run needs, on this machine or in the stack that the settings name."""
    if settings.api_url:
        from pqr_pipeline.containers.doctor import examine_stack

        return examine_stack(settings)
    from pqr_pipeline.embedded import doctor

    return doctor.examine(settings)


def clean(settings: Settings) -> Swept:
    """Remove what nobody needs from the lake, and say what it was."""
    from pqr_pipeline.audit.leftovers import removed

    return removed(open_lake(settings.lake), now=datetime.now(UTC))


def _on_stack(run_id: str, parameters: Parameters | None, *, settings: Settings, screen: Screen, how: How) -> None:
    """The stack declares the run: who triggers it may not be allowed to write."""
    from pqr_pipeline.containers.trigger import run_on_stack

    if parameters is not None:
        refuse_unserved(parameters)
    else:
        RunRecords(open_lake(settings.lake), run_id).parameters()
    with screen.progress() as progress:
        run_on_stack(run_id, parameters, settings=settings, progress=progress, is_published=how.is_published)


def _embedded(run_id: str, parameters: Parameters | None, *, settings: Settings, screen: Screen, how: How) -> None:
    from pqr_pipeline.embedded import servers
    from pqr_pipeline.flow.runs import is_finished, run_pipeline

    lake = open_lake(settings.lake)
    if parameters is not None:
        if not how.is_forced and run_id not in run_ids(lake):
            refuse_unserved(parameters)
            must_fit(parameters, settings)
        declare(lake, run_id, parameters)
    else:
        RunRecords(lake, run_id).parameters()
    if is_finished(run_id, settings, is_published=how.is_published):
        screen.say(f"Run {run_id} is complete already; nothing was done.")
        return
    with continued_by(f"retry {run_id}"), contextlib.ExitStack() as running:
        with screen.waiting("Starting Postgres, Dask and Prefect"):
            ready = running.enter_context(servers.servers(settings))
        with screen.progress() as progress:
            run_pipeline(run_id, ready, progress, is_published=how.is_published)
