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
-- Kaplan-Meier: the first number of business days by which at least half of all are closed, where those that still wait
-- count for as long as they have. Null while more than half may last longer. In whole numbers: alive is the share of those
-- still open, in parts of 10^18, rounded down at each step. Steps: how many were closed after so many business days, of
-- those that had not been closed nor lost from sight before (at_risk), in the order of days.
create or replace temp macro survival_step(days, closed_then, at_risk_then) as struct_pack(
    business_days := cast(days as integer),
    closed := cast(closed_then as hugeint),
    at_risk := cast(at_risk_then as hugeint),
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
                    closed := step.closed,
                    at_risk := step.at_risk,
                    alive := so_far.alive * (step.at_risk - step.closed) // step.at_risk
                )
            end,
            struct_pack(
                business_days := cast(null as integer),
                closed := cast(0 as hugeint),
                at_risk := cast(0 as hugeint),
                alive := cast(1000000000000000000 as hugeint)
            )
        )
    ],
    lambda last: 2 * last.alive <= 1000000000000000000
)[1].business_days;
