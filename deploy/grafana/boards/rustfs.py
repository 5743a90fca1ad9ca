"""The lake's object store: as the stages see it, and as it tells Prometheus by OTLP, since it cannot be asked."""

from __future__ import annotations

from boards.vocabulary import Board, Limits, Panel, Query, Row

SEEN = Row(
    "As the stages see it",
    (
        Panel(
            "timeseries", "Read from the lake", "Bytes per second, by stage.",
            (Query('sum by (stage) (rate(pqr_bytes_total{direction="read"}[$__rate_interval]))', "{{stage}}"),),
            unit="Bps", is_stacked=True,
        ),
        Panel(
            "timeseries", "Written to the lake", "Bytes per second, by stage. The loader writes to Postgres and shows none.",
            (Query('sum by (stage) (rate(pqr_bytes_total{direction="written"}[$__rate_interval]))', "{{stage}}"),),
            unit="Bps", is_stacked=True,
        ),
        Panel(
            "bargauge", "Attempts it cost", "Retries since the services started whose cause was the lake, by stage.",
            (
                Query(
                    'sum by (stage) (pqr_retries_total{reason=~"Lake.*"}) or sum by (stage) (0 * pqr_stage_runs_total)',
                    "{{stage}}",
                ),
            ),
            limits=Limits(warning=1),
        ),
    ),
)  # fmt: skip

SAID = Row(
    "As it says itself",
    (
        Panel(
            "stat", "Ready", "1 once storage, users and locks are there; 0 while degraded.",
            (Query("min(rustfs_runtime_readiness_ready)"),), limits=Limits(warning=1, low_is_bad=True), width=6, height=4,
        ),
        Panel(
            "stat", "Starts", "Of the server, in the time shown. Several mean that it restarts in a loop.",
            (Query("round(sum(increase(rustfs_start_total[$__range])))"),), limits=Limits(warning=2), width=6, height=4,
        ),
        Panel(
            "stat", "Used", "Bytes that lie in the store.",
            (Query("max(rustfs_cluster_capacity_used_bytes)"),), unit="bytes", width=6, height=4,
        ),
        Panel(
            "stat", "Timeouts", "Operations on disk that took too long, in the time shown.",
            (Query("round(sum(increase(rustfs_io_timeout_events_total[$__range])))"),), limits=Limits(bad=1),
            width=6, height=4,
        ),
        Panel(
            "timeseries", "Operations per second", "By S3 operation. Stages put, get and head; nothing lists but the audits.",
            (Query("sum by (op) (rate(rustfs_s3_operations_total[$__rate_interval]))", "{{op}}"),), width=12,
        ),
        Panel(
            "timeseries", "Time to answer a get", "End to end.",
            (
                Query(
                    "histogram_quantile(0.5, sum by (le) (rate(rustfs_io_get_object_request_duration_seconds_bucket[$__rate_interval])))",
                    "half of them within",
                ),
                Query(
                    "histogram_quantile(0.95, sum by (le) (rate(rustfs_io_get_object_request_duration_seconds_bucket[$__rate_interval])))",
                    "95 % within",
                ),
            ),
            unit="s", width=6,
        ),
        Panel(
            "timeseries", "Degraded", "Times per second that it found itself not ready, by reason.",
            (Query("sum by (reason) (rate(rustfs_runtime_readiness_degraded_total[$__rate_interval]))", "{{reason}}"),),
            width=6,
        ),
    ),
)  # fmt: skip

BOARD = Board("pqr-rustfs", "PQR RustFS", "The object store of the lake. Its own figures come by OTLP.", (SEEN, SAID))
