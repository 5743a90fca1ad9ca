insert into tickets select part, ticket_id, pqrs_type, status from batch on conflict do nothing;
