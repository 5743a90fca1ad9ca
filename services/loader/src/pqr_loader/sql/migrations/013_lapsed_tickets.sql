-- What nobody answered waits no more once its thread is over, 140 days after its request (pqrs.terms.THREAD_DAYS): it
-- lapses. Views as in migration 011. Safe to repeat.
set local role pqr_owner;

-- Until a run brings due_at, and for rows without it, days decide.
create or replace function meta.make_ticket_views()
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $body$
declare
    late text := 'closed_on > effective_due_on';
begin
    if exists (select from pg_attribute where attrelid = 'core.tickets'::regclass and attname = 'due_at') then
        late := 'coalesce(closed_at >= due_at, closed_on > effective_due_on)';
    end if;
    if to_regclass('core.tickets_as_of') is not null and not exists (
        select attname from pg_attribute where attrelid = 'core.tickets'::regclass and attnum > 0 and not attisdropped
        except
        select attname from pg_attribute where attrelid = to_regclass('core.overdue')
    ) then
        return;
    end if;
    drop view if exists core.overdue, core.backlog, core.tickets_as_of;
    -- is_overdue is never null by its terms alone, so that each of them reaches the index of open tickets.
    execute format(
        $view$
        create view core.tickets_as_of as
        select
            %s,
            coalesce(has_term and effective_due_on <= (select as_of_day from meta.published), false) as is_due,
            coalesce(
                has_term
                and (
                    %s
                    or (closed_on is null and effective_due_on <= (select as_of_day from meta.published))
                ),
                false
            ) as is_breached,
            (
                has_term is not null
                and has_term
                and closed_on is null
                and effective_due_on is not null
                and effective_due_on <= (select as_of_day from meta.published)
                and opened_at >= (select as_of_day - 139 from meta.published)::timestamp at time zone 'America/Bogota'
            ) as is_overdue,
            (
                closed_on is null
                and effective_due_on is not null
                and opened_at < (select as_of_day - 139 from meta.published)::timestamp at time zone 'America/Bogota'
            ) as is_lapsed
        from core.tickets
        $view$,
        (
            select string_agg(quote_ident(attname), ', ' order by attnum)
            from pg_attribute
            where attrelid = 'core.tickets'::regclass
                and attnum > 0
                and not attisdropped
                and attname not in ('is_due', 'is_breached', 'is_overdue', 'is_lapsed')
        ),
        late
    );
    comment on view core.tickets_as_of is
        'One row per ticket, with what is due, breached, overdue and lapsed at the end of the published run''s window.';
    create view core.backlog as
    select
        tickets.*,
        today.business_number - reception.business_number as age_business_days,
        due.business_number - today.business_number as business_days_left
    from core.tickets_as_of as tickets
    join meta.published on true
    join core.calendar as today on today.day = published.as_of_day
    join core.calendar as reception on reception.day = tickets.received_on
    left join core.calendar as due on due.day = tickets.effective_due_on
    where tickets.closed_on is null and tickets.effective_due_on is not null and not tickets.is_lapsed;
    comment on view core.backlog is
        'One row per ticket that waits for an answer at the end of the window; business_days_left is negative once overdue.';
    create view core.overdue as
    select *
    from core.backlog
    where is_overdue;
    comment on view core.overdue is 'The part of core.backlog whose effective due date has gone by.';
    grant select on core.tickets_as_of, core.backlog, core.overdue to pqr_loader, pqr_dashboard, pqr_metabase;
end
$body$;

drop view if exists core.overdue, core.backlog, core.tickets_as_of;
select meta.make_ticket_views() where to_regclass('core.tickets') is not null;
