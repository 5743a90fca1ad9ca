-- How tickets are looked for, and the views that show what waits. Safe to repeat.
--
-- A radicado is looked up whole or by its beginning; lists are in the order of opened_at, newest first, and so are those
-- of overdue tickets among a million. Each index costs a twentieth of loading: none that nobody asks.
create index if not exists tickets_radicado on core.tickets (radicado);
create index if not exists tickets_opened on core.tickets (opened_at);
create index if not exists tickets_overdue on core.tickets (opened_at) where is_overdue;

select meta.make_ticket_views();
