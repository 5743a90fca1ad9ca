"""Preloaded by Dask workers: import what every task needs before the first one waits for it."""

import duckdb  # noqa: F401  imported for its time
import polars_hash  # noqa: F401  imported for its time
import pyarrow.parquet as pq  # noqa: F401  imported for its time
