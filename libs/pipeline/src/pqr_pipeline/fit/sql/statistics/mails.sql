with
spread as (
    select chars, n_mails as n, ln(chars) as l, sum(n_mails) over (order by chars) / sum(n_mails) over () as reached
    from lengths
),
middle as (select sum(l * n) / sum(n) as mean from spread),
moments as (
    select sum(n * pow(l - mean, 2)) / sum(n) as second, sum(n * pow(l - mean, 3)) / sum(n) as third from spread, middle
),
quantiles as (
    select min(chars) filter (where reached >= 0.5) as p50, min(chars) filter (where reached >= 0.9) as p90 from spread
)
select 'median_chars' as name, p50 as value from quantiles
union all select 'p90_chars', p90 from quantiles
union all select 'sigma_log_chars', sqrt(second) from moments
union all select 'skew_log_chars', third / nullif(pow(second, 1.5), 0) from moments
union all select 'automatic', n_automatic / nullif(n_inbound, 0) from mails
union all select 'attachments', n_attachments / nullif(n_inbound, 0) from mails
union all select 'lost_references', n_lost_references / nullif(n_mails, 0) from mails
union all select 'late_mail', n_late / nullif(n_mails, 0) from mails
union all select 'duplicates', duplicates / nullif(read, 0) from lines
union all select 'unreadable', unreadable / nullif(lines, 0) from lines
