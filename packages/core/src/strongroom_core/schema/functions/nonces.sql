-- The floor below which no nonce is remembered and no request accepted.

create or replace function nonce_floor() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(nonce_floor, '-infinity') from deployment
$$;

-- First the floor is raised to the latest request whose nonce will be dropped, in a separate statement, and no
-- further: what a clock says that is ahead must not keep out requests that are yet to come.
create or replace function raise_nonce_floor(older_than timestamptz, lifetime interval) returns void
language sql security definer set search_path = public, pg_temp as $$
    update deployment set nonce_floor = greatest(nonce_floor, last.signed_at)
    from (select max(expires_at) - lifetime as signed_at from request_nonce where expires_at < older_than) last
    where last.signed_at is not null
$$;

create or replace function drop_nonces(older_than timestamptz, lifetime interval) returns bigint
language sql security definer set search_path = public, pg_temp as $$
    with gone as (
        delete from request_nonce
        where expires_at < older_than
          and expires_at - lifetime <= (select nonce_floor from deployment)
        returning 1
    ) select count(*) from gone
$$;

create or replace function begin_incarnation(floor timestamptz, in_cluster varchar) returns integer
language sql security definer set search_path = public, pg_temp as $$
    update deployment set incarnation = incarnation + 1, cluster = in_cluster,
        nonce_floor = greatest(nonce_floor, floor)
    returning incarnation
$$;
