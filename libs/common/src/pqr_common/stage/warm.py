"""Preloaded by Dask workers: pay for imports and first calls before the first task waits for them."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.stage.discovery import installed_stages
from pqr_common.tables.digest import content_digest
from pqr_common.tables.sql import query


def dask_setup(_worker: object) -> None:
    """Called by Dask when the worker starts."""
    installed_stages()
    content_digest(query("select n, json_valid('{}') as is_json from numbers", numbers=pa.table({"n": [1]})))
