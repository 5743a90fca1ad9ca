"""What requests are about, and how they fare."""

from pqr_gold.by_column import by_column
from pqr_gold.partials import TOPIC

MART = by_column("kpi_topic", TOPIC)
