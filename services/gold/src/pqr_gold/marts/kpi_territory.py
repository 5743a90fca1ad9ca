"""Where requests come from, and how they fare."""

from pqr_gold.by_column import by_column

MART = by_column("kpi_territory", "department", partial="territory")
