-- How tickets are looked for, and the views that show what waits. Safe to repeat.
--
-- A radicado is looked up whole or by its beginning; lists are in the order of opened_at, newest first, and so are those
-- of overdue tickets among a million: which are overdue changes from day to day, so the index has all that may become
-- so, and the day that decides. Each index costs a twentieth of loading: none that nobody asks.
create index if not exists tickets_radicado on core.tickets (radicado);
create index if not exists tickets_opened on core.tickets (opened_at);
create index if not exists tickets_open on core.tickets (opened_at, effective_due_on) where closed_on is null and has_term;
drop index if exists core.tickets_overdue;

select meta.make_ticket_views();
