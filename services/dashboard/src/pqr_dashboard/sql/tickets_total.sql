-- How many tickets are `asked` for. Grain: one row.
select count(*) as tickets
from asked
