"""The small inbox that every exercise works on, made by the platform's own stages in the lab's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Manifest
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, stage_named
from pqr_common.stage.driver import Progress, run_stage
from pqr_common.stage.executor import Inline
from pqr_pipeline.audit.scan import whole
from pqrs.parameters import Parameters

__all__ = ["HOME", "LAST", "RUN", "Inbox", "make"]

HOME = ".lab"  # a folder that holds one is a lab
RUN = "lab"
STAGES = ("generator", "bronze", "silver", "gold")
LAST = "gold"  # the layer with which it is whole
TICKETS_PER_BUSINESS_DAY = 40


@dataclass(frozen=True)
class Inbox:
    """The run that exercises look at; `settings` are those of its own stack, whatever the environment says."""

    folder: Path
    given: Settings = field(default_factory=Settings.read)

    @property
    def settings(self) -> Settings:
        home = self.folder / HOME
        own = {"home": home, "lake_url": (home / "lake").as_uri()}
        return self.given.with_(**own, workers=2, postgres_dsn=None, scheduler=None, api_url=None)

    @cached_property
    def lake(self) -> Lake:
        return open_lake(self.settings.lake)

    @property
    def records(self) -> RunRecords:
        return RunRecords(self.lake, RUN)

    @cached_property
    def parameters(self) -> Parameters:
        return Parameters.of(self.records.parameters())

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        return self.records.manifests()

    def rows(self, place: str, *columns: str) -> pa.Table:
        """All rows of `layer/dataset`, or these columns of them."""
        layer, _, name = place.partition("/")
        table = whole(self.lake, self.manifests[layer].dataset(name))
        return table.select(list(columns)) if columns else table


def make(inbox: Inbox, progress: Progress) -> None:
    """Two months of a town's mail, through the stages up to gold; what is there already stays."""
    parameters = Parameters.create(
        opens_on=date(2026, 1, 1),
        window_to=date(2026, 2, 28),
        tickets_per_business_day=TICKETS_PER_BUSINESS_DAY,
    )
    declare(inbox.lake, RUN, parameters)
    for name in STAGES:
        stage, executor = stage_named(name), Inline()
        run_stage(stage, RUN, lake=inbox.lake, settings=inbox.settings, executor=executor, progress=progress)
