-- The nonce floor. Nonces of requests signed at or before it aren't kept, and such requests are rejected.

create or replace function nonce_floor() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(nonce_floor, '-infinity') from deployment
$$;

-- Raises the floor to the latest request whose nonce will be dropped, in a separate statement before they are
-- dropped. It is raised no further, so that a clock that is ahead can't cause future requests to be rejected.
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
