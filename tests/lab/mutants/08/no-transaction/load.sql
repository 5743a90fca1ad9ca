-- Exercise 8. Tables: tickets, batch. Variable: part.
delete from tickets
where part = :'part';

insert into tickets
select part, ticket_id, pqrs_type, status
from batch;
