-- Exercise 2. Grain: one row per message, its first delivery. Relation: emails.
select message_id, raw_day, raw_part, raw_line
from emails
qualify row_number() over (partition by message_id order by received_at desc) = 1
