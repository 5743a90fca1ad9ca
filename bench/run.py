"""Measures the pipeline against its peers in one run and prints the ratios: `make bench`.

Machines differ and may be noisy, so only ratios count: every row names its peer, what it must reach and what it
reached here. A page of memory that is touched for the first time can cost more than the work on it, and a machine may
be slow for a minute, so the pipeline and its peers take turns for several rounds, and the best of each is compared.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import duckdb
import orjson_peer
from faker_peer import faker_rate
from postgres_peer import copy_seconds
from pydantic import SecretStr

from pqr_common.lake.location import open_lake
from pqr_common.manifest.values import Manifest
from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import DaskExecutor, dask_executor
from pqr_pipeline.embedded.postgres import postgres
from pqrs.parameters import Parameters

HERE = Path(__file__).parent
ROUNDS = 5
TICKETS_A_DAY = 4_150  # a business day of the default window, for a little over a million e-mails


def main() -> int:
    """Run everything; the exit code is the number of rows that miss their ratio."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--volume", type=int, default=TICKETS_A_DAY, help="tickets per business day")
    arguments.add_argument("--keep", type=Path, help="work here and keep the files")
    options = arguments.parse_args()
    home = options.keep or Path(tempfile.mkdtemp(prefix="pqr-bench-"))
    try:
        with postgres(Settings.read(home=home)) as dsn:
            settings = Settings.read(home=home, workers=2).with_(postgres_dsn=SecretStr(dsn))
            log.configure(settings)
            return report(measured(settings, options.volume))
    finally:
        if options.keep is None:
            shutil.rmtree(home, ignore_errors=True)


def measured(settings: Settings, volume: int) -> Iterator[tuple[str, str, float, float]]:
    """Rows of the table: what, against what, wanted ratio, reached ratio."""
    with dask_executor(settings) as executor:
        pipeline(settings, executor, parameters(date(2026, 1, 31), volume), "third")
        third = peak_memory(executor)
    with dask_executor(settings) as executor:
        ours, theirs, manifests, first = best_rounds(settings, executor, volume)
        memory = peak_memory(executor)
    raw = manifests["raw"].dataset("emails")
    emails = raw.rows
    say(f"{emails:,} e-mails of {raw.bytes // emails} bytes, {manifests['silver'].dataset('tickets').rows:,} tickets")
    for name, took in (ours | theirs).items():
        say(f"  {name:<28} {took:6.2f} s  {emails / took:>10,.0f} e-mails/s")

    bronze, bare = ours["bronze"], theirs["bare DuckDB bronze"]
    refined = sum(ours[name] for name in ("bronze", "silver", "gold"))
    yield "generator", "Faker loop writing the same fields", 40, emails / ours["generator"] / faker_rate()
    yield "bronze", "orjson.loads loop writing the same typed fields", 3, theirs["orjson to Parquet"] / bronze
    yield "bronze", "orjson.loads loop keeping a file's rows (information)", 0, theirs["orjson keeping"] / bronze
    yield "bronze", "orjson.loads loop dropping each row (information)", 0, theirs["orjson dropping"] / bronze
    yield "bare DuckDB bronze", "orjson.loads loop dropping each row (information)", 0, theirs["orjson dropping"] / bare
    yield "raw to gold", "bare DuckDB script, at most 3 x its time", 1 / 3, theirs["bare DuckDB script"] / refined
    yield "loader", "psql \\copy of the same rows", 0.8, theirs["psql \\copy"] / ours["loader"]
    yield "whole pipeline", "50,000 e-mails/s", 1, emails / ours["whole"] / 50_000
    yield "whole pipeline", "66 MB of raw mail per second", 1, raw.bytes / ours["whole"] / 66e6
    yield "peak memory", "1.5 GB in any process", 1, 1.5e9 / memory
    yield "peak memory", "one run of 31 days at the same volume, at most 1.15 x", 1 / 1.15, third / first


def best_rounds(
    settings: Settings, executor: DaskExecutor, volume: int
) -> tuple[dict[str, float], dict[str, float], dict[str, Manifest], int]:
    """Each stage's and each peer's best of several rounds, the last manifests, and the peak of memory after the first.

    Every round has another seed, or there would be nothing to load. Peers have a process of their own, so that their
    memory is not counted as the pipeline's.
    """
    ours, theirs = [], []
    first = 0
    manifests: dict[str, Manifest] = {}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as beside:
        for number in range(ROUNDS):
            shutil.rmtree(settings.home / "lake", ignore_errors=True)
            run_id = f"round-{number}"
            given = parameters(date(2026, 3, 31), volume, seed=number)
            seconds, manifests = pipeline(settings, executor, given, run_id)
            first = first or peak_memory(executor)
            raw = settings.home / "lake" / "raw" / "emails"
            taken = {name: beside.submit(timed, work).result() for name, work in peers(raw, settings.home).items()}
            taken["psql \\copy"] = beside.submit(copy_seconds, settings, manifests).result()
            ours.append(seconds)
            theirs.append(taken)
            say(f"round {number}: " + ", ".join(f"{name} {took:.2f} s" for name, took in (seconds | taken).items()))
    return best(ours), best(theirs), manifests, first


def peers(raw: Path, home: Path) -> dict[str, Callable[[], None]]:
    """What reads the raw files of a run beside the pipeline."""
    files = sorted(raw.glob("*/*.jsonl"))
    return {
        "orjson to Parquet": partial(orjson_peer.written, files, home / "orjson"),
        "orjson keeping": partial(orjson_peer.kept, files),
        "orjson dropping": partial(orjson_peer.dropped, files),
        "bare DuckDB bronze": partial(duckdb_script, raw, home / "peer", statements=1),
        "bare DuckDB script": partial(duckdb_script, raw, home / "peer"),
    }


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(taken[name] for taken in rounds) for name in rounds[0]}


def pipeline(
    settings: Settings, executor: DaskExecutor, given: Parameters, run_id: str
) -> tuple[dict[str, float], dict[str, Manifest]]:
    """Every stage's wall time, and `whole` from the first one's start to the last one's end."""
    lake = open_lake(settings.lake)
    declare(lake, run_id, given)
    seconds, manifests = {}, {}
    begun = time.perf_counter()
    for name in installed_graph().stages:
        started = time.perf_counter()
        manifest = run_stage(stage_named(name), run_id, lake=lake, settings=settings, executor=executor)
        seconds[name] = time.perf_counter() - started
        manifests[manifest.layer] = manifest
    return seconds | {"whole": time.perf_counter() - begun}, manifests


def parameters(until: date, volume: int, seed: int = 42) -> Parameters:
    return Parameters.create(opens_on=date(2026, 1, 1), window_to=until, tickets_per_business_day=volume, seed=seed)


def peak_memory(executor: DaskExecutor) -> int:
    """Bytes of the largest process so far: this one or any worker."""
    return max(_peak(), *executor.client.run(_peak).values())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def duckdb_script(raw: Path, out: Path, statements: int | None = None) -> None:
    """The peer's script, or its first statements: one alone is bronze without hashes, rejects or checks."""
    out.mkdir(exist_ok=True)
    script = (HERE / "sql" / "peer.sql").read_text(encoding="utf-8").format(raw=raw, out=out, until="2026-03-31")
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for statement in connection.extract_statements(script)[:statements]:
            connection.execute(statement)


def report(rows: Iterator[tuple[str, str, float, float]]) -> int:
    done = list(rows)
    say(f"\n{'what':<22} {'against':<58} {'wanted':>8} {'reached':>8}")
    for what, peer, wanted, reached in done:
        verdict = "" if reached >= wanted else "  MISSED"
        say(f"{what:<22} {peer:<58} {wanted:>8.2f} {reached:>8.2f}{verdict}")
    return sum(reached < wanted for _, _, wanted, reached in done)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
