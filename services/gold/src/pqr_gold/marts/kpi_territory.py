"""Where requests come from, and how they fare."""

from pqr_gold.by_column import by_column
from pqr_gold.partials import TERRITORY

MART = by_column("kpi_territory", TERRITORY)
