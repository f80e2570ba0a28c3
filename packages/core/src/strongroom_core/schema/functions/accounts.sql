-- Sessions, accounts and vaults, looked up before a vault is known. The status of a membership is `deleted` while its
-- vault is.

create or replace function session_by_hash(hash bytea) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, created_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, roles jsonb, member_status varchar, member_until timestamptz,
    second_factor boolean, second_factor_required boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.created_at, s.last_used_at, s.expires_at, roles_of(m.vault, m.vault_role, m.access_role),
           case when m.status = 'active' and v.deleted_at is not null then 'deleted' else m.status end, m.ends_at,
           s.second_factor, v.second_factor_required
    from session s
    join account a on a.id = s.account
    join vault v on v.id = s.acting_vault
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.token_hash = hash
$$;

create or replace function session_by_id(wanted varchar) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, created_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, roles jsonb, member_status varchar, member_until timestamptz,
    second_factor boolean, second_factor_required boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.created_at, s.last_used_at, s.expires_at, roles_of(m.vault, m.vault_role, m.access_role),
           case when m.status = 'active' and v.deleted_at is not null then 'deleted' else m.status end, m.ends_at,
           s.second_factor, v.second_factor_required
    from session s
    join account a on a.id = s.account
    join vault v on v.id = s.acting_vault
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.id = wanted
$$;

create or replace function note_session_use(used varchar, used_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update session set last_used_at = used_at where id = used and last_used_at < used_at
$$;

create or replace function vaults_of(member_account varchar, at timestamptz) returns table (
    vault varchar, name varchar, shape varchar, vault_role varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.shape, m.vault_role
    from member m join vault v on v.id = m.vault
    where m.account = member_account and m.status = 'active' and (m.ends_at is null or m.ends_at > at)
    order by v.deleted_at is not null, m.joined_at, v.id
$$;

-- Creates a vault together with its owner's membership, for an existing account.
create or replace function found_vault(
    new_vault varchar, vault_shape varchar, vault_name varchar, new_member varchar,
    owner_account varchar, founded_at timestamptz
) returns void language sql security definer set search_path = public, pg_temp as $$
    insert into vault (id, shape, name, created_at)
        select new_vault, vault_shape, vault_name, founded_at
        where vault_shape in ('personal', 'organization');
    insert into member (vault, id, account, vault_role, status, joined_at)
        values (new_vault, new_member, owner_account, 'owner', 'active', founded_at);
$$;

-- What people see about their own accounts. The dashboard's role can call these, and can't read the tables.

create or replace function sessions_of(
    person varchar, at timestamptz, used_after timestamptz, begun_after timestamptz
) returns table (
    id varchar, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, address varchar,
    user_agent varchar, second_factor boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, s.created_at, s.last_used_at, s.expires_at, s.address, s.user_agent, s.second_factor
    from session s
    where s.account = person and s.expires_at > at and s.last_used_at > used_after and s.created_at > begun_after
    order by s.last_used_at desc, s.id
$$;

create or replace function devices_of(person varchar, at timestamptz) returns table (
    id varchar, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, address varchar,
    user_agent varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select d.id, d.created_at, coalesce(d.last_used_at, d.created_at), d.expires_at, d.address, d.user_agent
    from device d where d.account = person and d.expires_at > at
    order by 3 desc, d.id
$$;

-- Failed sign-ins are named after the account only in the logs of its vaults, so one of these is searched too.
-- What people do in the installation's log beyond their own account isn't here: plans, vaults, other accounts.
create or replace function events_of(
    person varchar, own_vault varchar, before_incarnation integer, before_tx xid8, before_id uuid, most integer
) returns setof audit_entry language sql stable security definer set search_path = public, pg_temp as $$
    select * from (
        (select e.* from audit_entry e
         where e.vault = 'installation' and e.actor_kind = 'user' and e.actor_id = person
           and (e.target_kind is distinct from 'account' or e.target_id = person)
           and split_part(e.action, '_', 1) in
               ('account', 'app', 'auth', 'codes', 'device', 'installation', 'key', 'passkey', 'recovery', 'session',
                'sessions')
           and (before_id is null or (e.incarnation, e.tx, e.id) < (before_incarnation, before_tx, before_id))
         order by e.incarnation desc, e.tx desc, e.id desc limit most)
        union all
        (select e.* from audit_entry e
         where e.vault = 'installation' and e.target_kind = 'account' and e.target_id = person
           and (e.actor_kind <> 'user' or e.actor_id is distinct from person)
           and (before_id is null or (e.incarnation, e.tx, e.id) < (before_incarnation, before_tx, before_id))
         order by e.incarnation desc, e.tx desc, e.id desc limit most)
        union all
        (select e.* from audit_entry e
         where e.vault = own_vault and e.vault <> 'installation' and e.target_kind = 'account'
           and e.target_id = person and e.action = 'auth_failure'
           and (before_id is null or (e.incarnation, e.tx, e.id) < (before_incarnation, before_tx, before_id))
         order by e.incarnation desc, e.tx desc, e.id desc limit most)
    ) e order by e.incarnation desc, e.tx desc, e.id desc limit most
$$;

create or replace function factors_of(person varchar) returns table (
    app_added_at timestamptz, app_used_at timestamptz, codes_left integer, passkeys integer
) language sql stable security definer set search_path = public, pg_temp as $$
    select (select t.created_at from totp t where t.account = person and t.confirmed),
           (select t.last_used_at from totp t where t.account = person and t.confirmed),
           (select count(*)::integer from recovery_code r where r.account = person and r.used_at is null),
           (select count(*)::integer from passkey p where p.account = person)
$$;

create or replace function passkeys_of(person varchar) returns table (
    id varchar, name varchar, created_at timestamptz, last_used_at timestamptz, copied_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select p.id, p.name, p.created_at, p.last_used_at, p.copied_at
    from passkey p where p.account = person order by p.created_at, p.id
$$;

create or replace function requirements_of(person varchar, at timestamptz) returns table (
    vault varchar, name varchar, second_factor boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.second_factor_required
    from member m join vault v on v.id = m.vault
    where m.account = person and m.status = 'active' and (m.ends_at is null or m.ends_at > at)
    order by m.joined_at, v.id
$$;

-- The vaults that have no other active owner than this account, with the number of machines that work there.
create or replace function vaults_left_by(leaving varchar) returns table (
    vault varchar, name varchar, machines bigint
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name,
           (select count(*) from machine m where m.vault = v.id and m.approved_at is not null and m.enabled)
    from member own join vault v on v.id = own.vault and v.deleted_at is null
    where own.account = leaving and own.vault_role = 'owner' and own.status = 'active'
      and not exists (
          select from member other join account a on a.id = other.account
          where other.vault = own.vault and other.account <> leaving and other.vault_role = 'owner'
            and other.status = 'active' and a.status = 'active'
      )
    order by v.name, v.id
$$;

create or replace function account_of(person varchar) returns table (
    email varchar, username varchar, created_at timestamptz, recovery_due_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select a.email, a.username, a.created_at, (select r.due_at from recovery r where r.account = a.id)
    from account a where a.id = person
$$;

-- The members of a vault whose accounts are being recovered. Usernames are public inside a vault.
create or replace function recoveries_in(of_vault varchar) returns table (
    account varchar, username varchar, due_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select a.id, a.username, r.due_at
    from recovery r join account a on a.id = r.account
    where exists (select from member m where m.vault = of_vault and m.account = a.id and m.status = 'active')
    order by r.due_at, a.id
$$;

-- Locks the vaults of an account's memberships, as changes of members do. Until commit, no other owner can leave.
create or replace function lock_vaults_of(person varchar) returns setof varchar
language sql security definer set search_path = public, pg_temp as $$
    select v.id from vault v where v.id in (select m.vault from member m where m.account = person)
    order by v.id for no key update
$$;

-- Deletes these vaults as their owner does who closes their account; they are purged 30 days later.
create or replace function delete_vaults_left(leaving varchar, moment timestamptz, person varchar) returns void
language sql security definer set search_path = public, pg_temp as $$
    update vault set deleted_at = moment, deleted_by = person, revision = revision + 1
    where id in (select l.vault from vaults_left_by(leaving) l)
$$;
