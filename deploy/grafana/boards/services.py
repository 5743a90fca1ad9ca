"""One row per service: throughput, duration, failures, retries, rejects, last success and what it takes of the machine."""

from __future__ import annotations

from dataclasses import replace

from boards.vocabulary import Board, Limits, Panel, Query, Row

from pqr_common.stage.discovery import installed_graph

ANY_IS_BAD = Limits(bad=1)


def _or_none(query: str, label: str) -> str:
    """What has not happened yet has no series: show it as none, not as a hole."""
    return f'{query} or on () label_replace(vector(0), "{label}", "none", "", "")'


def resources(service: str) -> tuple[Panel, ...]:
    """Memory and processor of each replica of a service."""
    return (
        Panel(
            "timeseries", "Memory", "Resident memory of each replica with the runs it carries out; the limit is 1.5 GB.",
            (Query(f'sum by (instance) (pqr_service_memory_bytes{{service="{service}"}})', "{{instance}}"),), unit="bytes",
        ),
        Panel(
            "timeseries", "Processor", "Cores each replica uses with its runs. The heavy work is done by Dask workers.",
            (
                Query(
                    f'sum by (instance) (rate(pqr_service_cpu_seconds_total{{service="{service}"}}[$__rate_interval]))',
                    "{{instance}}",
                ),
            ),
            decimals=2,
        ),
    )  # fmt: skip


STATE = (
    Panel(
        "stat", "Last success", "Since this stage last committed a manifest; the alert is at 26 hours.",
        (Query('time() - max(max_over_time(pqr_last_success_timestamp_seconds{stage="$stage"}[7d]))'),),
        unit="s", limits=Limits(warning=86_400, bad=26 * 3600), width=4, height=4,
    ),
    Panel(
        "stat", "Completed attempts", "In the time shown.",
        (Query('round(sum(increase(pqr_stage_runs_total{stage="$stage",status="completed"}[$__range])))'),),
        width=4, height=4,
    ),
    Panel(
        "stat", "Failed attempts", "In the time shown; `pqr --stack runs` says why, `pqr --stack retry RUN_ID` goes on.",
        (Query('round(sum(increase(pqr_stage_runs_total{stage="$stage",status="failed"}[$__range])))'),),
        limits=ANY_IS_BAD, width=4, height=4,
    ),
    Panel(
        "stat", "Running now", "Attempts in progress in all replicas.",
        (Query('sum(pqr_stage_in_progress{stage="$stage"}) or vector(0)'),), width=4, height=4,
    ),
    Panel(
        "stat", "Rejected", "Share of the rows of the last hour that were rejected; the alert is at 2 %.",
        (Query('sum(pqr:reject_ratio{stage="$stage"}) or vector(0)'),), unit="percentunit", decimals=2,
        limits=Limits(warning=0.01, bad=0.02), width=4, height=4,
    ),
    Panel(
        "stat", "Replicas", "Processes of this service that answer.",
        (Query('sum(up{service="$stage"})'),), limits=Limits(warning=1, low_is_bad=True), width=4, height=4,
    ),
)  # fmt: skip

WORK = (
    Panel(
        "timeseries", "Rows per second", "What it wrote, by dataset. Rejected rows lie in the dataset rejects with their reason.",
        (
            Query(
                'sum by (dataset, outcome) (rate(pqr_rows_total{stage="$stage"}[$__rate_interval])) > 0 '
                'or on () label_replace(sum(rate(pqr_rows_total{stage="$stage"}[$__rate_interval])), "dataset", "idle", "", "")',
                "{{dataset}} {{outcome}}",
            ),
        ),
        unit="rowsps",
    ),
    Panel(
        "timeseries", "Bytes per second", "Read from and written to the lake.",
        (Query('sum by (direction) (rate(pqr_bytes_total{stage="$stage"}[$__rate_interval]))', "{{direction}}"),),
        unit="Bps",
    ),
    Panel(
        "timeseries", "Duration of an attempt", "Wall time from claiming the stage to its end, of the attempts of the last hour.",
        (
            Query(
                'histogram_quantile(0.5, sum by (le) (increase(pqr_stage_duration_seconds_bucket{stage="$stage"}[1h])))',
                "half of them within",
            ),
            Query(
                'histogram_quantile(0.95, sum by (le) (increase(pqr_stage_duration_seconds_bucket{stage="$stage"}[1h])))',
                "95 % within",
            ),
        ),
        unit="s",
    ),
)  # fmt: skip

CAUSES = (
    Panel(
        "bargauge", "Retries by reason", "Attempts after the first since the service started, by the error before.",
        (Query(_or_none('sum by (reason) (pqr_retries_total{stage="$stage"})', "reason"), "{{reason}}"),),
        limits=Limits(warning=1), width=4,
    ),
    Panel(
        "bargauge", "Partitions", "Tasks of the time shown: new, changed, or unchanged and therefore not computed again.",
        (Query('round(sum by (outcome) (increase(pqr_partitions_total{stage="$stage"}[$__range])))', "{{outcome}}"),),
        width=4,
    ),
    Panel(
        "bargauge", "Checks", "How the stage's checks ended since the service started. A failed error check stops the stage.",
        (Query(_or_none('sum by (status) (pqr_checks_total{stage="$stage"})', "status"), "{{status}}"),), width=4,
    ),
    Panel(
        "bargauge", "Checks that failed", "By name, since the service started; the run's manifest says what was found.",
        (Query(_or_none('sum by (check) (pqr_checks_total{stage="$stage",status="failed"})', "check"), "{{check}}"),),
        limits=ANY_IS_BAD, width=4,
    ),
)  # fmt: skip


def _server(service: str, title: str) -> Row:
    answers = Panel(
        "stat", "Replicas", "Processes of this service that answer.", (Query(f'sum(up{{service="{service}"}})'),),
        limits=Limits(warning=1, low_is_bad=True),
    )  # fmt: skip
    return Row(title, (answers, *resources(service)))


BOARD = Board(
    "pqr-services",
    "PQR services",
    "What each stage of the pipeline does and takes, and the two services that are no stage.",
    (
        Row(
            "$stage",
            (*STATE, *WORK, *CAUSES, *(replace(panel, width=4) for panel in resources("$stage"))),
            repeat="stage",
        ),
        _server("pipeline", "pipeline (the parent flow: it waits, stages work)"),
        _server("dashboard", "dashboard (Streamlit)"),
    ),
    variable=("stage", "Stage", installed_graph().stages),
)
