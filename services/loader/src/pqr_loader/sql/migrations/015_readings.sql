-- Who read which mail, and when. The dashboard's role writes it and nothing else, through one function, and can neither
-- change nor delete what it wrote. Safe to repeat.
set local role pqr_owner;

-- No reference to meta.runs: that a mail was read stays true when its run is removed.
create table if not exists meta.readings (
    reading_id bigint generated always as identity primary key,
    person text not null check (length(person) between 1 and 320),
    person_role text not null check (person_role in ('analyst', 'operator', 'local')),
    run_id text not null check (length(run_id) between 1 and 128),
    ticket_id text not null check (length(ticket_id) between 1 and 64),
    message_id text not null check (length(message_id) between 1 and 998),
    read_at timestamptz not null default clock_timestamp()
);
comment on table meta.readings is 'One row per mail that was shown to a person: who, which mail of which ticket, when.';
create index if not exists readings_by_time on meta.readings (read_at desc);

-- When, is Postgres' clock alone. How many at once is bounded, as a thread is.
create or replace function meta.record_readings(person text, person_role text, run_id text, ticket_id text, messages text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $body$
begin
    if cardinality(messages) > 100 then
        raise exception 'at most 100 mails are read at once, found %', cardinality(messages);
    end if;
    insert into meta.readings (person, person_role, run_id, ticket_id, message_id)
    select person, person_role, run_id, ticket_id, message
    from unnest(messages) as message;
end
$body$;

revoke execute on function meta.record_readings(text, text, text, text, text[]) from public;
grant execute on function meta.record_readings(text, text, text, text, text[]) to pqr_dashboard;
-- Operators look at them in the dashboard; an analyst's tool has no business with who read what.
grant select on meta.readings to pqr_dashboard;
