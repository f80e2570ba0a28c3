-- Lookups of shares and drop boxes by their links, before the vault is known, and maintenance in all vaults. The
-- database's clock decides whether one has expired, both here and in the statements that end one.

create or replace function share_by_locator(hash bytea) returns table (
    vault varchar, id varchar, label varchar, project varchar, verifier bytea, created_by varchar,
    created_at timestamptz, is_open boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id, s.label, s.project, s.verifier, s.created_by, s.created_at,
           s.state = 'pending' and s.expires_at > clock_timestamp()
    from share s where s.locator_hash = hash
$$;

-- Returns a pending drop box with its creator's current roles. If the creator's account or membership is no longer
-- active, it returns nothing, so nobody can use the link.
create or replace function drop_box_by_hash(hash bytea, at timestamptz) returns table (
    vault varchar, id varchar, secret varchar, account varchar, username varchar, roles jsonb,
    expires_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
    select d.vault, d.id, d.secret, a.id, a.username, roles_of(m.vault, m.vault_role, m.access_role), d.expires_at
    from drop_box d
    join account a on a.id = d.created_by and a.status = 'active'
    join member m on m.vault = d.vault and m.account = a.id and m.status = 'active'
        and (m.ends_at is null or m.ends_at > at)
    where d.link_hash = hash and d.state = 'pending' and d.expires_at > clock_timestamp()
$$;

create or replace function due_shares(most integer) returns table (vault varchar, id varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select s.vault, s.id from share s
    where s.state = 'pending' and s.expires_at <= clock_timestamp() order by s.expires_at limit most
$$;

-- Ends expired drop boxes, and deletes shares and drop boxes that ended longer ago than `keep`. A drop box never contains
-- a value, so its expiry isn't logged.
create or replace function tidy_links(keep interval) returns void
language sql security definer set search_path = public, pg_temp as $$
    update drop_box set state = 'expired', ended_at = expires_at
        where state = 'pending' and expires_at <= clock_timestamp();
    delete from drop_box where state <> 'pending' and ended_at < clock_timestamp() - keep;
    delete from share where state <> 'pending' and ended_at < clock_timestamp() - keep;
$$;
