-- Lists are in the order of opened_at, and each of its types holds too much of the table for an index by type to be
-- asked; building this one took a twentieth of loading. Safe to repeat.
set local role pqr_loader;

drop index if exists core.tickets_type_received;

set local role pqr_owner;
