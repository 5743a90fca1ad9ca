"""The cluster that does the work: workers, their memory, tasks, and signs of trouble."""

from __future__ import annotations

from boards.vocabulary import Board, Limits, Panel, Query, Row

ANY_IS_BAD = Limits(bad=1)

NOW = Row(
    "Now",
    (
        Panel(
            "stat", "Workers", "Alive and taking tasks.", (Query("pqr:workers"),),
            limits=Limits(warning=1, low_is_bad=True), width=4, height=4,
        ),
        Panel(
            "stat", "Paused or retiring", "A paused worker has filled its memory and takes no task until some is free.",
            (Query('sum(dask_scheduler_workers{state=~"paused|retiring"})'),), limits=Limits(warning=1), width=4, height=4,
        ),
        Panel(
            "stat", "Workers lost", "Removed in the time shown; tasks of a lost worker run again elsewhere, twice at most.",
            (Query("round(sum(increase(dask_scheduler_workers_removed_total[$__range])))"),), limits=Limits(warning=1),
            width=4, height=4,
        ),
        Panel(
            "stat", "Tasks at work", "Running or waiting on a worker.",
            (Query('sum(dask_scheduler_tasks{state=~"processing|queued|waiting"})'),), width=4, height=4,
        ),
        Panel(
            "stat", "Suspicious tasks", "Tasks that were on a worker when it died, in the time shown.",
            (Query("round(sum(increase(dask_scheduler_tasks_suspicious_total[$__range])))"),), limits=ANY_IS_BAD,
            width=4, height=4,
        ),
        Panel(
            "stat", "Clients", "Services and commands that are connected to the scheduler.",
            (Query("sum(dask_scheduler_clients)"),), width=4, height=4,
        ),
    ),
)  # fmt: skip

WORK = Row(
    "Work",
    (
        Panel(
            "timeseries", "Workers by state", "Idle ones wait for tasks; saturated ones have more than they can begin.",
            (Query("sum by (state) (dask_scheduler_workers)", "{{state}}"),), is_stacked=True,
        ),
        Panel(
            "timeseries", "Tasks by state", "The scheduler's tasks; erred ones belong to a stage that is about to fail.",
            (Query("sum by (state) (dask_scheduler_tasks)", "{{state}}"),), is_stacked=True,
        ),
        Panel(
            "timeseries", "Work done", "Seconds of computing and of moving data that were finished in each second.",
            (
                Query("sum(rate(dask_scheduler_tasks_compute_seconds_total[$__rate_interval]))", "computing"),
                Query("sum(rate(dask_scheduler_tasks_transfer_seconds_total[$__rate_interval])) or vector(0)", "moving"),
            ),
        ),
    ),
)  # fmt: skip

RESOURCES = Row(
    "Resources",
    (
        Panel(
            "timeseries", "Memory of each process", "Resident memory of scheduler and workers; a worker is limited to 1.5 GB.",
            (Query('sum by (service, instance) (process_resident_memory_bytes{job="dask"})', "{{service}} {{instance}}"),),
            unit="bytes",
        ),
        Panel(
            "timeseries", "Memory of workers by kind", "Managed holds results; unmanaged is the rest; spilled lies on disk.",
            (Query("sum by (type) (dask_worker_memory_bytes)", "{{type}}"),), unit="bytes", is_stacked=True,
        ),
        Panel(
            "timeseries", "Processor of each process", "Cores. A worker computes on one.",
            (
                Query(
                    'sum by (service, instance) (rate(process_cpu_seconds_total{job="dask"}[$__rate_interval]))',
                    "{{service}} {{instance}}",
                ),
            ),
            decimals=2,
        ),
    ),
)  # fmt: skip

TROUBLE = Row(
    "Signs of trouble",
    (
        Panel(
            "timeseries", "Longest tick", "How long an event loop did not turn; above a second, heartbeats are late.",
            (
                Query("max(dask_scheduler_tick_duration_maximum_seconds)", "scheduler"),
                Query("max(dask_worker_tick_duration_maximum_seconds)", "workers"),
            ),
            unit="s",
        ),
        Panel(
            "timeseries", "Latency of workers", "Of the last heartbeat to the scheduler.",
            (Query("max by (instance) (dask_worker_latency_seconds)", "{{instance}}"),), unit="s",
        ),
        Panel(
            "timeseries", "Spilled to disk", "Bytes per second that left memory for disk; stages are planned to need none.",
            (Query("sum(rate(dask_worker_spill_bytes_total[$__rate_interval])) or vector(0)", "spilled"),), unit="Bps",
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "pqr-dask",
    "PQR Dask",
    "The cluster that does the work of all stages.",
    (NOW, WORK, RESOURCES, TROUBLE),
)
