-- Mail of all vaults, for the worker and for the operator.

-- Mail that is due: accounts' mail first, such as links that someone is waiting for, then one email of each vault in turn,
-- so that a vault with very many delays nobody else's. The vaults with mail are found one by one from the index. Mail is
-- postponed by at most an hour, so mail that is due more than two hours from now was postponed while the clock was ahead,
-- and counts as due.
create or replace function due_mail(before timestamptz, most integer) returns table (vault varchar, id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
    with recursive waiting (vault) as (
        (select m.vault from mail m where m.state = 'queued' order by m.vault limit 1)
        union all
        select (select m.vault from mail m where m.state = 'queued' and m.vault > w.vault order by m.vault limit 1)
        from waiting w where w.vault is not null
    )
    select w.vault, d.id from waiting w
    cross join lateral (
        select m.id, m.due_at, row_number() over (order by m.due_at) as turn from mail m
        where m.vault = w.vault and m.state = 'queued'
          and (m.due_at <= before or m.due_at > before + interval '2 hours')
        order by m.due_at limit most
    ) d
    order by w.vault <> 'installation', d.turn, d.due_at limit most
$$;

-- How sending goes, without saying to whom: counts, and the last problem.
create or replace function mail_counts(since timestamptz) returns table (
    queued bigint, retrying bigint, sent bigint, failed bigint, dropped bigint,
    oldest timestamptz, problem varchar, reply smallint, problem_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select counted.*, last.problem, last.reply, last.at
    from (
        select count(*) filter (where m.state = 'queued') as queued,
               count(*) filter (where m.state = 'queued' and m.problem is not null) as retrying,
               count(*) filter (where m.state = 'sent' and m.ended_at > since) as sent,
               count(*) filter (where m.state = 'failed' and m.ended_at > since) as failed,
               count(*) filter (where m.state = 'dropped' and m.ended_at > since) as dropped,
               min(m.created_at) filter (where m.state = 'queued') as oldest
        from mail m
    ) counted
    left join lateral (
        select m.problem, m.reply, coalesce(m.tried_at, m.created_at) as at from mail m
        where m.problem is not null and m.state <> 'dropped'
        order by coalesce(m.tried_at, m.created_at) desc limit 1
    ) last on true
$$;

-- Deletes mail that ended before `cutoff`, in all vaults.
create or replace function tidy_mail(cutoff timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    delete from mail where ended_at <= cutoff
$$;
