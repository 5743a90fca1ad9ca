"""What Prefect shows of a stage, as Markdown: its manifest and every attempt at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pqr_common.manifest import layout
from pqr_common.manifest.runs import RunRecords

__all__ = ["stage_markdown"]


def stage_markdown(records: RunRecords, stage: str) -> str:
    """The manifest of the stage with a link into the lake, its datasets, and a table of the attempts."""
    writes = records.graph().layer_of(stage)
    manifest = records.manifest(writes)
    lines = [f"# {stage} of run {records.run_id}", ""]
    if manifest is None:
        lines += ["Not committed.", ""]
    else:
        key = layout.manifest_key(records.run_id, writes)
        lines += [f"Committed as [{key}]({records.lake.url}/{key}), digest `{manifest.digest}`.", ""]
        lines += _table(
            ("dataset", "rows", "bytes", "objects"),
            [(d.name, f"{d.rows:,}", f"{d.bytes:,}", len(d.partitions)) for d in manifest.datasets],
        )
    lines += _table(
        ("attempt", "state", "started", "seconds", "tasks", "kept", "host", "error"),
        [
            (a.number, a.state, a.started_at or "", a.seconds or "", a.tasks, a.tasks_reused, a.host, a.error or "")
            for a in records.attempts(stage)
        ],
    )
    return "\n".join(lines)


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    head = [_row(names), _row(["---"] * len(names))]
    return [*head, *(_row([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row]) for row in rows), ""]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
