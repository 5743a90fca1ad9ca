-- The two ways a figure is divided, in whole numbers, rounded half up once: no float takes part.
-- share: part / whole with 4 decimals.  mean: total / items with 2 decimals.  Null when there is nothing to divide by.
create or replace temp macro share(part, whole) as cast(
    cast((20000 * part + whole) // nullif(2 * whole, 0) as bigint) * 0.0001 as decimal(9, 4)
);
create or replace temp macro mean(total, items) as cast(
    cast((200 * total + items) // nullif(2 * items, 0) as bigint) * 0.01 as decimal(12, 2)
);
-- How many business days something has waited, which counts from its legal reception; none before that.
create or replace temp macro waited(reception_number, today_number) as greatest(today_number - reception_number, 0);
-- How many tickets there are of which something holds.
create or replace temp macro counted(tickets, holds) as coalesce(sum(tickets) filter (where holds), 0);
-- The fewest days within which so many percent of the tickets were closed (a discrete percentile); null without tickets.
create or replace temp macro percentile(days, tickets, percent) as list_sort(
    flatten(list(list_resize(cast([] as integer[]), tickets, days)))
)[cast((percent * sum(tickets) + 99) // 100 as bigint)];
-- What became of tickets in the window, one column each: received are those that came in it; answered, archived and
-- transferred were closed in it, whenever they came; lapsed are open though their thread has ended; open and overdue wait
-- at its end. Null marks say what is past, as in facts.
create or replace temp macro became(
    tickets, came_in_window, closed_in_window, fate, lapses_on, falls_due_on
) as struct_pack(
    received := counted(tickets, came_in_window),
    answered := counted(tickets, closed_in_window and fate = 'answered'),
    archived := counted(tickets, closed_in_window and fate = 'archived'),
    transferred := counted(tickets, closed_in_window and fate = 'transferred'),
    lapsed := counted(tickets, fate = 'open' and lapses_on is null),
    open := counted(tickets, lapses_on is not null),
    overdue := counted(tickets, lapses_on is not null and falls_due_on is null)
);
-- Kaplan-Meier: the first number of business days by which at least half of all are closed, where those that still wait
-- count for as long as they have. Null while more than half may last longer. In whole numbers: alive is the share of those
-- still open, in parts of 10^18, rounded down at each step. Steps, in the order of days: of so many tickets that were
-- closed or lost from sight after so many business days, how many were closed.
create or replace temp macro survival_step(days, left_then, closed_then) as struct_pack(
    business_days := cast(days as integer),
    gone := cast(left_then as hugeint),
    closed := cast(closed_then as hugeint),
    at_risk := cast(0 as hugeint),
    alive := cast(0 as hugeint)
);
create or replace temp macro survival_median(steps) as list_filter(
    [
        list_reduce(
            steps,
            lambda so_far, step: case
                when 2 * so_far.alive <= 1000000000000000000 then so_far
                else struct_pack(
                    business_days := step.business_days,
                    gone := step.gone,
                    closed := step.closed,
                    at_risk := so_far.at_risk - step.gone,
                    alive := so_far.alive * (so_far.at_risk - step.closed) // so_far.at_risk
                )
            end,
            struct_pack(
                business_days := cast(null as integer),
                gone := cast(0 as hugeint),
                closed := cast(0 as hugeint),
                at_risk := cast(list_sum(list_transform(steps, lambda step: step.gone)) as hugeint),
                alive := cast(1000000000000000000 as hugeint)
            )
        )
    ],
    lambda last: 2 * last.alive <= 1000000000000000000
)[1].business_days;
