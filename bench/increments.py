"""Measures what a day costs when it is added to a run, and what days take on the disk: `make bench-increments`.

Processor time of this process and of Postgres is counted, start-up of servers aside, so that a noisy machine matters
little. Every stage runs here, one task after another.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from pqr_common.lake.location import open_lake
from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.retention.prune import prune
from pqr_pipeline.retention.remove import remove
from pqrs.parameters import Parameters
from pqrs.terms import THREAD_DAYS

TICKETS_PER_DAY = 2_000
TICKETS_STORED_PER_DAY = 400
LAST_DAY = date(2026, 1, 19)  # a Monday: the four days that are added to it are business days
ADDED = 4
DAYS_STORED = 90


def main() -> int:
    """Run everything; the exit code is the number of rows that miss their ratio."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--volume", type=int, default=TICKETS_PER_DAY, help="tickets per business day")
    options = arguments.parse_args()
    home = Path(tempfile.mkdtemp(prefix="pqr-bench-"))
    try:
        with postgres(Settings.read(home=home)) as dsn:
            settings = Settings.read(home=home).with_(postgres_dsn=SecretStr(dsn))
            log.configure(settings)
            return report([*costs(settings, options.volume), *storage(settings)])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def costs(settings: Settings, volume: int) -> Iterator[tuple[str, str, float, float]]:
    """Rows of the table: what, against what, wanted ratio at most, reached ratio.

    Each history has a database of its own, so that days are added to them in turns, as a machine slows and quickens.
    """
    spent(settings, "warm", window(7, 20))
    bases = {days: window(days, volume) for days in (30, 365)}
    homes = {days: settings.with_(postgres_dsn=SecretStr(database(settings, f"days_{days}"))) for days in bases}
    for days, base in bases.items():
        say(f"{days} days: {told(spent(homes[days], str(days), base))}")
        executed(homes[days], "vacuum (analyze)")  # or Postgres does it by itself, within a day that is measured
    took: dict[int, list[dict[str, float]]] = {days: [] for days in bases}
    for last in (LAST_DAY + timedelta(days=day) for day in range(1, ADDED + 1)):
        for days, base in bases.items():
            took[days].append(spent(homes[days], str(days), replace(base, window_to=last)))
    added = {days: {name: min(each[name] for each in took[days]) for name in took[days][0]} for days in bases}
    for days in bases:
        say(f"one day more than {days}: {told(added[days])}")
    whole = spent(settings, "whole", replace(bases[365], window_to=LAST_DAY + timedelta(days=1)))
    say(f"366 days at once: {told(whole)}")
    yield "one day on 365", "the run of 366 days", 0.05, sum(added[365].values()) / sum(whole.values())
    yield "one day on 365", "one day on 30", 1.25, sum(added[365].values()) / sum(added[30].values())


def executed(settings: Settings, statement: str) -> str:
    """Have Postgres do something outside of a transaction; gives its address."""
    assert settings.postgres_dsn is not None
    dsn = settings.postgres_dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute(statement)
    return dsn


def database(settings: Settings, name: str) -> str:
    """The address of a new database on the server of these settings."""
    return make_conninfo(executed(settings, f"create database {name}"), dbname=name)


def storage(settings: Settings) -> Iterator[tuple[str, str, float, float]]:
    """What is left of daily runs once all but the last are removed, against the run that is made at once."""
    whole = window(DAYS_STORED, TICKETS_STORED_PER_DAY)
    spent(settings, "stored-whole", whole, stages=4)
    for day in whole.days:
        spent(settings, "stored-daily", replace(whole, window_to=day), stages=4)
    lake = open_lake(settings.with_(lake_url=(settings.home / "lakes" / "stored-daily").as_uri()).lake)
    for day in whole.days[:-1]:
        remove(lake, replace(whole, window_to=day).run_id, published=None)
    in_a_while = datetime.now(UTC) + timedelta(hours=2)  # when nothing is young any more
    prune(lake, keep=None, published=None, now=in_a_while, is_dry_run=False)
    at_once, daily = (size(settings, name) for name in ("stored-whole", "stored-daily"))
    say(f"{DAYS_STORED} days at once {at_once / 1e6:.1f} MB, day by day {daily / 1e6:.1f} MB")
    yield f"{DAYS_STORED} daily runs", "one run, bytes", 1.15, daily / at_once


def window(days: int, volume: int) -> Parameters:
    """So many days up to LAST_DAY of an inbox that has been open for as long as a thread lives."""
    first = LAST_DAY - timedelta(days=days - 1)
    opens_on = first - timedelta(days=THREAD_DAYS)
    return Parameters.create(window_from=first, opens_on=opens_on, window_to=LAST_DAY, tickets_per_business_day=volume)


def spent(settings: Settings, lake: str, given: Parameters, stages: int | None = None) -> dict[str, float]:
    """Seconds of processor that each stage of a run takes, here and in Postgres."""
    settings = settings.with_(lake_url=(settings.home / "lakes" / lake).as_uri())
    declare(open_lake(settings.lake), given.run_id, given)
    took = {}
    for name in installed_graph().stages[:stages]:
        before = time.process_time() + of_postgres(settings)
        run_stage(stage_named(name), given.run_id, lake=open_lake(settings.lake), settings=settings, executor=Inline())
        took[name] = time.process_time() + of_postgres(settings) - before
    return took


def of_postgres(settings: Settings) -> float:
    """Seconds of processor of the server and of every backend it has had."""
    pid = int((settings.home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
    server = psutil.Process(pid)
    alive = 0.0
    for child in server.children():
        try:
            alive += sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:  # its time is the server's now
            continue
    return sum(server.cpu_times()[:4]) + alive


def size(settings: Settings, lake: str) -> int:
    return sum(path.stat().st_size for path in (settings.home / "lakes" / lake).rglob("*") if path.is_file())


def told(took: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items()) + f", all {sum(took.values()):.2f} s"


def report(rows: list[tuple[str, str, float, float]]) -> int:
    say(f"\n{'what':<18} {'against':<24} {'at most':>8} {'reached':>8}")
    for what, peer, wanted, reached in rows:
        say(f"{what:<18} {peer:<24} {wanted:>8.3f} {reached:>8.3f}{'' if reached <= wanted else '  MISSED'}")
    return sum(reached > wanted for _, _, wanted, reached in rows)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
