-- The dashboard knows a session by its id, which opens nothing, and never sees its token. As blind it
-- has no right on accounts and sessions; these two are all it gets.

create function session_by_id(wanted varchar) returns table (
    session varchar, account varchar, username varchar, operator boolean, account_status varchar,
    acting_vault varchar, authenticated_at timestamptz, last_used_at timestamptz,
    expires_at timestamptz, vault_role varchar, access_role varchar, member_status varchar
) language sql stable security definer set search_path = public, pg_temp as $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.id = wanted
$$;

create function note_session_use(used varchar, used_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    update session set last_used_at = used_at where id = used and last_used_at < used_at
$$;

revoke all on function session_by_id(varchar), note_session_use(varchar, timestamptz) from public;
grant execute on function session_by_id(varchar), note_session_use(varchar, timestamptz)
    to strongroom_app, strongroom_blind;
