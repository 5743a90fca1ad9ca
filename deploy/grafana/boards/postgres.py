"""The warehouse, by its exporter. Only names that the exporter has had since 0.11."""

from __future__ import annotations

from boards.vocabulary import Board, Limits, Panel, Query, Row

ANY_IS_BAD = Limits(bad=1)
OURS = 'datname!~"template.*"'


def _rates(*columns: str) -> tuple[Query, ...]:
    return tuple(
        Query(f"sum(rate(pg_stat_database_tup_{column}{{{OURS}}}[$__rate_interval]))", column) for column in columns
    )


NOW = Row(
    "Now",
    (
        Panel(
            "stat", "Answers", "Whether the exporter could connect to Postgres.", (Query("min(pg_up)"),),
            limits=Limits(warning=1, low_is_bad=True), width=4, height=4,
        ),
        Panel(
            "stat", "Connections used", "Of those the server allows.",
            (Query("sum(pg_stat_activity_count) / max(pg_settings_max_connections)"),), unit="percentunit",
            limits=Limits(warning=0.7, bad=0.9), width=4, height=4,
        ),
        Panel(
            "stat", "Found in memory", "Blocks read that were in Postgres' own cache already, since its statistics began.",
            (
                Query(
                    f"sum(pg_stat_database_blks_hit{{{OURS}}})"
                    f" / (sum(pg_stat_database_blks_hit{{{OURS}}}) + sum(pg_stat_database_blks_read{{{OURS}}}))"
                ),
            ),
            unit="percentunit", width=4, height=4,
        ),
        Panel(
            "stat", "Longest transaction", "An old one keeps dead rows alive and may hold a lock that the loader waits for.",
            (Query("max(pg_stat_activity_max_tx_duration)"),), unit="s", limits=Limits(warning=300, bad=3600),
            width=4, height=4,
        ),
        Panel(
            "stat", "Deadlocks", "In the time shown.",
            (Query(f"round(sum(increase(pg_stat_database_deadlocks{{{OURS}}}[$__range])))"),), limits=ANY_IS_BAD,
            width=4, height=4,
        ),
        Panel(
            "stat", "Size", "Of all databases: the platform's, Prefect's and Metabase's.",
            (Query("sum(pg_database_size_bytes)"),), unit="bytes", width=4, height=4,
        ),
    ),
)  # fmt: skip

WORK = Row(
    "Work",
    (
        Panel(
            "timeseries", "Transactions per second", "Rolled back ones are errors, or readers that went away.",
            (
                Query(f"sum(rate(pg_stat_database_xact_commit{{{OURS}}}[$__rate_interval]))", "committed"),
                Query(f"sum(rate(pg_stat_database_xact_rollback{{{OURS}}}[$__rate_interval]))", "rolled back"),
            ),
        ),
        Panel(
            "timeseries", "Rows changed per second", "A load inserts; it updates nothing but its records.",
            _rates("inserted", "updated", "deleted"), unit="rowsps",
        ),
        Panel(
            "timeseries", "Rows read per second", "Returned by scans, and fetched by index for a query.",
            _rates("returned", "fetched"), unit="rowsps",
        ),
    ),
)  # fmt: skip

STATE = Row(
    "State",
    (
        Panel(
            "timeseries", "Connections by state", "Idle in transaction for long is a client's fault.",
            (Query("sum by (state) (pg_stat_activity_count)", "{{state}}"),), is_stacked=True,
        ),
        Panel(
            "timeseries", "Locks by mode", "The loader takes access exclusive locks for the moment of publishing.",
            (Query("sum by (mode) (pg_locks_count)", "{{mode}}"),), is_stacked=True,
        ),
        Panel(
            "timeseries", "Size by database", "It grows with the runs that are archived.",
            (Query(f"sum by (datname) (pg_database_size_bytes{{{OURS}}})", "{{datname}}"),), unit="bytes",
        ),
        Panel(
            "timeseries", "Temporary files", "Bytes per second of sorts and joins that did not fit in memory.",
            (Query(f"sum(rate(pg_stat_database_temp_bytes{{{OURS}}}[$__rate_interval]))", "written"),), unit="Bps",
        ),
        Panel(
            "timeseries", "Time of a look", "How long the exporter took to ask Postgres for all this.",
            (Query("max(pg_exporter_last_scrape_duration_seconds)", "seconds"),), unit="s",
        ),
        Panel(
            "timeseries", "Last look failed", "1 where a part of the exporter's questions was not answered; its log says which.",
            (Query("max(pg_exporter_last_scrape_error)", "failed"),), highest=1,
        ),
    ),
)  # fmt: skip

BOARD = Board("pqr-postgres", "PQR Postgres", "The warehouse, and the databases beside it.", (NOW, WORK, STATE))
