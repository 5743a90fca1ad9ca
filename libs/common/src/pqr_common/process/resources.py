"""What a service takes of its machine: memory and processor time of this process and of all it started."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["ServiceResources"]

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the kernel's account; the time includes that of children which ended and were waited for."""

    pid: int
    parent: int
    cpu_ticks: int
    resident_pages: int


class ServiceResources(Collector):
    """Asks the kernel at each scrape; shows nothing where it has no such account."""

    def collect(self) -> Iterator[Metric]:
        mine = _family(os.getpid())
        if mine:
            ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
            yield CounterMetricFamily(
                "pqr_service_cpu_seconds",
                "Processor time of the service and its runs",
                value=sum(process.cpu_ticks for process in mine) / ticks,
            )
            yield GaugeMetricFamily(
                "pqr_service_memory_bytes",
                "Resident memory of the service and its runs; what processes share counts in each",
                value=sum(process.resident_pages for process in mine) * page,
            )


def _family(pid: int) -> list[Process]:
    """A process and all that descend from it."""
    everyone = list(_processes())
    family, found = [], {pid}
    while fresh := [process for process in everyone if process.pid in found]:
        family += fresh
        parents = {process.pid for process in fresh}
        found = {process.pid for process in everyone if process.parent in parents}
    return family


def _processes() -> Iterator[Process]:
    for folder in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we looked
            # After the name, which may hold anything: state, parent, ..., user, system, children's user and system time
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            yield Process(int(folder.name), int(fields[1]), sum(map(int, fields[11:15])), int(fields[21]))
