-- What the worker has to do, for operators. It calls functions from the other files, so this file is the last one.

-- How many objects each kind of the worker's work is due for at `at`, up to `most` of each, in all vaults together.
create or replace function due_work(at timestamptz, trash interval, kept interval, most integer)
returns table (work text, due bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select 'purge_' || d.kind, count(*) from due_purges(at - trash, most) d group by d.kind
    union all select d.kind || '_machine', count(*) from due_machines(at, kept, most) d group by d.kind
    union all select 'destroy_secret', count(*) from due_time_to_live(at, most)
    union all select 'rotate_secret', count(*) from due_rotations(at, most)
    union all select 'expire_share', count(*) from due_shares(most)
    union all select 'follow_commit', count(*) from due_outbox(at, most)
$$;
