"""The orchestrator as a process. How runs end is shown by stage, from the services' own metrics: Prefect exports none."""

from __future__ import annotations

from boards.vocabulary import Board, Limits, Panel, Query, Row

NOW = Row(
    "Now",
    (
        Panel(
            "stat", "Answers", "Whether the server's metrics could be read. Services take no run while it is down.",
            (Query('min(up{job="prefect"})'),), limits=Limits(warning=1, low_is_bad=True), width=6, height=4,
        ),
        Panel(
            "stat", "Running since", "A recent start that nobody asked for is worth a look at its log.",
            (Query('max(process_start_time_seconds{job="prefect"}) * 1000'),), unit="dateTimeFromNow", width=6, height=4,
        ),
        Panel(
            "stat", "Time to answer", "To read the server's metrics, in which its event loop has to take a turn.",
            (Query('max(scrape_duration_seconds{job="prefect"})'),), unit="s", limits=Limits(warning=1, bad=5),
            width=6, height=4,
        ),
        Panel(
            "stat", "Heartbeats of workers that failed", "Since the server started, over the channel to workers.",
            (Query("sum(prefect_worker_channel_heartbeat_failures_total)"),), limits=Limits(warning=1), width=6, height=4,
        ),
    ),
)  # fmt: skip

RUNS = Row(
    "Runs it carries",
    (
        Panel(
            "timeseries", "Stages in progress", "Attempts that services carry out now, by stage.",
            (Query("sum by (stage) (pqr_stage_in_progress) or sum by (stage) (0 * pqr_stage_runs_total)", "{{stage}}"),),
            is_stacked=True, width=12,
        ),
        Panel(
            "timeseries", "Attempts an hour", "By how they ended, over all stages.",
            (Query("sum by (status) (increase(pqr_stage_runs_total[1h]))", "{{status}}"),), width=12,
        ),
    ),
)  # fmt: skip

RESOURCES = Row(
    "Resources",
    (
        Panel(
            "timeseries", "Memory", "Resident memory of the server; the limit is 1 GB.",
            (Query('process_resident_memory_bytes{job="prefect"}', "memory"),), unit="bytes",
        ),
        Panel(
            "timeseries", "Processor", "Cores the server uses.",
            (Query('rate(process_cpu_seconds_total{job="prefect"}[$__rate_interval])', "cores"),), decimals=2,
        ),
        Panel(
            "timeseries", "Open files", "Connections count too. It should not grow from day to day.",
            (Query('process_open_fds{job="prefect"}', "open"), Query('process_max_fds{job="prefect"}', "allowed")),
        ),
    ),
)  # fmt: skip

BOARD = Board("pqr-prefect", "PQR Prefect", "The server that hands runs to the services.", (NOW, RUNS, RESOURCES))
