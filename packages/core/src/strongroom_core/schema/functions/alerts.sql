-- What the worker does about alerts in all vaults.

-- Vaults with entries that their reader hasn't seen, and vaults whose log was restored since.
create or replace function due_alert_vaults(most integer) returns table (vault varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select v.id from vault v
    left join alert_state s on s.vault = v.id
    cross join deployment d
    where v.id <> 'installation' and (
        s.told < d.incarnation
        or (
            select e.id from audit_entry e
            where e.vault = v.id
              and (e.incarnation, e.tx, e.id) > (coalesce(s.incarnation, 0), coalesce(s.tx, '0'::xid8),
                  coalesce(s.entry, '00000000-0000-0000-0000-000000000000'::uuid))
              and (e.incarnation, e.tx) < (d.incarnation, pg_snapshot_xmin(pg_current_snapshot()))
            order by e.incarnation, e.tx, e.id limit 1
        ) is not null
    )
    order by v.id limit most
$$;

-- The vaults in which something can be announced in advance.
create or replace function live_vaults() returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select v.id from vault v where v.id <> 'installation' and v.deleted_at is null order by v.id
$$;

-- Claims due deliveries until `until`. A webhook whose last attempt failed gets one slot at a time, others get a few,
-- and each of the two groups has its own number of slots, of which a vault gets only a few: a receiver that hangs uses up
-- nobody else's, and neither do all receivers of a vault. Vaults take turns.
create or replace function claim_deliveries(
    at timestamptz, until timestamptz, most integer, most_failing integer,
    most_vault integer, most_vault_failing integer, most_each integer
) returns table (vault varchar, id varchar, failing boolean)
language sql volatile security definer set search_path = public, pg_temp as $$
    with waiting as (
        select w.vault, w.id, w.failures > 0 as failing from webhook w
        where w.enabled and exists (
            select from delivery d
            where d.webhook = w.id and d.state in ('waiting', 'sending') and d.due_at <= at
        )
    ), used as (
        select w.vault, w.id, w.failures > 0 as failing, (
            select count(*) from delivery d where d.webhook = w.id and d.state = 'sending' and d.due_at > at
        ) as slots
        from webhook w where w.vault in (select each.vault from waiting each)
    ), in_turn as (
        select c.id, w.vault, w.failing, c.due_at,
               row_number() over (partition by w.vault, w.failing order by c.due_at, c.id) + (
                   select sum(u.slots) from used u where u.vault = w.vault and u.failing = w.failing
               ) as turn
        from waiting w join used u on u.id = w.id
        cross join lateral (
            select d.id, d.due_at from delivery d
            where d.webhook = w.id and d.state in ('waiting', 'sending') and d.due_at <= at
            order by d.due_at, d.id
            limit greatest(case when w.failing then 1 else most_each end - u.slots, 0)
        ) c
    ), due as (
        select t.id, t.failing, row_number() over (partition by t.failing order by t.turn, t.due_at, t.id) as place
        from in_turn t where t.turn <= case when t.failing then most_vault_failing else most_vault end
    ), locked as (
        select d.id, due.failing from delivery d join due on due.id = d.id
        where due.place <= case when due.failing then most_failing else most end
          and d.state in ('waiting', 'sending') and d.due_at <= at
        for update of d skip locked
    )
    update delivery d set state = 'sending', due_at = until
    from locked where d.id = locked.id
    returning d.vault, d.id, locked.failing
$$;

-- Vaults with alerts to mail.
create or replace function due_mail_alerts(at timestamptz, most integer) returns table (vault varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select distinct m.vault from mail_alert m where m.due_at <= at order by 1 limit most
$$;

-- How much mail of the transaction's vault is waiting. Blind can't read the mail itself.
create or replace function alert_mail_waiting() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select count(*) from mail m
    where m.vault = current_setting('strongroom.vault', true) and m.state = 'queued'
$$;

-- What became of the emails about events of the transaction's vault.
create or replace function alert_mail_state(entries uuid[]) returns table (
    entry uuid, state varchar, reply smallint, problem varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select m.subject::uuid, m.state, m.reply, m.problem from mail m
    where m.vault = current_setting('strongroom.vault', true) and m.kind = 'alert' and m.subject = any(entries::varchar[])
$$;

-- Deletes deliveries made before `before`, unless they are still to be sent, and signing secrets that have retired.
create or replace function drop_old_deliveries(before timestamptz, at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    delete from delivery d where d.created_at < before and d.state in ('delivered', 'failed');
    delete from webhook_secret s where s.retires_at <= at
$$;
