-- Vaults as a whole: their deletion, and what the operator sees of them. Never anything inside them (Q-3).

-- The vaults of a person who is an active member, also deleted ones, but not those that were purged.
create or replace function memberships_of(member_account varchar, at timestamptz) returns table (
    id varchar, name varchar, shape varchar, role varchar, role_name varchar, members bigint, deleted_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.shape, m.vault_role, r.name,
           (select count(*) from member o
            where o.vault = v.id and o.status = 'active' and (o.ends_at is null or o.ends_at > at)), v.deleted_at
    from member m join vault v on v.id = m.vault
    left join vault_role r on r.vault = m.vault and r.id = m.vault_role
    where m.account = member_account and m.status = 'active' and (m.ends_at is null or m.ends_at > at)
    order by v.deleted_at is not null, m.joined_at, v.id
$$;

create or replace function vault_is_live(of_vault varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select from vault v where v.id = of_vault and v.deleted_at is null)
$$;

-- Vaults that were deleted before `cutoff` and still have rows.
create or replace function due_vaults(cutoff timestamptz, most integer) returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select v.id from vault v where v.deleted_at < cutoff and v.purged_at is null order by v.deleted_at limit most
$$;

-- Ends a vault whose rows have been deleted: its members leave, and its row and its audit log are kept. Returns the
-- accounts that are now in no vault.
create or replace function end_vault(of_vault varchar, moment timestamptz) returns setof varchar
language sql security definer set search_path = public, pg_temp as $$
    update session s set acting_vault = (
        select m.vault from member m where m.account = s.account and m.vault <> of_vault
        order by m.joined_at limit 1)
    where s.acting_vault = of_vault
      and exists (select from member m where m.account = s.account and m.vault <> of_vault);
    delete from login_request r using person_key k where k.id = r.key and k.acting_vault = of_vault;
    delete from person_key k where k.acting_vault = of_vault;
    update vault set purged_at = moment, revision = revision + 1 where id = of_vault and deleted_at is not null;
    with gone as (delete from member where vault = of_vault returning account),
         without_vault_roles as (delete from vault_role where vault = of_vault),
         without_access_roles as (delete from access_role where vault = of_vault)
    select g.account from gone g join account a on a.id = g.account and a.status <> 'closed'
    where not exists (select from member m where m.account = g.account and m.vault <> of_vault)
$$;

-- The vaults of an account, and how many machines stop if the account isn't active any more: those of vaults that
-- have no other active owner (A-9).
create or replace function vaults_of_account(of_account varchar) returns table (
    id varchar, name varchar, role varchar, machines bigint, last_owner boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, m.vault_role,
           (select count(*) from machine c where c.vault = v.id and c.approved_at is not null and c.enabled),
           m.vault_role = 'owner' and m.status = 'active' and not exists (
               select from member o join account a on a.id = o.account
               where o.vault = v.id and o.account <> of_account and o.vault_role = 'owner'
                 and o.status = 'active' and a.status = 'active')
    from member m join vault v on v.id = m.vault and v.deleted_at is null
    where m.account = of_account
    order by v.name, v.id
$$;

-- The administrator's lists of accounts and vaults can be long. So what a list is searched and sorted by is read for all
-- of them, and the rest only for those on the page. Only the sorts that need it ask for the dates and the counts.
create or replace function accounts_to_list(dated boolean) returns table (
    id varchar, username_folded varchar, email_folded varchar, status varchar, created_at timestamptz,
    last_active_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select a.id, a.username_folded, a.email_folded, a.status, a.created_at,
           case when dated then (select max(s.last_used_at) from session s where s.account = a.id) end
    from account a
$$;

create or replace function accounts_overseen(of varchar[]) returns table (
    id varchar, username varchar, email varchar, status varchar, operator boolean, created_at timestamptz,
    last_active_at timestamptz, vaults bigint, second_factor boolean, recovery_due_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select a.id, a.username, a.email, a.status, a.operator, a.created_at,
           (select max(s.last_used_at) from session s where s.account = a.id),
           (select count(*) from member m where m.account = a.id),
           exists (select from totp t where t.account = a.id and t.confirmed)
           or exists (select from passkey p where p.account = a.id),
           (select r.due_at from recovery r where r.account = a.id)
    from account a where a.id = any(of)
    order by array_position(of, a.id)
$$;

create or replace function vaults_to_list(counted boolean) returns table (
    id varchar, name_folded text, created_at timestamptz, machines bigint, secrets bigint, members bigint
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, lower(v.name), v.created_at,
           case when counted then (select count(*) from machine c where c.vault = v.id and c.approved_at is not null) end,
           case when counted then (select count(*) from secret s where s.vault = v.id and s.trashed_at is null) end,
           case when counted then (select count(*) from member m where m.vault = v.id) end
    from vault v
    where v.shape <> 'installation' and v.purged_at is null
$$;

create or replace function vaults_owned_by(part text) returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select m.vault from account a join member m on m.account = a.id and m.vault_role = 'owner'
    where position(part in a.username_folded) > 0
$$;

create or replace function vaults_overseen(of varchar[]) returns table (
    id varchar, name varchar, shape varchar, created_at timestamptz, deleted_at timestamptz,
    owners varchar[], active boolean, plan varchar, plan_name varchar, most_machines integer,
    machines bigint, projects bigint, secrets bigint, members bigint
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.shape, v.created_at, v.deleted_at,
           coalesce((select array_agg(a.username order by a.username) from member m join account a on a.id = m.account
                     where m.vault = v.id and m.vault_role = 'owner'), '{}'),
           owner_is_active(v.id), l.id, l.name, l.machines,
           (select count(*) from machine c where c.vault = v.id and c.approved_at is not null),
           (select count(*) from project p where p.vault = v.id and p.trashed_at is null),
           (select count(*) from secret s where s.vault = v.id and s.trashed_at is null),
           (select count(*) from member m where m.vault = v.id)
    from vault v cross join lateral limits_of(v.id) l
    where v.id = any(of)
    order by array_position(of, v.id)
$$;

-- The numbers of the operator's overview, and how much work is waiting.
create or replace function installation_counts(moment timestamptz, since timestamptz) returns table (
    vaults bigint, organizations bigint, accounts bigint, suspended bigint, machines bigint, machines_seen bigint,
    reads bigint, waiting bigint, retrying bigint, oldest_at timestamptz, sign_up_closed boolean,
    clock_in_doubt boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select (select count(*) from vault v where v.shape <> 'installation' and v.deleted_at is null),
           (select count(*) from vault v where v.shape = 'organization' and v.deleted_at is null),
           (select count(*) from account a where a.status <> 'closed'),
           (select count(*) from account a where a.status = 'suspended'),
           (select count(*) from machine m where m.approved_at is not null),
           (select count(*) from machine m where m.approved_at is not null and m.last_seen_at >= since),
           (select sum(n) from vault v cross join lateral (
                select count(*) as n from audit_entry e
                where e.vault = v.id and e.at >= since and e.action = 'secret_read') r)::bigint,
           (select count(*) from outbox o where o.due_at <= moment),
           (select count(*) from outbox o where o.attempts > 0),
           (select min(o.due_at) from outbox o where o.due_at <= moment),
           exists (select from installation_setting i where i.name = 'signup_open' and i.value = 'no'),
           exists (select from clock_doubt d where d.ended_at is null)
$$;
