"""The first page: is the platform well, is the inbox served, and where to look next."""

from __future__ import annotations

from boards.vocabulary import LIMIT, Board, Limits, Panel, Query, Row

DAY_SECONDS = 86_400
ANY_IS_BAD = Limits(bad=1)

NOW = Row(
    "Now",
    (
        Panel(
            "stat", "Processes that answer", "Services, workers and servers whose metrics Prometheus could read just now.",
            (Query("sum(up)"),), width=3, height=4,
        ),
        Panel(
            "stat", "Do not answer", "Targets Prometheus knows and cannot read. The dashboard of each service says more.",
            (Query("count(up == 0) or vector(0)"),), limits=ANY_IS_BAD, width=3, height=4,
        ),
        Panel(
            "stat", "Alerts firing", "Prometheus' own alerts about the platform; the list below names them.",
            (Query('count(ALERTS{alertstate="firing"}) or vector(0)'),), limits=ANY_IS_BAD, width=3, height=4,
        ),
        Panel(
            "stat", "Failed attempts", "Attempts of any stage that failed in the time shown. A retry may have mended it.",
            (Query('round(sum(increase(pqr_stage_runs_total{status="failed"}[$__range])))'),),
            limits=ANY_IS_BAD, width=3, height=4,
        ),
        Panel(
            "stat", "Dask workers", "Workers the scheduler counts as alive. None means that no stage can run.",
            (Query("pqr:workers"),), limits=Limits(warning=1, low_is_bad=True), width=3, height=4,
        ),
        Panel(
            "stat", "Open tickets", "Tickets that wait for an answer at the end of the published run's window.",
            (Query('pqr:backlog_tickets{state="open"}'),), width=3, height=4,
        ),
        Panel(
            "stat", "Overdue tickets", "Open tickets whose legal term had run out by then.",
            (Query('pqr:backlog_tickets{state="overdue"}'),), limits=Limits(warning=1), width=3, height=4,
        ),
        Panel(
            "stat", "Breach ratio", "Of the tickets whose term ended in the window, the share not answered in time. The limit is 12 %.",
            (Query('pqr:published_breach_ratio{pqrs_type="all"}'),), unit="percentunit", decimals=1,
            limits=Limits(warning=0.1, bad=LIMIT), width=3, height=4,
        ),
    ),
)  # fmt: skip

STAGES = Row(
    "Stages",
    (
        Panel(
            "bargauge", "Time since the last success", "Since each stage last committed a manifest, in any of its replicas.",
            (Query("time() - max by (stage) (max_over_time(pqr_last_success_timestamp_seconds[7d]))", "{{stage}}"),),
            unit="s", limits=Limits(warning=DAY_SECONDS, bad=26 * 3600), width=6,
        ),
        Panel(
            "bargauge", "Mean duration of an attempt", "Wall time from claiming a stage to its end, over the last day.",
            (
                Query(
                    "sum by (stage) (increase(pqr_stage_duration_seconds_sum[1d]))"
                    " / (sum by (stage) (increase(pqr_stage_duration_seconds_count[1d])) > 0)",
                    "{{stage}}",
                ),
            ),
            unit="s", width=6,
        ),
        Panel(
            "timeseries", "Rows per second", "Rows each stage wrote, accepted and rejected.",
            (Query("sum by (stage) (rate(pqr_rows_total[$__rate_interval]))", "{{stage}}"),), unit="rowsps", width=12,
        ),
    ),
)  # fmt: skip

RESOURCES = Row(
    "Resources",
    (
        Panel(
            "timeseries", "Memory of the services", "Resident memory of each service with the runs it carries out.",
            (Query("sum by (service) (pqr_service_memory_bytes)", "{{service}}"),), unit="bytes", width=8,
        ),
        Panel(
            "timeseries", "Processor of the services", "Cores each service uses; Dask workers have a dashboard of their own.",
            (Query("sum by (service) (rate(pqr_service_cpu_seconds_total[$__rate_interval]))", "{{service}}"),),
            unit="short", decimals=2, width=8,
        ),
        Panel(
            "alertlist", "Alerts", "What fires or is about to: Prometheus' alerts about the platform, Grafana's about the inbox.",
            width=8,
        ),
    ),
)  # fmt: skip

MONITORING = Row(
    "Monitoring itself",
    (
        Panel(
            "state-timeline", "Who answers", "Down where a service's metrics could not be read; a line ends where it was removed.",
            (Query("min by (service) (up)", "{{service}}"),), highest=1, width=12,
        ),
        Panel(
            "timeseries", "Time to read metrics", "The slowest target of each job; seconds here mean a busy or ill process.",
            (Query("max by (job) (scrape_duration_seconds)", "{{job}}"),), unit="s", width=6,
        ),
        Panel(
            "timeseries", "Time series", "What Prometheus holds in memory. It grows with replicas, not with tickets.",
            (Query("prometheus_tsdb_head_series", "series"),), width=6,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "pqr-overview",
    "PQR overview",
    "Is the platform well, and is the inbox served? Start here.",
    (NOW, STAGES, RESOURCES, MONITORING),
)
