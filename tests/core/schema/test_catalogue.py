"""PostgreSQL's catalog: policies, privileges, functions and references."""

from __future__ import annotations

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.install.roles import LOGINS
from strongroom_core.schema.tables import TABLES

SQL_ONLY = ["read_tally"]
"""Tables that only database functions use."""

NAMES = [*(table._meta.tablename for table in TABLES), *SQL_ONLY]

OURS = ["strongroom_app", "strongroom_blind", *LOGINS]

POLICY = "(({})::text = current_setting('strongroom.vault'::text, true))"

SEE, ADD = "SELECT", "INSERT"
ALL = (SEE, ADD, "UPDATE", "DELETE")

RIGHTS = {
    "vault": ((SEE, "UPDATE"), (SEE, "UPDATE")),
    "plan": (ALL, (SEE,)),
    "vault_plan": ((SEE, "UPDATE"), (SEE,)),
    "deployment": ((SEE,), (SEE,)),
    "root_key": ((SEE,), ()),
    "system_key": ((SEE, ADD), ()),
    "clock_reading": (ALL, (SEE,)),
    "clock_doubt": (ALL, (SEE,)),
    "account": (ALL, ()),
    "account_token": (ALL, ()),
    "session": (ALL, ()),
    "device": (ALL, ()),
    "totp": (ALL, ()),
    "recovery_code": (ALL, ()),
    "passkey": (ALL, ()),
    "person_key": (ALL, ()),
    "login_request": (ALL, ()),
    "former_address": (ALL, ()),
    "recovery": (ALL, ()),
    "rate_count": (ALL, ()),
    "vault_role": (ALL, ALL),
    "access_role": (ALL, ALL),
    "member": (ALL, ALL),
    "invitation": (ALL, ALL),
    "application": (ALL, ALL),
    "project": (ALL, ALL),
    "project_key": (ALL, (SEE, ADD)),
    "secret": (ALL, ALL),
    "secret_material": (ALL, (ADD,)),
    "secret_version": (ALL, ALL),
    "public_key": ((), ()),
    "machine": (ALL, ALL),
    "machine_name": (ALL, ALL),
    "machine_token": (ALL, ALL),
    "enrollment_token": (ALL, ALL),
    "machine_bundle": (ALL, ()),
    "machine_extension": (ALL, ALL),
    "request_nonce": ((SEE, ADD), (SEE, ADD)),
    "known_pair": (ALL, ALL),
    "lockout": (ALL, ()),
    "read_tally": (ALL, ()),
    "allowlist_entry": (ALL, ALL),
    "attachment": (ALL, ALL),
    "secret_grant": (ALL, ALL),
    "audit_entry": ((SEE, ADD), (SEE, ADD)),
    "outbox": (ALL, ALL),
    "share": (ALL, ALL),
    "share_material": (ALL, ()),
    "drop_box": (ALL, ALL),
    "trust": (ALL, ALL),
    "identity_token": (ALL, ALL),
    "policy": (ALL, ALL),
    "policy_use": (ALL, ALL),
    "rotation": (ALL, ALL),
    "alert_state": (ALL, ALL),
    "webhook": (ALL, ALL),
    "webhook_secret": (ALL, ()),
    "delivery": (ALL, ALL),
    "mail_alert": (ALL, ALL),
    "notice": (ALL, ALL),
    "mail": (ALL, ()),
    "sign_up": (ALL, ()),
    "installation_setting": (ALL, ()),
}
"""The privileges of *app* and *blind* on each table."""

MAY_CALL = {
    "roles_of": {"strongroom_app", "strongroom_blind"},
    "roles_of_member": {"strongroom_app", "strongroom_blind"},
    "username_in": {"strongroom_app", "strongroom_blind"},
    "members_in_scope": {"strongroom_app", "strongroom_blind"},
    "sessions_in_scope": {"strongroom_app", "strongroom_blind"},
    "owners_in_scope": {"strongroom_app", "strongroom_blind"},
    "has_other_vault": {"strongroom_app", "strongroom_blind"},
    "lock_vaults_of": {"strongroom_app"},
    "invitations_of": {"strongroom_app", "strongroom_blind"},
    "inviter_in_scope": {"strongroom_app", "strongroom_blind"},
    "invitation_by_hash": {"strongroom_app"},
    "session_by_hash": {"strongroom_app", "strongroom_blind"},
    "session_by_id": {"strongroom_app", "strongroom_blind"},
    "note_session_use": {"strongroom_app", "strongroom_blind"},
    "vaults_of": {"strongroom_app", "strongroom_blind"},
    "sessions_of": {"strongroom_app", "strongroom_blind"},
    "devices_of": {"strongroom_app", "strongroom_blind"},
    "events_of": {"strongroom_app", "strongroom_blind"},
    "factors_of": {"strongroom_app", "strongroom_blind"},
    "passkeys_of": {"strongroom_app", "strongroom_blind"},
    "keys_of": {"strongroom_app", "strongroom_blind"},
    "key_by_id": {"strongroom_app"},
    "membership_of": {"strongroom_app"},
    "requirements_of": {"strongroom_app", "strongroom_blind"},
    "has_later_entries": {"strongroom_app", "strongroom_blind"},
    "last_clock_reading": {"strongroom_app", "strongroom_blind"},
    "mend_after_clock": {"strongroom_app"},
    "prove_write": {"strongroom_app", "strongroom_blind"},
    "found_vault": {"strongroom_app"},
    "vaults_left_by": {"strongroom_app", "strongroom_blind"},
    "delete_vaults_left": {"strongroom_app"},
    "recoveries_in": {"strongroom_app", "strongroom_blind"},
    "account_of": {"strongroom_app", "strongroom_blind"},
    "due_purges": {"strongroom_app"},
    "due_time_to_live": {"strongroom_app"},
    "due_rotations": {"strongroom_app"},
    "due_outbox": {"strongroom_app"},
    "machine_by_id": {"strongroom_app"},
    "machine_token_by_hash": {"strongroom_app"},
    "enrollment_token_by_hash": {"strongroom_app"},
    "machine_bundle_by_hash": {"strongroom_app"},
    "due_machines": {"strongroom_app"},
    "take_public_key": {"strongroom_app"},
    "nonce_floor": {"strongroom_app"},
    "locked_until": {"strongroom_app"},
    "owner_is_active": {"strongroom_app", "strongroom_blind"},
    "address_is_allowed": {"strongroom_app", "strongroom_blind"},
    "raise_nonce_floor": {"strongroom_app"},
    "drop_nonces": {"strongroom_app"},
    "begin_incarnation": {"strongroom_app"},
    "tally_reads": {"strongroom_app"},
    "tally_state": {"strongroom_app", "strongroom_blind"},
    "due_work": {"strongroom_app", "strongroom_blind"},
    "share_by_locator": {"strongroom_app"},
    "drop_box_by_hash": {"strongroom_app"},
    "due_shares": {"strongroom_app"},
    "due_mail": {"strongroom_app"},
    "mail_counts": {"strongroom_app", "strongroom_blind"},
    "tidy_mail": {"strongroom_app"},
    "alert_mail_state": {"strongroom_app", "strongroom_blind"},
    "alert_mail_waiting": {"strongroom_app", "strongroom_blind"},
    "due_alert_vaults": {"strongroom_app"},
    "live_vaults": {"strongroom_app"},
    "claim_deliveries": {"strongroom_app"},
    "due_mail_alerts": {"strongroom_app"},
    "drop_old_deliveries": {"strongroom_app"},
    "tidy_links": {"strongroom_app"},
    "drop_identity_tokens": {"strongroom_app"},
    "find_matching": {"strongroom_app", "strongroom_blind"},
    "secret_seen_as": {"strongroom_app", "strongroom_blind"},
    "secrets_matching": {"strongroom_app", "strongroom_blind"},
    "limits_of": {"strongroom_app", "strongroom_blind"},
    "plans_to_choose": {"strongroom_app", "strongroom_blind"},
    "vaults_with_plan": {"strongroom_app", "strongroom_blind"},
    "give_plan": {"strongroom_app"},
    "lowered_vaults": {"strongroom_app"},
    "not_kept": {"strongroom_app"},
    "prune_entries": {"strongroom_app"},
    "vault_exists": {"strongroom_app"},
    "vaults_to_prune": {"strongroom_app"},
    "memberships_of": {"strongroom_app", "strongroom_blind"},
    "vaults_of_account": {"strongroom_app", "strongroom_blind"},
    "accounts_to_list": {"strongroom_app", "strongroom_blind"},
    "accounts_overseen": {"strongroom_app", "strongroom_blind"},
    "vaults_to_list": {"strongroom_app", "strongroom_blind"},
    "vaults_owned_by": {"strongroom_app", "strongroom_blind"},
    "vaults_overseen": {"strongroom_app", "strongroom_blind"},
    "installation_counts": {"strongroom_app", "strongroom_blind"},
    "vault_is_live": {"strongroom_app"},
    "due_vaults": {"strongroom_app"},
    "end_vault": {"strongroom_app"},
}
"""The functions that run as the owner, and who can call them."""

MAY_BE_ABSENT = {
    ("account_token", "account"),
    ("project", "application"),
    ("secret", "policy"),
    ("login_request", "key"),
    ("member", "custom_role"),
    ("member", "access_role"),
    ("invitation", "custom_role"),
    ("invitation", "access_role"),
}
"""A setup link belongs to no account yet, and an open request to no key; a standalone project belongs to no
application; most secrets have no policy. Built-in vault roles have no rows, and access roles are optional."""

OF_THE_INSTALLATION = {
    ("project_key", "root_version"),
    ("system_key", "root_version"),
    ("machine", "public_key"),
    ("member", "account"),
    ("invitation", "invited_by"),
    ("person_key", "acting_vault"),
    ("session", "acting_vault"),
    ("vault_plan", "plan"),
}
"""References that deliberately point to another vault's row: the installation's keys, and people."""

REFERENCES = """
select c.relname as table, r.relname as referenced, f.confdeltype as on_delete,
       f.confupdtype as on_update, f.condeferrable as deferrable, f.confmatchtype as match,
       (select array_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality k(num, n)
        join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num) as columns,
       (select array_agg(a.attname order by k.n) from unnest(f.confkey) with ordinality k(num, n)
        join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num) as keys,
       (select array_agg(a.attname) from pg_attribute a where a.attrelid = f.conrelid
        and a.attnum = any(f.conkey) and not a.attnotnull) as nullable
from pg_constraint f
join pg_class c on c.oid = f.conrelid
join pg_class r on r.oid = f.confrelid
where f.contype = 'f' and c.relnamespace = 'public'::regnamespace
"""


@pytest.mark.parametrize("table", NAMES)
async def test_every_table_has_the_policy_and_no_other(
    administrator: OpenConnection, table: str
) -> None:
    """V-7: row-level security is on; the one policy admits only the vault in scope, for reads and writes."""
    enabled = await administrator.fetchval(
        "select relrowsecurity from pg_class where oid = to_regclass($1)", table
    )
    policies = await administrator.fetch(
        "select polname, polcmd, polpermissive, polroles::text, pg_get_expr(polqual, polrelid) as seen,"
        " pg_get_expr(polwithcheck, polrelid) as written from pg_policy"
        " where polrelid = to_regclass($1)",
        table,
    )
    expected = POLICY.format("id" if table == "vault" else "vault")

    assert enabled is True
    assert [dict(row) for row in policies] == [
        {
            "polname": "own_vault",
            "polcmd": b"*",
            "polpermissive": True,
            "polroles": "{0}",
            "seen": expected,
            "written": expected,
        }
    ]


async def test_the_roles_hold_these_rights_and_no_others(administrator: OpenConnection) -> None:
    """G-1: *blind* has no privileges on keys, people and sessions, and can only insert values."""
    rows = await administrator.fetch(
        "select table_name, grantee, array_agg(privilege_type::text order by privilege_type) as held"
        " from information_schema.role_table_grants where table_schema = 'public'"
        " and table_name <> 'migration' and grantee <> 'strongroom_owner' group by 1, 2"
    )
    held = {(row["table_name"], row["grantee"]): row["held"] for row in rows}
    expected = {
        (table, role): sorted(rights)
        for table, both in RIGHTS.items()
        for role, rights in zip(("strongroom_app", "strongroom_blind"), both, strict=True)
        if rights
    }

    assert held == expected
    assert set(RIGHTS) == set(NAMES)


async def test_there_are_no_column_privileges(administrator: OpenConnection) -> None:
    """G-1: a privilege on a single column would be easy to overlook."""
    by_column = await administrator.fetchval(
        "select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.relnamespace = 'public'::regnamespace and a.attacl is not null"
    )

    assert by_column == 0


async def test_serving_roles_own_nothing(administrator: OpenConnection) -> None:
    """V-7: row-level security doesn't apply to owners, so the serving roles own nothing."""
    owners = await administrator.fetch(
        "select c.relname, pg_get_userbyid(c.relowner) as owner from pg_class c"
        " where c.relnamespace = 'public'::regnamespace"
    )

    assert {row["owner"] for row in owners} == {"strongroom_owner"}


async def test_the_roles_have_no_special_powers(administrator: OpenConnection) -> None:
    """V-7: no role is a superuser, bypasses row-level security, or can create roles or databases."""
    roles = await administrator.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        " rolcanlogin, rolinherit from pg_roles where rolname = any($1)",
        OURS,
    )
    powers = {row["rolname"]: [key for key, value in row.items() if value is True] for row in roles}
    members = await administrator.fetch(
        "select r.rolname as role, m.rolname as member from pg_auth_members a"
        " join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member"
        " where r.rolname = any($1)",
        OURS,
    )

    assert powers == {
        "strongroom": ["rolcanlogin"],
        "strongroom_app": ["rolinherit"],
        "strongroom_blind": ["rolinherit"],
        "strongroom_jobs": ["rolcanlogin", "rolinherit"],
        "strongroom_owner": ["rolcanlogin", "rolinherit"],
    }
    assert {(row["role"], row["member"]) for row in members} == {
        ("strongroom_app", "strongroom"),
        ("strongroom_blind", "strongroom"),
    }


@pytest.mark.parametrize("login", ["strongroom_jobs", "strongroom"])
async def test_login_roles_cannot_access_our_tables(
    administrator: OpenConnection, login: str
) -> None:
    """G-1: the queue's login role can access only its own schema; the server's has no privileges itself."""
    rights = await administrator.fetchval(
        "select count(*) from pg_class c cross join unnest(array['select', 'insert', 'update',"
        " 'delete', 'truncate', 'references', 'trigger']) as right_"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
        " and has_table_privilege($1, c.oid, right_)",
        login,
    )
    schema = await administrator.fetchval(
        "select has_schema_privilege($1, 'public', 'usage, create')", login
    )

    assert rights == 0
    assert schema is False


async def test_security_definer_functions_are_safe(administrator: OpenConnection) -> None:
    """V-7: `security definer` functions have a fixed search path, belong to the owner and aren't public."""
    functions = await administrator.fetch(
        "select p.oid, p.proname, p.proconfig, p.prosrc, pg_get_userbyid(p.proowner) as owner, l.lanname,"
        " (select array_agg(r.rolname::text) from pg_roles r where r.rolname = any($1)"
        "  and r.rolname <> 'strongroom_owner'"
        "  and has_function_privilege(r.rolname, p.oid, 'execute')) as callers,"
        " has_function_privilege('public', p.oid, 'execute') as everybody"
        " from pg_proc p join pg_language l on l.oid = p.prolang"
        " where p.pronamespace = 'public'::regnamespace and p.prosecdef",
        OURS,
    )

    assert {row["proname"]: set(row["callers"] or ()) for row in functions} == MAY_CALL
    for row in functions:
        assert row["proconfig"][0] == "search_path=public, pg_temp"
        assert row["owner"] == "strongroom_owner"
        assert row["lanname"] in {"sql", "plpgsql"}
        assert "execute" not in row["prosrc"].lower()
        assert row["everybody"] is False


async def test_no_function_at_all_is_for_everybody(administrator: OpenConnection) -> None:
    """V-7: functions that aren't lookups can't be called either."""
    for_all = await administrator.fetch(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('public', oid, 'execute')"
    )

    assert for_all == []


async def test_deletes_do_not_cascade(administrator: OpenConnection) -> None:
    """S-7: deleting a row never deletes another; each reference prevents its target from being deleted."""
    rows = await administrator.fetch(REFERENCES)

    assert len(rows) > 20
    assert {(row["on_delete"], row["on_update"]) for row in rows} == {(b"a", b"a")}
    assert {row["deferrable"] for row in rows} == {False}


async def test_references_point_backwards(administrator: OpenConnection) -> None:
    """The references form a DAG: each points to a table that comes earlier in the list."""
    rows = await administrator.fetch(REFERENCES)
    forwards = [
        (row["table"], row["referenced"])
        for row in rows
        if NAMES.index(row["referenced"]) >= NAMES.index(row["table"])
    ]

    assert forwards == []


async def test_references_carry_the_vault(administrator: OpenConnection) -> None:
    """V-7: a reference to a vault's row includes the vault, unless the row is the installation's."""
    rows = await administrator.fetch(REFERENCES)
    single = {
        (row["table"], row["columns"][0])
        for row in rows
        if row["columns"] != ["vault"] and row["columns"][0] != "vault"
    }
    paired = [row for row in rows if len(row["columns"]) > 1]

    assert single == OF_THE_INSTALLATION
    assert all(row["keys"][0] == "vault" for row in paired)
    assert len(paired) >= 8


async def test_the_nullable_references_are_listed(administrator: OpenConnection) -> None:
    """V-7: a null disables a composite reference, so only these references have a nullable part."""
    rows = await administrator.fetch(REFERENCES)
    nullable = {(row["table"], name) for row in rows for name in row["nullable"] or ()}

    assert nullable == MAY_BE_ABSENT


@pytest.mark.parametrize("table", NAMES)
async def test_every_row_names_its_vault(administrator: OpenConnection, table: str) -> None:
    """V-7: every row's vault is set and exists."""
    column = "id" if table == "vault" else "vault"
    row = await administrator.fetchrow(
        "select a.attnotnull, exists (select from pg_constraint f where f.conrelid = a.attrelid"
        " and f.contype = 'f' and f.confrelid = 'vault'::regclass and f.conkey = array[a.attnum])"
        " as exists from pg_attribute a where a.attrelid = to_regclass($1) and a.attname = $2",
        table,
        column,
    )

    assert row is not None
    assert row["attnotnull"] is True
    assert row["exists"] is (table != "vault")


async def test_no_role_can_make_large_objects(administrator: OpenConnection) -> None:
    """V-7: rows belong to a vault, and large objects don't, so none of our roles can make or read one."""
    rows = await administrator.fetch(
        "select r.rolname, p.oid::regprocedure::text from pg_roles r, pg_proc p"
        " where r.rolname = any($1) and (p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite'))"
        " and has_function_privilege(r.oid, p.oid, 'execute')",
        OURS,
    )

    assert [] == [tuple(row.values()) for row in rows]
