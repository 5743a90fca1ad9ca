select message_id, min(raw_day) as raw_day, min(raw_part) as raw_part, min(raw_line) as raw_line
from emails
group by message_id
