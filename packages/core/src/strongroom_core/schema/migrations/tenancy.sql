-- Who may do what, and whose rows they see. The roles themselves are made before (operate/roles.py).
--
-- ENABLE, not FORCE: neither role owns a table, and the owner's look-up functions must see all rows.

do $$
declare
    name text;
begin
    foreach name in array array[
        'deployment', 'root_key', 'system_key', 'account', 'account_token', 'session', 'device',
        'rate_count', 'member', 'application', 'project', 'project_key', 'secret', 'secret_material',
        'secret_version', 'audit_entry', 'outbox'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format(
            'create policy own_vault on %I using (vault = current_setting(''strongroom.vault'', true)) '
            'with check (vault = current_setting(''strongroom.vault'', true))', name);
    end loop;
end $$;

alter table vault enable row level security;
create policy own_vault on vault using (id = current_setting('strongroom.vault', true))
    with check (id = current_setting('strongroom.vault', true));

revoke all on all tables in schema public from public;
revoke create on schema public from public;
grant usage on schema public to strongroom_app, strongroom_blind;

-- Both: what carries no ciphertext.
grant select, update on vault to strongroom_app, strongroom_blind;
grant select on deployment, member to strongroom_app, strongroom_blind;
grant select, insert, update, delete on application, project, secret, secret_version, outbox
    to strongroom_app, strongroom_blind;
grant select, insert on audit_entry, project_key to strongroom_app, strongroom_blind;

-- Only app: keys of the installation, people's credentials, and values.
grant select on root_key, system_key to strongroom_app;
grant select, insert, update, delete on account, account_token, session, device, rate_count
    to strongroom_app;
grant update, delete on project_key to strongroom_app;
grant select, insert, update, delete on secret_material to strongroom_app;

-- Blind may put a value in and never take one out.
grant insert on secret_material to strongroom_blind;

-- Look-ups that come before a vault is known ------------------------------------------------------
-- Each returns the least, and runs as the owner. docs/design/tenancy.md lists them.

create function session_by_hash(hash bytea) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, vault_role varchar, access_role varchar, member_status varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.token_hash = hash
$$;

create function vaults_of(member_account varchar) returns table (
    vault varchar, name varchar, shape varchar, vault_role varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select v.id, v.name, v.shape, m.vault_role
    from member m join vault v on v.id = m.vault
    where m.account = member_account and m.status = 'active'
    order by m.joined_at, v.id
$$;

-- A vault and its owner come into being together, for an account of the installation.
create function found_vault(
    new_vault varchar, vault_shape varchar, vault_name varchar, new_member varchar,
    owner_account varchar, founded_at timestamptz
) returns void language sql security definer set search_path = public, pg_temp as $$
    insert into vault (id, shape, name, created_at)
        select new_vault, vault_shape, vault_name, founded_at
        where vault_shape in ('personal', 'organization');
    insert into member (vault, id, account, vault_role, status, joined_at)
        values (new_vault, new_member, owner_account, 'owner', 'active', founded_at);
$$;

-- What has lain in the trash since before `cutoff`, oldest first. A secret in a trashed project goes
-- with the project.
create function due_purges(cutoff timestamptz, most integer) returns table (
    vault varchar, kind text, id varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    (select p.vault, 'project', p.id from project p
     where p.trashed_at < cutoff and p.purge_ordered_at is null order by p.trashed_at limit most)
    union all
    (select s.vault, 'secret', s.id from secret s join project p on p.vault = s.vault and p.id = s.project
     where s.trashed_at < cutoff and p.trashed_at is null order by s.trashed_at limit most)
$$;

create function due_outbox(before timestamptz, most integer) returns table (
    vault varchar, id uuid, kind varchar, subject varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select o.vault, o.id, o.kind, o.subject from outbox o
    where o.due_at <= before order by o.due_at limit most
$$;

revoke all on all functions in schema public from public;
grant execute on function session_by_hash(bytea), vaults_of(varchar)
    to strongroom_app, strongroom_blind;
grant execute on function found_vault(varchar, varchar, varchar, varchar, varchar, timestamptz),
    due_purges(timestamptz, integer), due_outbox(timestamptz, integer) to strongroom_app;
