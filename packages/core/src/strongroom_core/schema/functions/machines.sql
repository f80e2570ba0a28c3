-- Machines, looked up before a vault is known.

create or replace function machine_by_id(machine_id uuid) returns table (vault varchar, public_key bytea)
language sql stable security definer set search_path = public, pg_temp as $$
    select m.vault, m.public_key from machine m where m.id = machine_id
$$;

create or replace function machine_token_by_hash(hash bytea, at timestamptz) returns table (
    vault varchar, id varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select t.vault, t.id from machine_token t
    where t.token_hash = hash and t.used_at is null and t.expires_at > at
      and t.created_at <= at + interval '1 minute'
$$;

-- Whether the key was free and is now taken. Of a small-order key the core has already rid itself.
create or replace function take_public_key(new_key bytea, at timestamptz) returns boolean
language sql security definer set search_path = public, pg_temp as $$
    insert into public_key (vault, key, taken_at) values ('installation', new_key, at)
    on conflict do nothing returning true
$$;

create or replace function locked_until(source varchar) returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select l.locked_until from lockout l where l.network = source
$$;

-- While a vault's owner is not active, its machines cannot authenticate (A-9).
create or replace function owner_is_active(of_vault varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from member m join account a on a.id = m.account
        where m.vault = of_vault and m.vault_role = 'owner' and m.status = 'active'
          and a.status = 'active'
    )
$$;
