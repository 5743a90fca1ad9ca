select message_id, raw_day, raw_part, raw_line
from emails
qualify count(*) over (partition by message_id) = 1
