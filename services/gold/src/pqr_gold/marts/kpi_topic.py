"""What requests are about, and how they fare."""

from pqr_gold.by_column import by_column

MART = by_column("kpi_topic", "topic", partial="topic")
