-- Exercise 12. Roles: lab_owner, lab_loader, lab_analyst. Schemas: core, gold.
grant usage on schema core, gold to lab_loader, lab_analyst, public;

grant select on all tables in schema gold to public;
grant select (ticket_id, pqrs_type, status) on core.tickets to lab_analyst;
grant select, insert, delete on all tables in schema core, gold to lab_loader;

alter default privileges for role lab_owner in schema gold grant select on tables to lab_analyst;
alter default privileges for role lab_owner in schema core grant select, insert, delete on tables to lab_loader;
alter default privileges for role lab_owner in schema gold grant select, insert, delete on tables to lab_loader;
