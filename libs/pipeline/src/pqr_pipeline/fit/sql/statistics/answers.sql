-- quantile: the least value that at least this share of the answers does not exceed.
with
spread as (
    select
        business_days, sum(n_tickets) as n,
        sum(sum(n_tickets)) over (order by business_days) / sum(sum(n_tickets)) over () as reached
    from answers
    group by business_days
),
named as (
    select pqrs_type, share as n from by_type
    where pqrs_type in ('PET_PAR', 'PET_GEN', 'RECLAMO', 'QUEJA', 'PET_INF', 'CONSULTA')
)
select 'type_' || lower(pqrs_type) as name, n / sum(n) over () as value from named
union all select 'mean_days', sum(business_days * n) / sum(n) from spread
union all select 'p50_days', min(business_days) filter (where reached >= 0.5) from spread
union all select 'p90_days', min(business_days) filter (where reached >= 0.9) from spread
union all
select 'mean_days_information', sum(business_days * n_tickets) / sum(n_tickets)
from answers
where pqrs_type in ('PET_INF', 'PET_DOC')
union all select 'breach_rate', sum(n_breached) / nullif(sum(n_due), 0) from kinds
union all select 'never_answered', n_unanswered / nullif(n_over, 0) from marks
union all select 'desks_above', avg(cast(share > 0.1 as integer)) from desks
union all select 'desk_cv', stddev_pop(share) / nullif(avg(share), 0) from desks
union all select 'transferred', n_transferred / nullif(n_with_term, 0) from marks
union all select 'transferred_information', n_information_transferred / nullif(n_information, 0) from marks
union all select 'denied', n_denied / nullif(n_information, 0) from marks
union all select 'extended', n_extended / nullif(n_with_term, 0) from marks
union all select 'incomplete', n_suspended / nullif(n_with_term, 0) from marks
union all select 'desisted', n_archived / nullif(n_suspended, 0) from marks
union all select 'insisted', n_insisted / nullif(n_tickets, 0) from marks
union all select 'reopened', n_reopened / nullif(n_with_term, 0) from marks
