-- Vaults' plans. Plans belong to the installation, so their limits are looked up here.

create or replace function limits_of(of_vault varchar) returns table (
    id varchar, name varchar, machines integer, projects integer, secrets integer, members integer, versions integer,
    retention_days integer, webhooks integer, deliveries_per_day integer, agents integer, shares_per_day integer,
    lowered_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select p.id, p.name, p.machines, p.projects, p.secrets, p.members, p.versions, p.retention_days, p.webhooks,
           p.deliveries_per_day, p.agents, p.shares_per_day, v.lowered_at
    from (select of_vault as id) of
    left join vault_plan v on v.vault = of.id
    join plan p on p.id = coalesce(v.plan, 'plan_aaaaaaaaaaaaaaaa')
$$;

-- The plans that a vault's owner can choose.
create or replace function plans_to_choose() returns setof plan
language sql stable security definer set search_path = public, pg_temp as $$
    select * from plan p where p.self_service
$$;

-- Gives a vault a plan. `lowered` means that the plan keeps less than the former one.
create or replace function give_plan(to_vault varchar, new_plan varchar, lowered boolean, moment timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into vault_plan (vault, plan, lowered_at)
        values (to_vault, new_plan, case when lowered then moment end)
    on conflict (vault) do update
        set plan = excluded.plan, lowered_at = coalesce(excluded.lowered_at, vault_plan.lowered_at)
$$;

-- The vaults that have a plan. Those to which none was given have the default one.
create or replace function vaults_with_plan(of_plan varchar) returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select v.id from vault v left join vault_plan p on p.vault = v.id
    where v.shape <> 'installation' and v.purged_at is null
      and coalesce(p.plan, 'plan_aaaaaaaaaaaaaaaa') = of_plan
$$;

-- Vaults whose plan keeps less since before `cutoff`, and that haven't been pruned since.
create or replace function lowered_vaults(cutoff timestamptz, most integer) returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select p.vault from vault_plan p where p.lowered_at <= cutoff order by p.lowered_at limit most
$$;

-- Vaults whose oldest event is at least a day older than their plan keeps. A plan that was lowered after `cutoff`
-- deletes nothing yet.
create or replace function vaults_to_prune(moment timestamptz, cutoff timestamptz, most integer) returns table (
    vault varchar, before timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, moment - l.retention_days * interval '1 day'
    from vault v cross join lateral limits_of(v.id) l
    where l.retention_days is not null and (l.lowered_at is null or l.lowered_at <= cutoff)
      and exists (select from audit_entry e
                  where e.vault = v.id and e.at < moment - (l.retention_days + 1) * interval '1 day')
    order by v.id limit most
$$;

-- Deletes a vault's oldest events from before a time, at most so many. The trigger of the audit log allows only this.
create or replace function prune_entries(of_vault varchar, before timestamptz, most integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    pruned integer;
begin
    perform set_config('strongroom.pruning', 'on', true);
    delete from audit_entry where id in (
        select e.id from audit_entry e where e.vault = of_vault and e.at < before order by e.at limit most);
    get diagnostics pruned = row_count;
    perform set_config('strongroom.pruning', 'off', true);
    return pruned;
end $$;

-- How many versions and events a vault has that these limits don't keep. Null means no limit.
create or replace function not_kept(of_vault varchar, kept integer, days integer, moment timestamptz) returns table (
    versions bigint, events bigint
) language sql stable security definer set search_path = public, pg_temp as $$
    select (select count(*) from secret s join secret_version v on v.vault = s.vault and v.secret = s.id
            where s.vault = of_vault and v.number <= s.current_version - kept),
           (select count(*) from audit_entry e where e.vault = of_vault and e.at < moment - days * interval '1 day')
$$;

create or replace function vault_exists(wanted varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select from vault v where v.id = wanted and v.shape <> 'installation' and v.purged_at is null)
$$;
