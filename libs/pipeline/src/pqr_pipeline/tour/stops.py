"""The ten stops. Each does one thing with the real platform, says what to notice, and names the file that does it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from pqr_common.errors import VerificationFailed
from pqr_common.manifest.runs import RunRecords
from pqr_common.tables.parquet import parquet_table
from pqr_pipeline.audit.trace import Trace, traced
from pqr_pipeline.telling import traces
from pqr_pipeline.tour.guide import RUN, SMALL, Guide

__all__ = ["STOPS", "Stop"]

AGAIN = "killed"  # the run that is killed and retried
CORRUPTED = 4  # the exit code of `pqr verify` where something differs
DATASETS_SHOWN = 5  # of a layer
FLIPPED_AT = 100  # of the copy's object


@dataclass(frozen=True, slots=True)
class Stop:
    """`notice` is said before `act` shows it; `where` is the file that does it."""

    title: str
    notice: str
    where: str
    act: Callable[[Guide], None]


def run(guide: Guide) -> None:
    guide.pqr("run", "--run-id", RUN, *SMALL)
    for layer, manifest in guide.records.manifests().items():
        rows = ", ".join(f"{dataset.name} {dataset.rows:,}" for dataset in manifest.datasets[:DATASETS_SHOWN])
        guide.show([f"{layer:<7} {manifest.digest[:12]}  {rows}"])


def mail(guide: Guide) -> None:
    first = _followed(guide).mails[0].line
    guide.show([f"line {first.line} of {first.object}, from byte {first.offset:,} on:"])
    guide.show(json.dumps(json.loads(first.data), ensure_ascii=False, indent=2).splitlines())


def reject(guide: Guide) -> None:
    bronze = guide.records.upstream("bronze").dataset("rejects")
    rows = [row for part in bronze.partitions for row in parquet_table(guide.lake.read(part)).to_pylist()]
    for row in {each["rule"]: each for each in rows}.values():
        guide.show([f"{row['rule']}: {row['reason']}", f"    {row['raw_text']!r}"])
    guide.show([f"{len(rows)} lines of {guide.records.upstream('raw').dataset('emails').rows:,} were rejected."])


def thread(guide: Guide) -> None:
    for each in _followed(guide).thread:
        received = f"{each['received_at']:%Y-%m-%d %H:%M}"
        guide.show([f"{received}  {each['direction']:<8} {each['kind']:<18} by {each['thread_rule']}"])


def clock(guide: Guide) -> None:
    lines = traces.after_lines(_followed(guide))
    told = [
        line
        for line in lines
        if "Clock" in line or line.startswith(("  Mon", "  Tue", "  Wed", "  Thu", "  Fri", "  S"))
    ]
    guide.show(told)


def figure(guide: Guide) -> None:
    guide.show(guide.pqr("explain", "kpi_executive.breached", RUN, "--size", "2").splitlines())


def flip(guide: Guide) -> None:
    """In a copy; the lake itself stays as it is."""
    copy = guide.home / "copy"
    shutil.copytree(guide.home / "lake", copy)
    part = guide.records.upstream("silver").dataset("tickets").partitions[0]
    path = copy / part.path
    data = bytearray(path.read_bytes())
    data[FLIPPED_AT] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    said = guide.pqr("verify", RUN, exit_code=CORRUPTED, PQR_LAKE_URL=copy.as_uri())
    if part.path not in said:
        raise VerificationFailed(
            f"`pqr verify` must name {part.path}, found {said.strip()}: the tour has found a fault."
        )
    guide.screen.say(said.strip())
    shutil.rmtree(copy)


def retry(guide: Guide) -> None:
    guide.killed("run", "--run-id", AGAIN, *SMALL, after="bronze", run_id=AGAIN)
    guide.pqr("retry", AGAIN, "--quiet")
    ours = guide.records.manifests()
    theirs = RunRecords(guide.lake, AGAIN).manifests()
    for layer, manifest in ours.items():
        for dataset in manifest.datasets:
            other = theirs[layer].dataset(dataset.name)
            if other.content_digest != dataset.content_digest:
                raise VerificationFailed(
                    f"A retried run must hold the rows of an undisturbed one, found others in {layer}/{dataset.name}: "
                    f"the tour has found a fault."
                )
        guide.show([f"{layer:<7} the same rows in {len(manifest.datasets)} datasets"])


def publish(guide: Guide) -> None:
    guide.pqr("publish", RUN, "--quiet")
    guide.show(guide.pqr("runs").rstrip().splitlines())


def onward(guide: Guide) -> None:
    guide.show([
        f"the tour's home, yours to look through: {guide.home}",
        "a month as big as a city's:              pqr run",
        "the figures as executives see them:      pqr dashboard",
        "the life of any mail:                    pqr trace RADICADO",
        "how it is built, room by room:           docs/architecture.md",
        "what happens when things break:          docs/faults.md",
    ])  # fmt: skip


def _followed(guide: Guide) -> Trace:
    """One complaint that was answered, the same at every stop."""
    tickets = guide.records.upstream("silver").dataset("tickets")
    rows = (row for part in tickets.partitions for row in parquet_table(guide.lake.read(part)).to_pylist())
    kinds = (row for row in rows if row["pqrs_type"] == "QUEJA" and row["status"] == "answered" and row["radicado"])
    found = (row["ticket_id"] for row in kinds if str(row["received_on"]) >= "2026-01-05" and not row["is_extended"])
    return traced(guide.lake, RUN, next(found))


STOPS = (
    Stop(
        "A small inbox",
        "Five stages ran one after another, and talked through the lake alone. Each ended with a manifest; its digest "
        "covers every byte below it, and the same seed gives the same digests on any machine.",
        "libs/pipeline/src/pqr_pipeline/flow/runs.py",
        run,
    ),
    Stop(
        "One e-mail",
        "This is what arrived: one line of JSON in an object that never changes. It has no ticket and no term yet, and "
        "the radicado, its filing number, is given by the entity's answer.",
        "services/generator/src/pqr_generator/stage.py",
        mail,
    ),
    Stop(
        "Lines that are no e-mails",
        "Nothing is lost: a line that cannot be read is kept as it came, with the rule that it broke.",
        "services/bronze/src/pqr_bronze/transform.py",
        reject,
    ),
    Stop(
        "The thread",
        "Mails become one request by their References; where a client lost these, by the radicado in the subject.",
        "services/silver/src/pqr_silver/machine.py",
        thread,
    ),
    Stop(
        "The legal clock",
        "A term, in Spanish término, counts business days from the day after the legal reception: no weekends, no "
        "holidays.",
        "libs/pqrs/src/pqrs/terms.py",
        clock,
    ),
    Stop(
        "A figure, explained",
        "The figure's definition names its tickets; they are counted again, from these alone, and must give its value.",
        "libs/pqrs/src/pqrs/figures/kpi_executive.toml",
        figure,
    ),
    Stop(
        "A byte is flipped",
        "In a copy of the lake one bit changes. `pqr verify` hashes every object again and names the one.",
        "libs/pipeline/src/pqr_pipeline/audit/verify.py",
        flip,
    ),
    Stop(
        "A run is killed",
        "The same inbox once more; its process is killed after the second stage. `pqr retry` continues at the first "
        "unfinished partition, and the rows are those of the run that nothing disturbed.",
        "libs/common/src/pqr_common/stage/driver.py",
        retry,
    ),
    Stop(
        "A past run is shown again",
        "Postgres shows one run at a time, whole, in one transaction. The dot stands before it.",
        "services/loader/src/pqr_loader/postgres/publishing.py",
        publish,
    ),
    Stop("Where to go next", "Everything that you saw is a command of its own.", "README.md", onward),
)
