-- Functions that the worker calls for all vaults.

-- ID tokens that have expired can't make a machine any more.
create or replace function drop_identity_tokens(at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    delete from identity_token where expires_at <= at
$$;


-- Objects that were moved to the trash before `cutoff`, oldest first. Secrets in a trashed project are purged with the
-- project, so they aren't listed.
create or replace function due_purges(cutoff timestamptz, most integer) returns table (
    vault varchar, kind text, id varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    (select p.vault, 'project', p.id from project p
     where p.trashed_at < cutoff and p.purge_ordered_at is null order by p.trashed_at limit most)
    union all
    (select s.vault, 'secret', s.id from secret s join project p on p.vault = s.vault and p.id = s.project
     where s.trashed_at < cutoff and p.trashed_at is null order by s.trashed_at limit most)
$$;

-- Secrets whose policy's time to live ended before `at`, in the trash or not. Those of a project in the trash are
-- deleted when it is restored or with it.
create or replace function due_time_to_live(at timestamptz, most integer) returns table (vault varchar, id varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id
    from policy p
    join secret s on s.vault = p.vault and s.policy = p.id
    join project j on j.vault = s.vault and j.id = s.project and j.trashed_at is null
    where p.mode = 'enforced' and (p.conditions->>'ttlEnabled')::boolean
      and (p.conditions->>'ttlExpiresAt')::timestamptz <= at
    order by (p.conditions->>'ttlExpiresAt')::timestamptz, s.id limit most
$$;

-- Secrets whose queued rotation can be performed, oldest first. A frozen project's rotations wait until it is unfrozen.
-- A retry is at most an hour away, so one that is further away was set while the clock was ahead.
create or replace function due_rotations(at timestamptz, most integer) returns table (vault varchar, id varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id
    from rotation r
    join secret s on s.vault = r.vault and s.id = r.secret and s.current_version = r.queued_version
    join project p on p.vault = s.vault and p.id = s.project
    where r.queued_version is not null and s.trashed_at is null and p.trashed_at is null and p.frozen_at is null
      and (r.retry_at is null or r.retry_at <= at or r.retry_at > at + interval '2 hours')
    order by r.queued_at, s.id limit most
$$;

-- Outbox notes that are due. Notes are postponed by at most an hour, so a note that is due more than two
-- hours from now was written while the clock was ahead, and counts as due.
create or replace function due_outbox(before timestamptz, most integer) returns table (
    vault varchar, id uuid, kind varchar, subject varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select o.vault, o.id, o.kind, o.subject from outbox o
    where o.due_at <= before or o.due_at > before + interval '2 hours'
    order by o.due_at limit most
$$;

-- Whether entries of this incarnation have transaction IDs that this cluster hasn't reached yet. If so, they
-- were written in another cluster.
create or replace function has_later_entries() returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from deployment d cross join vault v
        cross join lateral (
            select e.tx from audit_entry e
            where e.vault = v.id and e.incarnation = d.incarnation
            order by e.tx desc limit 1
        ) last
        where last.tx >= pg_snapshot_xmax(pg_current_snapshot())
    )
$$;

-- Adds the reads since the last tally to the counters of secrets and machines. Each vault's new entries are
-- found with an index. The tally stops at the oldest transaction that is still running, so that an entry
-- committed late isn't skipped. Transactions of earlier incarnations have all ended, and their IDs aren't
-- comparable with the current ones. The row in read_tally serves as the lock. The planner has no statistics
-- on transaction IDs, so it needs the `order by` to choose the index.
create or replace function tally_reads(woken timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp as $$
    insert into read_tally (vault, incarnation, tx)
        select 'installation', 1, '3'::xid8 on conflict do nothing;
    with since as (
        select incarnation, tx from read_tally where vault = 'installation' for update
    ), until as (
        select incarnation, pg_snapshot_xmin(pg_current_snapshot()) as tx from deployment
    ), reads as (
        select e.vault, e.target_id as secret, e.actor_id as machine, e.actor_name as name, e.at
        from vault v
        cross join since
        cross join until
        cross join lateral (
            select * from audit_entry a
            where a.vault = v.id and (a.incarnation, a.tx) >= (since.incarnation, since.tx)
              and (a.incarnation, a.tx) < (until.incarnation, until.tx)
            order by a.incarnation, a.tx
        ) e
        where e.action = 'secret_read' and e.outcome = 'done'
    ), by_secret as (
        select vault, secret, count(*) as n, max(at) as at,
               (array_agg(name order by at desc))[1] as name
        from reads group by vault, secret
    ), told as (
        update secret s set read_count = s.read_count + b.n,
            last_read_at = greatest(s.last_read_at, b.at),
            last_read_by = case when s.last_read_at > b.at then s.last_read_by else b.name end
        from by_secret b where s.vault = b.vault and s.id = b.secret
    ), seen as (
        update machine m set last_seen_at = greatest(m.last_seen_at, b.at)
        from (select machine, max(at) as at from reads group by machine) b
        where m.id::text = b.machine
    ), moved as (
        update read_tally set incarnation = until.incarnation, tx = until.tx, woke_at = woken from until
        where vault = 'installation'
    )
    select count(*) from reads
$$;

-- When a worker last ran, and the time of the oldest event that the tally hasn't reached.
create or replace function tally_state() returns table (woke_at timestamptz, uncounted_since timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
    select t.woke_at, (
        select min(next.at) from vault v cross join lateral (
            select e.at from audit_entry e
            where e.vault = v.id and (e.incarnation, e.tx) >= (t.incarnation, t.tx)
            order by e.incarnation, e.tx limit 1
        ) next
    )
    from read_tally t where t.vault = 'installation'
$$;

-- Writes a row, for the readiness check. Also writes `room` more rows and deletes them immediately, because a
-- table that can't grow anymore may still have space for single rows.
create or replace function prove_write(room integer) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into rate_count as r (vault, key, expires_at, hits)
        values ('installation', 'write:' || pg_backend_pid(), clock_timestamp() + interval '1 day', 1)
        on conflict (key) do update set hits = 1 - r.hits;
    insert into rate_count (vault, key, expires_at)
        select 'installation', format('write:%s:%s', pg_backend_pid(), rpad(n::text, 90, '.')), clock_timestamp()
        from generate_series(1, least(room, 2000)) n;
    delete from rate_count where key = any(array(
        select format('write:%s:%s', pg_backend_pid(), rpad(n::text, 90, '.')) from generate_series(1, least(room, 2000)) n));
$$;
