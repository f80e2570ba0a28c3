-- Functions that find machines before a vault is known.

create or replace function machine_by_id(machine_id uuid) returns table (vault varchar, public_key bytea)
language sql stable security definer set search_path = public, pg_temp as $$
    select m.vault, m.public_key from machine m where m.id = machine_id
$$;

create or replace function machine_token_by_hash(hash bytea, at timestamptz) returns table (
    vault varchar, id varchar, temporary boolean
) language sql stable security definer set search_path = public, pg_temp as $$
    select t.vault, t.id, t.lifetime is not null from machine_token t
    where t.token_hash = hash and t.used_at is null and t.expires_at > at
      and t.created_at <= at + interval '1 minute'
$$;

-- Used, expired and revoked tokens are found too, because their holders get the reason for the denial.
create or replace function enrollment_token_by_hash(hash bytea) returns table (vault varchar, id varchar)
language sql stable security definer set search_path = public, pg_temp as $$
    select t.vault, t.id from enrollment_token t where t.token_hash = hash
$$;

create or replace function machine_bundle_by_hash(hash bytea, at timestamptz) returns table (
    vault varchar, machine uuid
) language sql stable security definer set search_path = public, pg_temp as $$
    select b.vault, b.machine from machine_bundle b where b.token_hash = hash and b.expires_at > at
$$;

-- Objects for the worker to clean up: ephemeral machines to disable at expiry and to delete `kept` later, and
-- key files that nobody downloaded. Requests don't depend on this cleanup.
create or replace function due_machines(at timestamptz, kept interval, most integer) returns table (
    vault varchar, kind text, id uuid
) language sql stable security definer set search_path = public, pg_temp as $$
    (select m.vault, 'delete', m.id from machine m
     where m.enrolled_by = 'ephemeral' and m.expires_at <= at - kept order by m.expires_at limit most)
    union all
    (select m.vault, 'expire', m.id from machine m
     where m.enrolled_by = 'ephemeral' and m.enabled and m.expires_at <= at and m.expires_at > at - kept
     order by m.expires_at limit most)
    union all
    (select b.vault, 'destroy', b.machine from machine_bundle b where b.expires_at <= at
     order by b.expires_at limit most)
$$;

-- Reserves a public key. Returns true if it wasn't reserved before. The caller has already rejected
-- small-order keys.
create or replace function take_public_key(new_key bytea, at timestamptz) returns boolean
language sql security definer set search_path = public, pg_temp as $$
    insert into public_key (vault, key, taken_at) values ('installation', new_key, at)
    on conflict do nothing returning true
$$;

create or replace function locked_until(source varchar) returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
    select l.locked_until from lockout l where l.network = source
$$;

-- Whether the vault's IP allowlist lets this address in (R-8). A source without an address, such as a Unix socket, is
-- let in only while the list is off.
create or replace function address_is_allowed(of_vault varchar, source inet) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select not v.allowlist_enabled or exists (
        select from allowlist_entry e where e.vault = v.id and source <<= e.name::inet
    ) from vault v where v.id = of_vault
$$;

-- While no owner of a vault has an active account, or the vault is deleted, its machines are denied (A-9, V-8).
create or replace function owner_is_active(of_vault varchar) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (
        select from member m join account a on a.id = m.account join vault v on v.id = m.vault
        where m.vault = of_vault and m.vault_role = 'owner' and m.status = 'active' and v.deleted_at is null
          and a.status = 'active'
    )
$$;
