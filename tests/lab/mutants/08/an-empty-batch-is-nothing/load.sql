-- Exercise 8. Tables: tickets, batch. Variable: part.
begin;

delete from tickets
where part in (select part from batch);

insert into tickets
select part, ticket_id, pqrs_type, status
from batch;

commit;
