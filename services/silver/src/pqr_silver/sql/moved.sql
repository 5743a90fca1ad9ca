-- One row per mail that moves to another thread, since no request of its own thread came by its day. `begun` holds the
-- requests among the mails, `known` the roots of the tickets there were before; both hashed.
with strays as (
    select *
    from moves
    where root not in (select root from known)
        and not exists (select * from begun where begun.root = moves.root and begun."day" <= moves."day")
)

select mails.* replace (strays.home as root, 'radicado' as thread_rule)
from mails
inner join strays on strays.name = mails.name_hash and strays.root = mails.root_hash and strays."day" = mails.raw_day
where mails.thread_rule = 'references' and mails.radicado is not null
