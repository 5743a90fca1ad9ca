-- The newest readings of mails, of every run. Grain: one row per mail that was shown to a person.
select read_at, person, person_role, run_id, ticket_id, message_id
from meta.readings
order by read_at desc, reading_id desc
limit 2000
