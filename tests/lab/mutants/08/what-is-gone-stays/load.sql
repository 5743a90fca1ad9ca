insert into tickets select part, ticket_id, pqrs_type, status from batch
on conflict (ticket_id) do update set part = excluded.part, pqrs_type = excluded.pqrs_type, status = excluded.status;
