-- Sessions, accounts and vaults, looked up before a vault is known.

create or replace function session_by_hash(hash bytea) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, created_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, vault_role varchar, access_role varchar, member_status varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.created_at, s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.token_hash = hash
$$;

create or replace function session_by_id(wanted varchar) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, created_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, vault_role varchar, access_role varchar, member_status varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.created_at, s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.id = wanted
$$;

create or replace function note_session_use(used varchar, used_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update session set last_used_at = used_at where id = used and last_used_at < used_at
$$;

create or replace function vaults_of(member_account varchar) returns table (
    vault varchar, name varchar, shape varchar, vault_role varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.shape, m.vault_role
    from member m join vault v on v.id = m.vault
    where m.account = member_account and m.status = 'active'
    order by m.joined_at, v.id
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
