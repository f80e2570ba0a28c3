-- Functions for detecting a wrong clock, and for undoing its effects.

-- The time when the clock was last found to be right. Retention periods never start earlier than this.
create or replace function last_clock_reading() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select max(at) from clock_reading
$$;

-- Undoes the effects of a clock that was ahead, after someone has confirmed that it is right now, at the time
-- `at`. Requests signed before `let_in` are rejected, so the floor never drops below a request that was
-- accepted. Returns whether the floor was lowered, and how many rows of each kind were changed.
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
