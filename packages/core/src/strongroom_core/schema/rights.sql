-- Row-level security, and all rights on tables and functions. This file runs after every migration and after
-- every change to a function. The roles already exist by then (install/roles.py).

-- Row-level security -------------------------------------------------------------------------------

-- ENABLE, not FORCE: serving roles own no tables, and the functions that run as the owner must see all rows. Tables that
-- already have a policy aren't changed, because changing a policy locks the table. To change one, write a migration.
do $$
declare
    unprotected record;
begin
    for unprotected in
        select c.relname as name, case c.relname when 'vault' then 'id' else 'vault' end as owner
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migration'
          and not exists (select from pg_policy p where p.polrelid = c.oid)
    loop
        execute format('alter table %I enable row level security', unprotected.name);
        execute format(
            'create policy own_vault on %I using (%2$I = current_setting(''strongroom.vault'', true)) '
            'with check (%2$I = current_setting(''strongroom.vault'', true))',
            unprotected.name, unprotected.owner);
    end loop;
end $$;

-- Revoke all rights that aren't listed below.
revoke all on all tables in schema public from public, strongroom_app, strongroom_blind;
revoke all on all functions in schema public from public, strongroom_app, strongroom_blind;
revoke create on schema public from public;
grant usage on schema public to strongroom_app, strongroom_blind;

-- Tables -------------------------------------------------------------------------------------------

-- Both roles: tables without ciphertext.
grant select on migration, deployment, plan, vault_plan, clock_reading, clock_doubt
    to strongroom_app, strongroom_blind;
grant select, update on vault to strongroom_app, strongroom_blind;
grant select, insert on audit_entry, project_key, request_nonce to strongroom_app, strongroom_blind;
grant select, insert, update, delete
    on member, vault_role, access_role, invitation, application, project, secret, secret_version, outbox, machine, machine_name, machine_token,
    attachment, secret_grant, known_pair, enrollment_token, machine_extension, share, drop_box,
    allowlist_entry, trust, identity_token, policy, policy_use, rotation, alert_state, webhook, delivery, mail_alert, notice
    to strongroom_app, strongroom_blind;

-- Only app: the installation's keys, people's credentials, lockouts, and values.
grant select on root_key to strongroom_app;
-- A key for a new purpose is made at the first start of the release that needs it.
grant select, insert on system_key to strongroom_app;
grant select, insert, update, delete
    on account, account_token, session, device, rate_count, lockout, read_tally, clock_reading, clock_doubt,
    secret_material, machine_bundle, share_material, mail, sign_up, installation_setting,
    totp, recovery_code, passkey, person_key, login_request, webhook_secret, former_address, recovery
    to strongroom_app;
grant insert, update, delete on plan to strongroom_app;
grant update on vault_plan to strongroom_app;
grant update, delete on project_key to strongroom_app;

-- Blind can insert values but never read them.
grant insert on secret_material to strongroom_blind;

-- Functions ----------------------------------------------------------------------------------------

-- Lookups before a vault is known. Each runs as the owner and returns as little as possible;
-- docs/design/tenancy.md lists them.
grant execute on function session_by_hash, session_by_id, note_session_use, vaults_of, has_later_entries,
    prove_write, tally_state, due_work, last_clock_reading, owner_is_active, address_is_allowed, mail_counts, sessions_of,
    devices_of, events_of, factors_of, passkeys_of, requirements_of, account_of, recoveries_in, vaults_left_by,
    alert_mail_waiting, alert_mail_state, limits_of, plans_to_choose, vaults_with_plan, memberships_of, vaults_of_account,
    accounts_to_list, accounts_overseen, vaults_to_list, vaults_owned_by, vaults_overseen, installation_counts, keys_of,
    roles_of, roles_of_member, username_in, members_in_scope, sessions_in_scope, owners_in_scope, has_other_vault, invitations_of,
    inviter_in_scope
    to strongroom_app, strongroom_blind;
grant execute on function found_vault, lock_vaults_of, delete_vaults_left, machine_by_id, machine_token_by_hash, enrollment_token_by_hash,
    machine_bundle_by_hash, due_machines, take_public_key, locked_until,
    nonce_floor, raise_nonce_floor, drop_nonces, begin_incarnation, due_purges, due_outbox,
    tally_reads, mend_after_clock, share_by_locator, drop_box_by_hash, due_shares, tidy_links,
    drop_identity_tokens, due_time_to_live, due_rotations, due_mail, tidy_mail,
    due_alert_vaults, live_vaults, claim_deliveries, due_mail_alerts, drop_old_deliveries, give_plan, not_kept, vault_exists,
    lowered_vaults, vaults_to_prune, prune_entries, vault_is_live, due_vaults, end_vault, key_by_id, membership_of, invitation_by_hash
    to strongroom_app;

-- Writing a row computes its search text, so both roles need these functions.
grant execute on function searchable, search_patterns, search_id, secrets_matching, find_matching
    to strongroom_app, strongroom_blind;

-- The same applies to a secret's variables. Naming a secret also checks for other secrets with the same ones.
grant execute on function variables_of, secret_seen_as to strongroom_app, strongroom_blind;
