-- One row per delivery of a message that had been received before; `firsts` holds the first delivery of each.
select
    again.message_id,
    'duplicate' as rule,
    format(
        'first received at {} as line {} of part {} of {}',
        strftime(firsts.received_at, '%Y-%m-%dT%H:%M:%SZ'), firsts.raw_line, firsts.raw_part, firsts.raw_day
    ) as reason,
    again.received_at,
    again.raw_day,
    again.raw_part,
    again.raw_line
from again
positional join firsts
order by again.raw_day, again.raw_part, again.raw_line
