select hour, sum(n_tickets) / sum(sum(n_tickets)) over () as share
from arrivals
group by hour
order by hour
