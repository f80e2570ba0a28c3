-- People's keys, looked up before a vault is known. The status of a membership is `deleted` while its vault is.

create or replace function key_by_id(wanted varchar) returns table (
    key varchar, name varchar, public_key bytea, account varchar, username varchar, account_status varchar,
    acting_vault varchar, vault_name varchar, roles jsonb, member_status varchar, member_until timestamptz,
    second_factor boolean, second_factor_required boolean, looking boolean, projects varchar[],
    created_at timestamptz, expires_at timestamptz, last_used_at timestamptz, last_used_from varchar, network varchar,
    ended_by varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select k.id, k.name, k.public_key, a.id, a.username, a.status, k.acting_vault, v.name,
           roles_of(m.vault, m.vault_role, m.access_role),
           case when m.status = 'active' and v.deleted_at is not null then 'deleted' else m.status end, m.ends_at,
           k.second_factor, v.second_factor_required, k.looking, k.projects,
           k.created_at, k.expires_at, k.last_used_at, k.last_used_from, k.network, k.ended_by
    from person_key k
    join account a on a.id = k.account
    join vault v on v.id = k.acting_vault
    left join member m on m.vault = k.acting_vault and m.account = k.account and m.id = k.member
    where k.id = wanted
$$;

-- A person's keys in all vaults, those in use first. The dashboard's role can call this, and can't read the table.
create or replace function keys_of(person varchar, at timestamptz) returns table (
    id varchar, name varchar, hostname varchar, client varchar, public_key bytea, vault varchar, vault_name varchar,
    looking boolean, projects varchar[], created_at timestamptz, created_from varchar, expires_at timestamptz,
    last_used_at timestamptz, last_used_from varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select k.id, k.name, k.hostname, k.client, k.public_key, k.acting_vault, v.name, k.looking, k.projects,
           k.created_at, k.created_from, k.expires_at, k.last_used_at, k.last_used_from
    from person_key k
    join vault v on v.id = k.acting_vault
    join member m on m.vault = k.acting_vault and m.account = k.account and m.id = k.member
    where k.account = person and k.ended_at is null and k.expires_at > at
    order by coalesce(k.last_used_at, k.created_at) desc, k.id
$$;

-- The membership that a new key belongs to, or null if the vault is deleted or the membership isn't active.
create or replace function membership_of(person varchar, of_vault varchar, at timestamptz) returns varchar
language sql stable security definer set search_path = public, pg_temp as $$
    select m.id from member m join vault v on v.id = m.vault
    where m.account = person and m.vault = of_vault and m.status = 'active' and v.deleted_at is null
      and (m.ends_at is null or m.ends_at > at)
$$;
