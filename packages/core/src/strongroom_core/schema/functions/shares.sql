-- Shares and drop boxes, looked up before a vault is known, and tidied up in all vaults. Whether one has expired is
-- decided here and in the statements that end one, by the database's clock.

create or replace function share_by_locator(hash bytea) returns table (
    vault varchar, id varchar, label varchar, project varchar, verifier bytea, created_by varchar,
    created_at timestamptz, is_open boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id, s.label, s.project, s.verifier, s.created_by, s.created_at,
           s.state = 'pending' and s.expires_at > clock_timestamp()
    from share s where s.locator_hash = hash
$$;

-- The maker as they are now: without an active account or membership nobody can use the link.
create or replace function drop_box_by_hash(hash bytea) returns table (
    vault varchar, id varchar, secret varchar, account varchar, username varchar, vault_role varchar,
    access_role varchar, expires_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select d.vault, d.id, d.secret, a.id, a.username, m.vault_role, m.access_role, d.expires_at
    from drop_box d
    join account a on a.id = d.created_by and a.status = 'active'
    join member m on m.vault = d.vault and m.account = a.id and m.status = 'active'
    where d.link_hash = hash and d.state = 'pending' and d.expires_at > clock_timestamp()
$$;

create or replace function due_shares(most integer) returns table (vault varchar, id varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id from share s
    where s.state = 'pending' and s.expires_at <= clock_timestamp() order by s.expires_at limit most
$$;

-- A drop box holds no value, so its expiry is no event; what ended long ago leaves the lists.
create or replace function tidy_links(keep interval) returns void
language sql security definer set search_path = public, pg_temp as $$
    update drop_box set state = 'expired', ended_at = expires_at
        where state = 'pending' and expires_at <= clock_timestamp();
    delete from drop_box where state <> 'pending' and ended_at < clock_timestamp() - keep;
    delete from share where state <> 'pending' and ended_at < clock_timestamp() - keep;
$$;
