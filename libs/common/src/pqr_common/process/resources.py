"""What a service takes of its machine: memory and processor time of this process and of all it started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["ServiceResources"]


class ServiceResources(Collector):
    """Asks the kernel at each scrape."""

    def collect(self) -> Iterator[Metric]:
        seconds, resident = 0.0, 0
        service = psutil.Process()
        for process in (service, *service.children(recursive=True)):
            with contextlib.suppress(psutil.Error), process.oneshot():  # it ended while we looked
                seconds += sum(process.cpu_times()[:4])  # user, system, and those of children that were waited for
                resident += process.memory_info().rss
        yield CounterMetricFamily(
            "pqr_service_cpu_seconds", "Processor time of the service and its runs", value=seconds
        )
        yield GaugeMetricFamily(
            "pqr_service_memory_bytes",
            "Resident memory of the service and its runs; what processes share counts in each",
            value=resident,
        )
