-- The roles and schemas of Supabase's image that this project speaks to. As there: supabase_admin is the superuser,
-- postgres is not, and roles have no password until a deployment sets one.
create role postgres login createdb createrole bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator noinherit login;
create role supabase_auth_admin noinherit createrole login;
grant anon, authenticated, service_role to authenticator;
grant create on database postgres to postgres, supabase_auth_admin;
create schema auth authorization supabase_auth_admin;
create schema extensions authorization postgres;
alter role supabase_auth_admin set search_path = 'auth';
create extension pgcrypto schema extensions;
create extension "uuid-ossp" schema extensions;
