-- What a table shows is what is left of partitions that add rows and partitions that take them back, and it moves from
-- run to run by its difference. Safe to repeat.
set local role pqr_owner;

alter table meta.partitions add column if not exists sign smallint not null default 1;
comment on column meta.partitions.sign is '1: its rows are added to the dataset; -1: they are taken back from it.';

-- Rows that leave a table wait together, in one table for all the parts they leave.
alter table meta.staged add column if not exists sign smallint not null default 1;
alter table meta.staged drop constraint if exists staged_pkey, add constraint staged_pkey primary key (relation, part);
comment on table meta.staged is
    'One row per table in staging and part: rows that were read back and wait to come into the part (sign 1) or leave it '
    '(sign -1); written in the same transaction.';
comment on table meta.loaded_partitions is
    'One row per part of a table of core (or a whole table of gold, as part 0): what it holds, and the run that changed '
    'it last. Part 32767 has the rows that came one by one.';
