-- What members' roles allow. `access/roles.py` turns the result into an authority.

create or replace function roles_of(of_vault varchar, of_vault_role varchar, of_access_role varchar) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
    select jsonb_build_object('role', of_vault_role, 'capabilities', v.capabilities, 'access',
        case when a.id is not null then jsonb_build_object('everywhere', a.everywhere, 'applications', a.applications,
            'projects', a.projects, 'rights', a.rights, 'overrides', a.overrides) end)
    from (select of_vault as vault) of
    left join vault_role v on v.vault = of.vault and v.id = of_vault_role
    left join access_role a on a.vault = of.vault and a.id = of_access_role
$$;

-- The roles of an account in a vault, or null unless both the account and the membership are active.
create or replace function roles_of_member(of_vault varchar, of_account varchar, at timestamptz) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
    select roles_of(m.vault, m.vault_role, m.access_role)
    from member m join account a on a.id = m.account and a.status = 'active'
    where m.vault = of_vault and m.account = of_account and m.status = 'active'
      and (m.ends_at is null or m.ends_at > at)
$$;

create or replace function username_in(of_account varchar) returns varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select a.username from account a
    where a.id = of_account and exists (
        select from member m where m.account = a.id and m.vault = current_setting('strongroom.vault', true))
$$;

-- The members of the vault in scope. Which kinds of second factors they have is known; the factors never are (A-8).
create or replace function members_in_scope() returns table (
    id varchar, account varchar, username varchar, username_folded varchar, account_active boolean, vault_role varchar,
    vault_role_name varchar, capabilities varchar[], access_role varchar, access_role_name varchar, status varchar,
    joined_at timestamptz, ends_at timestamptz, suspended_at timestamptz, last_active_at timestamptz, code boolean,
    passkey boolean, revision integer, roles jsonb
) language sql stable security definer set search_path = public, pg_temp as $$
    select m.id, a.id, a.username, a.username_folded, a.status = 'active', m.vault_role, v.name, v.capabilities,
           m.access_role, r.name, m.status, m.joined_at, m.ends_at, m.suspended_at,
           (select max(s.last_used_at) from session s where s.account = a.id and s.acting_vault = m.vault),
           exists (select from totp t where t.account = a.id and t.confirmed),
           exists (select from passkey p where p.account = a.id), m.revision,
           roles_of(m.vault, m.vault_role, m.access_role)
    from member m
    join account a on a.id = m.account
    left join vault_role v on v.vault = m.vault and v.id = m.vault_role
    left join access_role r on r.vault = m.vault and r.id = m.access_role
    where m.vault = current_setting('strongroom.vault', true)
$$;

create or replace function sessions_in_scope(of_account varchar, at timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
    select count(*) from session s
    where s.account = of_account and s.acting_vault = current_setting('strongroom.vault', true) and s.expires_at > at
$$;

-- The active owners of the vault in scope whose accounts are active too.
create or replace function owners_in_scope() returns setof varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select m.account from member m join account a on a.id = m.account and a.status = 'active'
    where m.vault = current_setting('strongroom.vault', true) and m.vault_role = 'owner' and m.status = 'active'
    order by m.joined_at, m.id
$$;

-- Whether an account is active in another vault, for as long as it likes.
create or replace function has_other_vault(of_account varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from member m join vault v on v.id = m.vault and v.purged_at is null
        where m.account = of_account and m.vault <> current_setting('strongroom.vault', true)
          and m.status = 'active' and m.ends_at is null)
$$;

-- Live invitations of an account's address, and whether that address was confirmed by email.
create or replace function invitations_of(of_account varchar, at timestamptz) returns table (
    vault varchar, id varchar, vault_name varchar, vault_role varchar, vault_role_name varchar,
    access_role_name varchar, inviter varchar, expires_at timestamptz, confirmed boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select i.vault, i.id, v.name, i.vault_role, r.name, c.name, b.username, i.expires_at, a.email_confirmed
    from account a
    join invitation i on i.address_folded = a.email_folded and i.expires_at > at
    join vault v on v.id = i.vault and v.deleted_at is null
    join account b on b.id = i.invited_by
    left join vault_role r on r.vault = i.vault and r.id = i.vault_role
    left join access_role c on c.vault = i.vault and c.id = i.access_role
    where a.id = of_account and a.status = 'active'
    order by i.created_at, i.id
$$;

-- A live invitation by its link.
create or replace function invitation_by_hash(hash bytea, at timestamptz) returns table (
    id varchar, vault_name varchar, vault_role varchar, vault_role_name varchar, inviter varchar, address varchar,
    address_folded varchar, expires_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select i.id, v.name, i.vault_role, r.name, b.username, i.address, i.address_folded, i.expires_at
    from invitation i
    join vault v on v.id = i.vault and v.deleted_at is null
    join account b on b.id = i.invited_by
    left join vault_role r on r.vault = i.vault and r.id = i.vault_role
    where i.token_hash = hash and i.expires_at > at
$$;

-- Usernames of accounts that invited someone to the vault in scope; they may have left it.
create or replace function inviter_in_scope(of_account varchar) returns varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select a.username from account a where a.id = of_account and exists (
        select from invitation i where i.invited_by = a.id and i.vault = current_setting('strongroom.vault', true))
$$;
