-- The two ways a figure is divided, in whole numbers, rounded half up once: no float takes part.
-- share: part / whole with 4 decimals.  mean: total / items with 2 decimals.  Null when there is nothing to divide by.
create or replace temp macro share(part, whole) as cast(
    cast((20000 * part + whole) // nullif(2 * whole, 0) as bigint) * 0.0001 as decimal(9, 4)
);
create or replace temp macro mean(total, items) as cast(
    cast((200 * total + items) // nullif(2 * items, 0) as bigint) * 0.01 as decimal(12, 2)
);
