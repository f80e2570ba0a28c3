-- What a wrong clock left, and the last moment at which it was right.

-- Not before this does the time of anything begin that is destroyed at its end.
create or replace function last_clock_reading() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select max(at) from clock_reading
$$;

-- Takes back what was written by a clock that was ahead: a person said that it is right now, `at`. Nothing signed
-- before `let_in` is accepted, so that the floor never falls below what was accepted. Returns how many rows each.
create or replace function mend_after_clock(at timestamptz, let_in timestamptz, slack interval) returns table (
    floor_lowered boolean, sessions bigint, trash bigint, reads bigint
) language sql security definer set search_path = public, pg_temp as $$
    with high as (
        select nonce_floor > let_in and let_in >= clock_timestamp() as is_high from deployment
    ), lowered as (
        update deployment set nonce_floor = let_in from high where high.is_high returning 1
    ), ended as (
        delete from session where created_at > at + slack or last_used_at > at + slack returning 1
    ), counters as (
        delete from rate_count where expires_at > at + interval '1 hour'
    ), lockouts as (
        delete from lockout where locked_until > at + interval '1 hour' or window_start > at + slack
    ), devices as (
        delete from device where created_at > at + slack
    ), secrets as (
        update secret set trashed_at = at where trashed_at > at + slack returning 1
    ), projects as (
        update project set trashed_at = at where trashed_at > at + slack returning 1
    ), read as (
        update secret set last_read_at = at
        where last_read_at > at + slack and (trashed_at is null or trashed_at <= at + slack) returning 1
    ), seen as (
        update machine set last_seen_at = at where last_seen_at > at + slack returning 1
    )
    select exists (select from lowered), (select count(*) from ended),
           (select count(*) from secrets) + (select count(*) from projects),
           (select count(*) from read) + (select count(*) from seen)
$$;
