select 'top_senders' as name, sum(wrote) filter (where people <= 0.01 or wrote = busiest and people = first) / sum(wrote) as value
from (select *, max(wrote) over () as busiest, min(people) over () as first from senders)
union all select 'wrote_again', avg(cast(wrote > 1 as integer)) from senders
union all select 'busiest_sender', max(wrote) from senders
