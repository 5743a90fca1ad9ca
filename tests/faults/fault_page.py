"""What the cells ended in, as `docs/faults.md`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from fault_matrix import ALL, SEED, Fault

HEAD = """`make test-faults PQR_FAULT_SEED={seed}` made this page.

# Faults

Each cell is a stage of a small run that meets a fault, in a lake and a Postgres of its own. *Embedded* is a folder lake
and, where `pqr` is a process of its own, a Dask cluster of its own; *served* is an S3 API and a Dask cluster that `pqr`
attaches to. The fault comes at a random moment, given as a part of the time that the stage takes undisturbed. Then what
*mended by* says is done, once, and the cell must end in the digests of a clean run in every layer, and in
its rows in every table of `core` and `gold`. Seconds are those from the fault until Postgres shows the run.

{ran} cells ran, of {all}; {well} ended in the digests of a clean run and in its rows: {lost} with rows lost or doubled.

Where the driver is killed or signalled, both commands are `pqr retry` as a process. In all other cells the driver is in
the test's process, and a retry is what `pqr retry` does there: each stage in order. Workers are taken for gone after
five seconds without a heartbeat instead of Dask's five minutes. A clock that is a day back is that of the driver
(`datetime` of `pqr_common.stage.attempt` and `.gate`), so the store still believes its calls to be of today.
"""


@dataclass(frozen=True)
class Result:
    """One cell that ran."""

    share: float
    outcome: str
    mended_by: str
    seconds: float
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Results by the name of their cell, each in a file, since more than one process may make them."""

    folder: Path

    def keep(self, cell: tuple[str, str, str], result: Result) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "-".join(cell)).write_text(json.dumps(asdict(result)), encoding="utf-8")

    def _results(self) -> dict[str, Result]:
        return {file.name: Result(**json.loads(file.read_text(encoding="utf-8"))) for file in self.folder.glob("*")}

    def text(self) -> str:
        """The page; a cell that cannot be says why."""
        results = self._results()
        well, ran = sum(not result.differing for result in results.values()), len(results)
        lines = [HEAD.format(seed=SEED, ran=ran, all=len(ALL), well=well, lost=ran - well)]
        for name in dict.fromkeys(fault.name for fault, _, _ in ALL):
            lines += [
                f"## {name[0].upper()}{name[1:]}\n",
                "| stage | place | moment | outcome | mended by | s | digests | rows |",
            ]
            lines += ["|---|---|---|---|---|---|---|---|"]
            lines += [
                _line(fault, stage, place, results.get(f"{name}-{stage}-{place}"))
                for fault, stage, place in ALL
                if fault.name == name
            ]
            lines += [""]
        return "\n".join(lines)


def _line(fault: Fault, stage: str, place: str, result: Result | None) -> str:
    if result is None:
        why = fault.hindrance(stage, place)
        return f"| {stage} | {place} | – | {f'cannot be: {why}' if why else 'did not run'} | | | | |"
    same = "DIFFER" if result.differing else "equal"
    return (
        f"| {stage} | {place} | {result.share:.3f} | {result.outcome} | {result.mended_by or '–'} "
        f"| {result.seconds:.1f} | {same} | {same} |"
    )
