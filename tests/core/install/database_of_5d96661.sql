-- A database of commit 5d96661, before its migrations were numbered. Its rows were written by that commit's use
-- cases on PostgreSQL 15, whose `pg_dump --schema=public --inserts` made this file; the tool's comments are left
-- out. test_upgrade.py knows its root, the owner's password and the machine's key. Don't change this file.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.audit_entry_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'the audit table is append-only' using errcode = 'insufficient_privilege';
end $$;
ALTER FUNCTION public.audit_entry_is_append_only() OWNER TO strongroom_owner;
CREATE FUNCTION public.begin_incarnation(floor timestamp with time zone) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    update deployment set incarnation = incarnation + 1,
        nonce_floor = greatest(coalesce(nonce_floor, '-infinity'), least(floor, clock_timestamp() + interval '1 day'))
    returning incarnation
$$;
ALTER FUNCTION public.begin_incarnation(floor timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.drop_nonces(older_than timestamp with time zone) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    with gone as (
        delete from request_nonce
        where expires_at < least(older_than, (select nonce_floor from deployment)) returning 1
    ) select count(*) from gone
$$;
ALTER FUNCTION public.drop_nonces(older_than timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.due_outbox(before timestamp with time zone, most integer) RETURNS TABLE(vault character varying, id uuid, kind character varying, subject character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select o.vault, o.id, o.kind, o.subject from outbox o
    where o.due_at <= before order by o.due_at limit most
$$;
ALTER FUNCTION public.due_outbox(before timestamp with time zone, most integer) OWNER TO strongroom_owner;
CREATE FUNCTION public.due_purges(cutoff timestamp with time zone, most integer) RETURNS TABLE(vault character varying, kind text, id character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    (select p.vault, 'project', p.id from project p
     where p.trashed_at < cutoff and p.purge_ordered_at is null order by p.trashed_at limit most)
    union all
    (select s.vault, 'secret', s.id from secret s join project p on p.vault = s.vault and p.id = s.project
     where s.trashed_at < cutoff and p.trashed_at is null order by s.trashed_at limit most)
$$;
ALTER FUNCTION public.due_purges(cutoff timestamp with time zone, most integer) OWNER TO strongroom_owner;
CREATE FUNCTION public.find_by_words(typed text, applications character varying[], projects character varying[], places text[], machines boolean, most integer) RETURNS TABLE(kind text, id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    with asked as (
        select scope.vault, search_query(scope.vault, typed) as query, lower(typed) as begins
        from (select current_setting('strongroom.vault', true) as vault) scope
    )
    select f.kind, f.id from (
        (select 'application' as kind, 1 as rank, a.id::text as id, lower(a.name) as name,
                starts_with(lower(a.name), (select begins from asked)) as begins
         from application a
         where search_words(a.vault, a.id, array[a.name, a.description])
               @@ (select query from asked)
           and a.vault = (select vault from asked)
           and (applications is null or a.id = any(applications))
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'project', 2, p.id, lower(p.name),
                starts_with(lower(p.name), (select begins from asked))
         from project p
         where search_words(p.vault, p.id, array[p.name, p.description, p.environment])
               @@ (select query from asked)
           and p.vault = (select vault from asked)
           and p.trashed_at is null and p.id = any(projects)
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'secret', 3, s.id, lower(s.name),
                starts_with(lower(s.name), (select begins from asked))
         from secret s
         where search_words(s.vault, s.id, array[s.name, s.note, s.environment] || s.tags)
               @@ (select query from asked)
           and s.vault = (select vault from asked)
           and s.trashed_at is null and s.project || ':' || s.kind = any(places)
         order by 5 desc, 4, 3 limit most)
        union all
        (select 'machine', 4, m.id::text, lower(m.name),
                starts_with(lower(m.name), (select begins from asked))
         from machine m
         where search_words(m.vault, m.id::text, array[m.name, m.hostname])
               @@ (select query from asked)
           and m.vault = (select vault from asked)
           and machines
         order by 5 desc, 4, 3 limit most)
    ) f
    order by f.begins desc, f.rank, f.name, f.id limit most
$$;
ALTER FUNCTION public.find_by_words(typed text, applications character varying[], projects character varying[], places text[], machines boolean, most integer) OWNER TO strongroom_owner;
CREATE FUNCTION public.found_vault(new_vault character varying, vault_shape character varying, vault_name character varying, new_member character varying, owner_account character varying, founded_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    insert into vault (id, shape, name, created_at)
        select new_vault, vault_shape, vault_name, founded_at
        where vault_shape in ('personal', 'organization');
    insert into member (vault, id, account, vault_role, status, joined_at)
        values (new_vault, new_member, owner_account, 'owner', 'active', founded_at);
$$;
ALTER FUNCTION public.found_vault(new_vault character varying, vault_shape character varying, vault_name character varying, new_member character varying, owner_account character varying, founded_at timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.locked_until(source character varying) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select l.locked_until from lockout l where l.network = source
$$;
ALTER FUNCTION public.locked_until(source character varying) OWNER TO strongroom_owner;
CREATE FUNCTION public.machine_by_id(machine_id uuid) RETURNS TABLE(vault character varying, public_key bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select m.vault, m.public_key from machine m where m.id = machine_id
$$;
ALTER FUNCTION public.machine_by_id(machine_id uuid) OWNER TO strongroom_owner;
CREATE FUNCTION public.machine_token_by_hash(hash bytea, at timestamp with time zone) RETURNS TABLE(vault character varying, id character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select t.vault, t.id from machine_token t
    where t.token_hash = hash and t.used_at is null and t.expires_at > at
$$;
ALTER FUNCTION public.machine_token_by_hash(hash bytea, at timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.nonce_floor() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select coalesce(nonce_floor, '-infinity') from deployment
$$;
ALTER FUNCTION public.nonce_floor() OWNER TO strongroom_owner;
CREATE FUNCTION public.note_session_use(used character varying, used_at timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    update session set last_used_at = used_at where id = used and last_used_at < used_at
$$;
ALTER FUNCTION public.note_session_use(used character varying, used_at timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.owner_is_active(of_vault character varying) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select exists (
        select from member m join account a on a.id = m.account
        where m.vault = of_vault and m.vault_role = 'owner' and m.status = 'active'
          and a.status = 'active'
    )
$$;
ALTER FUNCTION public.owner_is_active(of_vault character varying) OWNER TO strongroom_owner;
CREATE FUNCTION public.raise_nonce_floor(floor timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    update deployment set nonce_floor =
        greatest(coalesce(nonce_floor, '-infinity'), least(floor, clock_timestamp() + interval '1 day'))
$$;
ALTER FUNCTION public.raise_nonce_floor(floor timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.search_query(of_vault text, typed text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select nullif(concat_ws(' | ',
        (select '(' || string_agg(quote_literal(word) || ':*', ' & ') || ')'
         from (select word from unnest(public.words_of(typed)) word
               order by length(word) desc, word limit 8) w),
        case when lower(typed) ~ '^((app|proj|sk)_[a-z2-7]{1,16}|[0-9a-f][0-9a-f-]{3,35})$'
             then quote_literal('#' || lower(typed)) || ':*' end
    ), '')::tsquery && quote_literal('@' || of_vault)::tsquery
$_$;
ALTER FUNCTION public.search_query(of_vault text, typed text) OWNER TO strongroom_owner;
CREATE FUNCTION public.search_words(of_vault text, id text, texts text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE COST 1000 PARALLEL SAFE
    AS $$
    select array_to_tsvector(
        public.words_of(array_to_string(texts, ' ')) || array['@' || of_vault, '#' || id])
$$;
ALTER FUNCTION public.search_words(of_vault text, id text, texts text[]) OWNER TO strongroom_owner;
CREATE FUNCTION public.session_by_hash(hash bytea) RETURNS TABLE(session character varying, account character varying, username character varying, operator boolean, account_status character varying, acting_vault character varying, authenticated_at timestamp with time zone, last_used_at timestamp with time zone, expires_at timestamp with time zone, vault_role character varying, access_role character varying, member_status character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.token_hash = hash
$$;
ALTER FUNCTION public.session_by_hash(hash bytea) OWNER TO strongroom_owner;
CREATE FUNCTION public.session_by_id(wanted character varying) RETURNS TABLE(session character varying, account character varying, username character varying, operator boolean, account_status character varying, acting_vault character varying, authenticated_at timestamp with time zone, last_used_at timestamp with time zone, expires_at timestamp with time zone, vault_role character varying, access_role character varying, member_status character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select s.id, a.id, a.username, a.operator, a.status, s.acting_vault, s.authenticated_at,
           s.last_used_at, s.expires_at, m.vault_role, m.access_role, m.status
    from session s
    join account a on a.id = s.account
    left join member m on m.vault = s.acting_vault and m.account = s.account
    where s.id = wanted
$$;
ALTER FUNCTION public.session_by_id(wanted character varying) OWNER TO strongroom_owner;
CREATE FUNCTION public.take_public_key(new_key bytea, at timestamp with time zone) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    insert into public_key (vault, key, taken_at) values ('installation', new_key, at)
    on conflict do nothing returning true
$$;
ALTER FUNCTION public.take_public_key(new_key bytea, at timestamp with time zone) OWNER TO strongroom_owner;
CREATE FUNCTION public.tally_reads() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    insert into read_tally (vault, tx)
        select 'installation', '3'::xid8 on conflict do nothing;
    with since as (
        select tx from read_tally where vault = 'installation' for update
    ), until as (
        select pg_snapshot_xmin(pg_current_snapshot()) as tx
    ), reads as (
        select e.vault, e.target_id as secret, e.actor_id as machine, e.actor_name as name, e.at
        from vault v
        cross join since
        cross join until
        cross join lateral (
            select * from audit_entry a where a.vault = v.id and a.tx >= since.tx and a.tx < until.tx
        ) e
        where e.action = 'secret_read' and e.outcome = 'done'
    ), by_secret as (
        select vault, secret, count(*) as n, max(at) as at,
               (array_agg(name order by at desc))[1] as name
        from reads group by vault, secret
    ), told as (
        update secret s set read_count = s.read_count + b.n, last_read_at = b.at, last_read_by = b.name
        from by_secret b where s.vault = b.vault and s.id = b.secret
    ), seen as (
        update machine m set last_seen_at = b.at
        from (select machine, max(at) as at from reads group by machine) b
        where m.id::text = b.machine
    ), moved as (
        update read_tally set tx = until.tx from until where vault = 'installation'
    )
    select count(*) from reads
$$;
ALTER FUNCTION public.tally_reads() OWNER TO strongroom_owner;
CREATE FUNCTION public.vaults_of(member_account character varying) RETURNS TABLE(vault character varying, name character varying, shape character varying, vault_role character varying)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select v.id, v.name, v.shape, m.vault_role
    from member m join vault v on v.id = m.vault
    where m.account = member_account and m.status = 'active'
    order by m.joined_at, v.id
$$;
ALTER FUNCTION public.vaults_of(member_account character varying) OWNER TO strongroom_owner;
CREATE FUNCTION public.words_of(typed text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(array_agg(distinct left(word, 64)), '{}')
    from regexp_split_to_table(lower(normalize(typed, nfkc)), '[^[:alnum:]]+') word
    where word <> ''
$$;
ALTER FUNCTION public.words_of(typed text) OWNER TO strongroom_owner;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    email character varying(254) NOT NULL,
    email_folded character varying(254) NOT NULL,
    username character varying(32) NOT NULL,
    username_folded character varying(32) NOT NULL,
    password_hash character varying(200) NOT NULL,
    status character varying(16) NOT NULL,
    operator boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT account_status_check CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'suspended'::character varying, 'closed'::character varying])::text[]))),
    CONSTRAINT account_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.account OWNER TO strongroom_owner;
CREATE TABLE public.account_token (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    purpose character varying(32) NOT NULL,
    token_hash bytea NOT NULL,
    account character varying(32),
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT account_token_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.account_token OWNER TO strongroom_owner;
CREATE TABLE public.application (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    name character varying(100) NOT NULL,
    name_folded character varying(510) NOT NULL,
    description character varying(1000),
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.application OWNER TO strongroom_owner;
CREATE TABLE public.attachment (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    machine uuid NOT NULL,
    project character varying(32) NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    attached_by character varying(64) NOT NULL
);
ALTER TABLE public.attachment OWNER TO strongroom_owner;
CREATE TABLE public.audit_entry (
    vault character varying(32) NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    incarnation integer NOT NULL,
    action character varying(64) NOT NULL,
    severity character varying(16) NOT NULL,
    outcome character varying(16) NOT NULL,
    reason character varying(64),
    actor_kind character varying(16) NOT NULL,
    actor_id character varying(64),
    actor_name character varying(255) NOT NULL,
    target_kind character varying(32),
    target_id character varying(64),
    target_name character varying(255),
    project character varying(32),
    address character varying(64) NOT NULL,
    country character varying(2),
    request_id character varying(64) NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    salt bytea NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT audit_entry_actor_kind_check CHECK (((actor_kind)::text = ANY ((ARRAY['user'::character varying, 'machine'::character varying, 'ai_agent'::character varying, 'system'::character varying, 'external'::character varying])::text[]))),
    CONSTRAINT audit_entry_outcome_check CHECK (((outcome)::text = ANY ((ARRAY['done'::character varying, 'refused'::character varying])::text[]))),
    CONSTRAINT audit_entry_salt_check CHECK ((length(salt) = 16)),
    CONSTRAINT audit_entry_severity_check CHECK (((severity)::text = ANY ((ARRAY['info'::character varying, 'low'::character varying, 'medium'::character varying, 'high'::character varying, 'critical'::character varying])::text[])))
);
ALTER TABLE public.audit_entry OWNER TO strongroom_owner;
CREATE TABLE public.deployment (
    vault character varying(32) NOT NULL,
    id character varying(40) NOT NULL,
    incarnation integer DEFAULT 1 NOT NULL,
    nonce_floor timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT deployment_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.deployment OWNER TO strongroom_owner;
CREATE TABLE public.device (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    token_hash bytea NOT NULL,
    account character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT device_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.device OWNER TO strongroom_owner;
CREATE TABLE public.known_pair (
    vault character varying(32) NOT NULL,
    machine uuid NOT NULL,
    network character varying(64) NOT NULL,
    verified_at timestamp with time zone NOT NULL
);
ALTER TABLE public.known_pair OWNER TO strongroom_owner;
CREATE TABLE public.lockout (
    vault character varying(32) NOT NULL,
    network character varying(64) NOT NULL,
    failures integer NOT NULL,
    window_start timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT lockout_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.lockout OWNER TO strongroom_owner;
CREATE TABLE public.machine (
    vault character varying(32) NOT NULL,
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    public_key bytea NOT NULL,
    enrolled_by character varying(16) NOT NULL,
    hostname character varying(253) NOT NULL,
    registered_from character varying(64) NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    approved_at timestamp with time zone,
    approved_by character varying(64),
    enabled boolean DEFAULT true NOT NULL,
    expires_at timestamp with time zone,
    last_seen_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    authz_epoch integer DEFAULT 0 NOT NULL,
    row_mac bytea,
    min_signature integer DEFAULT 1 NOT NULL,
    CONSTRAINT machine_enrolled_by_check CHECK (((enrolled_by)::text = ANY ((ARRAY['bootstrap'::character varying, 'preprovisioned'::character varying, 'ephemeral'::character varying, 'temporary'::character varying])::text[])))
);
ALTER TABLE public.machine OWNER TO strongroom_owner;
CREATE TABLE public.machine_name (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    machine uuid NOT NULL,
    name character varying(100) NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by character varying(64) NOT NULL
);
ALTER TABLE public.machine_name OWNER TO strongroom_owner;
CREATE TABLE public.machine_token (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by character varying(64) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE public.machine_token OWNER TO strongroom_owner;
CREATE TABLE public.member (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    account character varying(32) NOT NULL,
    vault_role character varying(32) NOT NULL,
    access_role character varying(32),
    status character varying(16) NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT member_status_check CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'suspended'::character varying])::text[]))),
    CONSTRAINT member_vault_role_check CHECK (((vault_role)::text = 'owner'::text))
);
ALTER TABLE public.member OWNER TO strongroom_owner;
CREATE TABLE public.migration (
    id integer NOT NULL,
    name character varying(200) DEFAULT ''::character varying NOT NULL,
    app_name character varying(200) DEFAULT ''::character varying NOT NULL,
    ran_on timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
ALTER TABLE public.migration OWNER TO strongroom_owner;
CREATE SEQUENCE public.migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER TABLE public.migration_id_seq OWNER TO strongroom_owner;
ALTER SEQUENCE public.migration_id_seq OWNED BY public.migration.id;
CREATE TABLE public.outbox (
    vault character varying(32) NOT NULL,
    id uuid NOT NULL,
    kind character varying(32) NOT NULL,
    subject character varying(64) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.outbox OWNER TO strongroom_owner;
CREATE TABLE public.project (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    application character varying(32),
    name character varying(100) NOT NULL,
    name_folded character varying(510) NOT NULL,
    environment character varying(100),
    "position" integer DEFAULT 0 NOT NULL,
    description character varying(1000),
    frozen_at timestamp with time zone,
    frozen_by character varying(64),
    freeze_reason character varying(500),
    trashed_at timestamp with time zone,
    trashed_by character varying(64),
    purge_ordered_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT project_check CHECK (((application IS NULL) OR (environment IS NOT NULL)))
);
ALTER TABLE public.project OWNER TO strongroom_owner;
CREATE TABLE public.project_key (
    vault character varying(32) NOT NULL,
    id uuid NOT NULL,
    project character varying(32) NOT NULL,
    number integer NOT NULL,
    root_version integer NOT NULL,
    wrapped bytea NOT NULL,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT project_key_state_check CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'decrypt_only'::character varying, 'destroyed'::character varying])::text[])))
);
ALTER TABLE public.project_key OWNER TO strongroom_owner;
CREATE TABLE public.public_key (
    vault character varying(32) NOT NULL,
    key bytea NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    CONSTRAINT public_key_key_check CHECK ((length(key) = 32)),
    CONSTRAINT public_key_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.public_key OWNER TO strongroom_owner;
CREATE TABLE public.rate_count (
    vault character varying(32) NOT NULL,
    key character varying(120) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    hits integer DEFAULT 0 NOT NULL,
    CONSTRAINT rate_count_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.rate_count OWNER TO strongroom_owner;
CREATE TABLE public.read_tally (
    vault character varying(32) NOT NULL,
    tx xid8 NOT NULL,
    CONSTRAINT read_tally_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.read_tally OWNER TO strongroom_owner;
CREATE TABLE public.request_nonce (
    vault character varying(32) NOT NULL,
    identity uuid NOT NULL,
    nonce character varying(128) NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE public.request_nonce OWNER TO strongroom_owner;
CREATE TABLE public.root_key (
    vault character varying(32) NOT NULL,
    version integer NOT NULL,
    check_value bytea NOT NULL,
    kdf character varying(200),
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT root_key_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'active'::character varying, 'retired'::character varying])::text[]))),
    CONSTRAINT root_key_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.root_key OWNER TO strongroom_owner;
CREATE TABLE public.secret (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    project character varying(32) NOT NULL,
    kind character varying(16) NOT NULL,
    name character varying(255) NOT NULL,
    name_folded character varying(510) NOT NULL,
    environment character varying(100),
    note character varying(10000),
    tags character varying(64)[] DEFAULT '{}'::character varying[] NOT NULL,
    field_names character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    current_version integer DEFAULT 1 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by character varying(64) NOT NULL,
    last_read_at timestamp with time zone,
    last_read_by character varying(255),
    read_count bigint DEFAULT 0 NOT NULL,
    trashed_at timestamp with time zone,
    trashed_by character varying(64),
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT secret_kind_check CHECK (((kind)::text = ANY ((ARRAY['single'::character varying, 'structured'::character varying])::text[])))
);
ALTER TABLE public.secret OWNER TO strongroom_owner;
CREATE TABLE public.secret_grant (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    machine uuid NOT NULL,
    secret character varying(32) NOT NULL,
    project character varying(32) NOT NULL,
    fields character varying(255)[],
    seen_version integer,
    granted_at timestamp with time zone NOT NULL,
    granted_by character varying(64) NOT NULL,
    authz_epoch integer DEFAULT 0 NOT NULL,
    row_mac bytea
);
ALTER TABLE public.secret_grant OWNER TO strongroom_owner;
CREATE TABLE public.secret_material (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    project character varying(32) NOT NULL,
    secret character varying(32) NOT NULL,
    project_key uuid NOT NULL,
    data_key bytea NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.secret_material OWNER TO strongroom_owner;
CREATE TABLE public.secret_version (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    secret character varying(32) NOT NULL,
    number integer NOT NULL,
    material character varying(32) NOT NULL,
    origin character varying(16) NOT NULL,
    restored integer,
    field_names character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    actor_kind character varying(16) NOT NULL,
    actor_id character varying(64),
    actor_name character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT secret_version_origin_check CHECK (((origin)::text = ANY ((ARRAY['create'::character varying, 'replace'::character varying, 'rotate'::character varying, 'rollback'::character varying, 'import'::character varying])::text[])))
);
ALTER TABLE public.secret_version OWNER TO strongroom_owner;
CREATE TABLE public.session (
    vault character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    token_hash bytea NOT NULL,
    account character varying(32) NOT NULL,
    acting_vault character varying(32) NOT NULL,
    authenticated_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    address character varying(64) NOT NULL,
    user_agent character varying(255) NOT NULL,
    CONSTRAINT session_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.session OWNER TO strongroom_owner;
CREATE TABLE public.system_key (
    vault character varying(32) NOT NULL,
    id uuid NOT NULL,
    purpose character varying(32) NOT NULL,
    number integer NOT NULL,
    root_version integer NOT NULL,
    wrapped bytea NOT NULL,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT system_key_state_check CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'decrypt_only'::character varying, 'destroyed'::character varying])::text[]))),
    CONSTRAINT system_key_vault_check CHECK (((vault)::text = 'installation'::text))
);
ALTER TABLE public.system_key OWNER TO strongroom_owner;
CREATE TABLE public.vault (
    id character varying(32) NOT NULL,
    shape character varying(16) NOT NULL,
    name character varying(100) NOT NULL,
    reveal_enabled boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT vault_id_check CHECK (((id)::text <> ''::text)),
    CONSTRAINT vault_shape_check CHECK (((shape)::text = ANY ((ARRAY['installation'::character varying, 'personal'::character varying, 'organization'::character varying])::text[])))
);
ALTER TABLE public.vault OWNER TO strongroom_owner;
ALTER TABLE ONLY public.migration ALTER COLUMN id SET DEFAULT nextval('public.migration_id_seq'::regclass);
INSERT INTO public.account VALUES
	('installation', 'acc_cbzprsxkybl2zs53', 'ada@example.org', 'ada@example.org', 'ada', 'ada', '$argon2id$v=19$m=64,t=1,p=1$K8RUWt2HuBUZ76N9RAYWaw$WBogsayqNTp9GYg2CzGL01rNWuwWp4dEvUPJ0RR7P48', 'active', true, '2026-11-28 21:55:45.945211+00');
INSERT INTO public.account_token VALUES
	('installation', 'tok_setup', 'setup', '\xb9c0e196074448e0a75db21598e8cc45c42b460344d83bf1f08500ee1b202d7e', NULL, '2026-11-28 21:55:45.875873+00', '2026-11-29 21:55:45.875873+00', '2026-11-28 21:55:45.945211+00');
INSERT INTO public.application VALUES
	('vault_rb3llhtorbvuupis', 'app_gcxlsipvhhwtdyce', 'shop', 'shop', 'What sells', 1, '2026-11-28 21:55:45.952707+00');
INSERT INTO public.attachment VALUES
	('vault_rb3llhtorbvuupis', 'att_s66iv3vvg254nilu', '573171fb-fead-48d8-b003-3ef13d146ca1', 'proj_qdgh42ovurj2ul4m', '2026-11-28 21:55:46.066859+00', 'ada');
INSERT INTO public.audit_entry VALUES
	('installation', '01a22428-3a53-7e69-a343-d72bd72158ca', '2026-11-28 21:55:45.875873+00', 1, 'installation_init', 'high', 'done', NULL, 'system', NULL, 'init', NULL, NULL, NULL, NULL, 'local', NULL, 'req_4gdkh5wt2pypk53s', '{"deployment": "dep_kn2a2lp2mubqyr5z", "root_version": 1}', '\xd25f212fa105f1bf75bdff821b6ac5fd', '746'),
	('installation', '01a22428-3a8e-7c00-885b-680d805953ed', '2026-11-28 21:55:45.934782+00', 1, 'installation_unseal', 'high', 'done', NULL, 'system', NULL, 'unseal', NULL, NULL, NULL, NULL, 'local', NULL, 'req_ljsochczooh7wc4z', '{}', '\xb86cac6e05b76f4d2bfda3d731be79c3', '747'),
	('installation', '01a22428-3a99-7459-8ea6-62d9f04ba44f', '2026-11-28 21:55:45.945211+00', 1, 'installation_setup', 'high', 'done', NULL, 'external', NULL, 'stranger', 'account', 'acc_cbzprsxkybl2zs53', 'ada', NULL, '127.0.0.8', NULL, 'req_zhfpwn5igz24yybi', '{"vault": "vault_rb3llhtorbvuupis"}', '\xe683793fc622c2c084390c6112fa965c', '748'),
	('vault_rb3llhtorbvuupis', '01a22428-3aa0-7e4c-aefe-6bb1fe68bb1f', '2026-11-28 21:55:45.952707+00', 1, 'application_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'application', 'app_gcxlsipvhhwtdyce', 'shop', NULL, '127.0.0.9', NULL, 'req_ucf4lmza4qaiv6so', '{"environments": ["production", "staging"]}', '\xcb03daa57ccbc3b8caf5d448ea8cd720', '749'),
	('vault_rb3llhtorbvuupis', '01a22428-3aaf-70fc-9da8-7c935fe5262b', '2026-11-28 21:55:45.96794+00', 1, 'project_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_qdgh42ovurj2ul4m', 'billing', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_pgbshfksfko5s4bx', '{"application": null, "environment": null}', '\x80e6ee253e85ff4701e58d4da6c953ef', '750'),
	('vault_rb3llhtorbvuupis', '01a22428-3ab3-70e3-ad2d-3479b2f5557e', '2026-11-28 21:55:45.971154+00', 1, 'secret_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'secret', 'sk_arxtqnuoymtseo7q', 'API_KEY', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_cvy43cjvd364wg6t', '{"kind": "single", "version": 1}', '\xcfeb15fc8c326427dd0bd4327ec5bff7', '751'),
	('vault_rb3llhtorbvuupis', '01a22428-3ad4-7be9-adaf-a67046e10e3a', '2026-11-28 21:55:46.004232+00', 1, 'secret_replace', 'medium', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'secret', 'sk_arxtqnuoymtseo7q', 'API_KEY', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_dwbo6zgo5ntqxdt3', '{"version": 2}', '\x72b1be90cb22436dedb8d1e37994cb83', '752'),
	('vault_rb3llhtorbvuupis', '01a22428-3ad8-72e6-bd47-f12f18e35453', '2026-11-28 21:55:46.008307+00', 1, 'secret_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'secret', 'sk_gfdenxomvoiljaxe', 'DATABASE', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_qzuj4hdgcg3cp3wn', '{"kind": "structured", "version": 1}', '\x4da154938af80efd8e11210a265c03b8', '753'),
	('vault_rb3llhtorbvuupis', '01a22428-3ae0-7306-974d-5ce9cbe50597', '2026-11-28 21:55:46.016128+00', 1, 'secret_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'secret', 'sk_qmnpohtdq24z66nz', 'GONE', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_vitdxi5c7s64ik2l', '{"kind": "single", "version": 1}', '\x14257111da7c998aa08e430739c162ec', '754'),
	('vault_rb3llhtorbvuupis', '01a22428-3ae2-73d6-acf7-23b5e81d7bc6', '2026-11-28 21:55:46.018893+00', 1, 'secret_delete', 'high', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'secret', 'sk_qmnpohtdq24z66nz', 'GONE', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_coln4iogg3ini4fj', '{}', '\xf981fd3c87ab403a18c003e6a2c1e8c8', '755'),
	('vault_rb3llhtorbvuupis', '01a22428-3ae5-7a8d-b576-428d4b4e1127', '2026-11-28 21:55:46.021283+00', 1, 'project_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_khvu2kdjaembh7j7', 'frozen', 'proj_khvu2kdjaembh7j7', '127.0.0.9', NULL, 'req_zdm4rinjzgwrfczm', '{"application": null, "environment": null}', '\x3f8e168eb966b6594bf668af812daabc', '756'),
	('vault_rb3llhtorbvuupis', '01a22428-3ae7-7483-8832-40c0fb86a79a', '2026-11-28 21:55:46.023455+00', 1, 'project_freeze', 'high', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_khvu2kdjaembh7j7', 'frozen', 'proj_khvu2kdjaembh7j7', '127.0.0.9', NULL, 'req_wvua7tda3xxfjtkv', '{"reason": "a laptop was lost"}', '\x694e40672e2f906890513f3b5985a23d', '757'),
	('vault_rb3llhtorbvuupis', '01a22428-3ae9-7a51-91ad-1856155c32d9', '2026-11-28 21:55:46.025999+00', 1, 'project_create', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_czbzb5jhrbndcvix', 'old', 'proj_czbzb5jhrbndcvix', '127.0.0.9', NULL, 'req_4zuxfyukwn7jpihl', '{"application": null, "environment": null}', '\x2cae965526f29cf4420a09925396ee64', '758'),
	('vault_rb3llhtorbvuupis', '01a22428-3aec-7fa5-a952-7310a850174d', '2026-11-28 21:55:46.028177+00', 1, 'project_delete', 'high', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_czbzb5jhrbndcvix', 'old', 'proj_czbzb5jhrbndcvix', '127.0.0.9', NULL, 'req_zrqf2xzibapkdmor', '{"secrets": 0}', '\xf7551c120941064b31fb569aa25e3702', '759'),
	('vault_rb3llhtorbvuupis', '01a22428-3aed-75ce-95f9-980871d5d30d', '2026-11-28 21:55:46.029784+00', 1, 'project_purge', 'high', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_czbzb5jhrbndcvix', 'old', 'proj_czbzb5jhrbndcvix', '127.0.0.9', NULL, 'req_rnwh7himnix5vqcz', '{}', '\xaa7d86b8981d68f6bdf79731e10b9ba1', '760'),
	('vault_rb3llhtorbvuupis', '01a22428-3aef-7611-b2af-4515df8a4c92', '2026-11-28 21:55:46.031706+00', 1, 'machine_bootstrap', 'medium', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', NULL, NULL, NULL, NULL, '127.0.0.9', NULL, 'req_vrvyghnu7gkjfmk5', '{"token": "tok_x35ou5bo6kkfl2ub"}', '\xe3145df69284599f543672f0478988c5', '761'),
	('vault_rb3llhtorbvuupis', '01a22428-3af6-7204-a3c3-0fd0e621eded', '2026-11-28 21:55:46.038021+00', 1, 'machine_register', 'medium', 'done', NULL, 'system', NULL, 'bootstrap', 'machine', '573171fb-fead-48d8-b003-3ef13d146ca1', 'web-1', NULL, '127.9.9.21', NULL, 'req_giry45tstm5zdenz', '{"hostname": "web-1", "fingerprint": "24f6 ed6a cbfe 1009 c030 d7ca 567c 33ca 4830 9114 9823 6b55 61a6 c82a bec5 de28"}', '\xee21e1defa836010e5f2665de90da4d5', '762'),
	('vault_rb3llhtorbvuupis', '01a22428-3b09-70b4-9745-d3409cdc1284', '2026-11-28 21:55:46.057853+00', 1, 'machine_approve', 'high', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'machine', '573171fb-fead-48d8-b003-3ef13d146ca1', 'web-1', NULL, '127.0.0.9', NULL, 'req_hnkq2pssy2y4xmaq', '{}', '\x341f0fa3e64438137dab7e287904c6e8', '763'),
	('vault_rb3llhtorbvuupis', '01a22428-3b0c-7638-b011-c3ff71790f02', '2026-11-28 21:55:46.060778+00', 1, 'machine_rename', 'low', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'machine', '573171fb-fead-48d8-b003-3ef13d146ca1', 'web-1', NULL, '127.0.0.9', NULL, 'req_zr3wojbcr7tzsrow', '{"renamed_to": "front", "renamed_from": "web-1"}', '\xca1f1ed897e6ec400f63d3522d516548', '764'),
	('vault_rb3llhtorbvuupis', '01a22428-3b12-73be-be26-4dcb46957c73', '2026-11-28 21:55:46.066859+00', 1, 'machine_attach', 'medium', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_qdgh42ovurj2ul4m', 'billing', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_f5e7ghogc6uoyut3', '{"machine": "573171fb-fead-48d8-b003-3ef13d146ca1", "machine_name": "front"}', '\x18b6d5f28ab290d67ab27a01cf3341b9', '765'),
	('vault_rb3llhtorbvuupis', '01a22428-3b15-754d-8e9e-c3d783f35968', '2026-11-28 21:55:46.069953+00', 1, 'grants_set', 'medium', 'done', NULL, 'user', 'acc_cbzprsxkybl2zs53', 'ada', 'project', 'proj_qdgh42ovurj2ul4m', 'billing', 'proj_qdgh42ovurj2ul4m', '127.0.0.9', NULL, 'req_5tsueakodbb2e26v', '{"granted": 2, "ignored": 0, "machine": "573171fb-fead-48d8-b003-3ef13d146ca1", "removed": 0, "machine_name": "front"}', '\xfef468e80fe505cfd1a6cf55e6e317b0', '766'),
	('vault_rb3llhtorbvuupis', '01a22428-3b1b-7d5a-9222-fd3dd352d4ca', '2026-11-28 21:55:46.075293+00', 1, 'secret_read', 'info', 'done', NULL, 'machine', '573171fb-fead-48d8-b003-3ef13d146ca1', 'front', 'secret', 'sk_arxtqnuoymtseo7q', 'API_KEY', 'proj_qdgh42ovurj2ul4m', '127.0.0.20', NULL, 'req_x5mvq6tkhzhyst2x', '{"fields": null, "version": 2}', '\x82fc3838eeaf23d1266c9e5a9c497070', '767'),
	('installation', '01a22428-3b47-76df-9a98-6af5c9dab3a7', '2026-11-28 21:55:46.119066+00', 1, 'account_login', 'low', 'done', NULL, 'external', NULL, 'stranger', 'account', 'acc_cbzprsxkybl2zs53', 'ada', NULL, '127.0.0.8', NULL, 'req_lghymzlgcrlknslw', '{"session": "ses_63ssafd74eiashu3"}', '\x37f77fdb9b20de8c78d64059535b84f8', '770'),
	('installation', '01a22428-3b4c-7773-a9ea-326791949f8a', '2026-11-28 21:55:46.124507+00', 1, 'auth_failure', 'medium', 'refused', 'wrong_credentials', 'external', NULL, 'stranger', NULL, NULL, NULL, NULL, '127.0.0.8', NULL, 'req_vkhuxyttpgw64fiv', '{"attempted": "account_login"}', '\xe89dec2a577cfd252d169cf46e877e49', '772');
INSERT INTO public.deployment VALUES
	('installation', 'dep_kn2a2lp2mubqyr5z', 1, NULL, '2026-11-28 21:55:45.875873+00');
INSERT INTO public.device VALUES
	('installation', 'dev_46w3k67vmvddlosv', '\xda1635dbfa6eeb595d16c770adb3e59d2a0e7981d54b584564ee14b49c8660d6', 'acc_cbzprsxkybl2zs53', '2026-11-28 21:55:46.119066+00', '2027-11-28 21:55:46.119066+00');
INSERT INTO public.known_pair VALUES
	('vault_rb3llhtorbvuupis', '573171fb-fead-48d8-b003-3ef13d146ca1', '127.9.9.21', '2026-11-28 21:55:46.038021+00'),
	('vault_rb3llhtorbvuupis', '573171fb-fead-48d8-b003-3ef13d146ca1', '127.0.0.20', '2026-11-28 21:55:46.075293+00');
INSERT INTO public.lockout VALUES
	('installation', '127.0.0.30', 1, '2026-11-28 21:55:46.125516+00', NULL);
INSERT INTO public.machine VALUES
	('vault_rb3llhtorbvuupis', '573171fb-fead-48d8-b003-3ef13d146ca1', 'front', '\x29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7', 'bootstrap', 'web-1', '127.9.9.21', '2026-11-28 21:55:46.038021+00', '2026-11-28 21:55:46.057853+00', 'ada', true, NULL, '2026-11-28 21:55:46.075293+00', 3, 0, NULL, 1);
INSERT INTO public.machine_name VALUES
	('vault_rb3llhtorbvuupis', 'mnm_4bdi4zc657ea4trb', '573171fb-fead-48d8-b003-3ef13d146ca1', 'web-1', '2026-11-28 21:55:46.060778+00', 'ada');
INSERT INTO public.machine_token VALUES
	('vault_rb3llhtorbvuupis', 'tok_x35ou5bo6kkfl2ub', '\xffd4cc540eb21f751faba0b6569621e9dca97c76defd67eac54b2a7156d95983', '2026-11-28 21:55:46.031706+00', 'ada', '2026-11-28 22:05:46.031706+00', '2026-11-28 21:55:46.038021+00');
INSERT INTO public.member VALUES
	('vault_rb3llhtorbvuupis', 'mem_rgwt2zgdyknsk3wh', 'acc_cbzprsxkybl2zs53', 'owner', NULL, 'active', '2026-11-28 21:55:45.945211+00');
INSERT INTO public.migration VALUES
	(1, '2026-11-22T05:00:00', 'strongroom', '2026-11-28 21:55:45.63245'),
	(2, '2026-11-22T05:01:00', 'strongroom', '2026-11-28 21:55:45.659928'),
	(3, '2026-11-22T06:00:00', 'strongroom', '2026-11-28 21:55:45.72251'),
	(4, '2026-11-22T08:09:38', 'strongroom', '2026-11-28 21:55:45.737525'),
	(5, '2026-11-22T11:05:19', 'strongroom', '2026-11-28 21:55:45.775688'),
	(6, '2026-11-22T11:14:44', 'strongroom', '2026-11-28 21:55:45.816516'),
	(7, '2026-11-22T11:19:18', 'strongroom', '2026-11-28 21:55:45.839637');
INSERT INTO public.outbox VALUES
	('vault_rb3llhtorbvuupis', '01a22428-3aed-7440-ac24-6a5b42f9b700', 'erase_project', 'proj_czbzb5jhrbndcvix', '2026-11-28 21:55:46.029784+00', 0, '2026-11-28 21:55:46.029784+00');
INSERT INTO public.project VALUES
	('vault_rb3llhtorbvuupis', 'proj_ql7ft42sk7rgxsf7', 'app_gcxlsipvhhwtdyce', 'production', 'production', 'production', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-28 21:55:45.952707+00'),
	('vault_rb3llhtorbvuupis', 'proj_ocqy6k35hjwtvdbk', 'app_gcxlsipvhhwtdyce', 'staging', 'staging', 'staging', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-28 21:55:45.952707+00'),
	('vault_rb3llhtorbvuupis', 'proj_qdgh42ovurj2ul4m', NULL, 'billing', 'billing', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-28 21:55:45.96794+00'),
	('vault_rb3llhtorbvuupis', 'proj_khvu2kdjaembh7j7', NULL, 'frozen', 'frozen', NULL, 0, NULL, '2026-11-28 21:55:46.023455+00', 'ada', 'a laptop was lost', NULL, NULL, NULL, 2, '2026-11-28 21:55:46.021283+00'),
	('vault_rb3llhtorbvuupis', 'proj_czbzb5jhrbndcvix', NULL, 'old', 'old', NULL, 0, NULL, NULL, NULL, NULL, '2026-11-28 21:55:46.028177+00', 'ada', '2026-11-28 21:55:46.029784+00', 3, '2026-11-28 21:55:46.025999+00');
INSERT INTO public.project_key VALUES
	('vault_rb3llhtorbvuupis', 'df775f6a-5b55-4ae9-9c65-20e92fdc4148', 'proj_ql7ft42sk7rgxsf7', 1, 1, '\x010100000000000000000000000000000001d915d24bc0f25f03161a5ea2ae2b174890087c3e6e41ef3d93c532d916b5395c794551fc0e5284498589252d7df37c22cbaf2dbd112f570f3d15eca9', 'active', '2026-11-28 21:55:45.952707+00'),
	('vault_rb3llhtorbvuupis', '4858867a-742b-4347-b32a-d0d3660f677d', 'proj_ocqy6k35hjwtvdbk', 1, 1, '\x010100000000000000000000000000000001a7cf328a3f38423cd73bc2285452c909cefa30bddb1633d3384ff5000826298c2efdfa40370fa8d273344e3feb244a99f2ac18723c3c583feb0fccf0', 'active', '2026-11-28 21:55:45.952707+00'),
	('vault_rb3llhtorbvuupis', '81d3613f-9a84-4d5f-be96-f7b1f9440e0b', 'proj_qdgh42ovurj2ul4m', 1, 1, '\x010100000000000000000000000000000001e74d7f2470d0a463494e368178b22e5b36897a83aee730283c03ccea023e30661f6c3d628766ff6ac5608d20d3791ea71ee78276b948cbee96f2a7ac', 'active', '2026-11-28 21:55:45.96794+00'),
	('vault_rb3llhtorbvuupis', 'fa882093-1c2e-48e4-8e2e-eb0b174c4be8', 'proj_khvu2kdjaembh7j7', 1, 1, '\x010100000000000000000000000000000001325a7b24883e79a71fdbb2acb70831d3e87c3666cc827caa24dcd0b08d96e699d76f7b7044716ecde4cea55bc353be82f290e6f51313b9a5790d099d', 'active', '2026-11-28 21:55:46.021283+00'),
	('vault_rb3llhtorbvuupis', 'd1c5bc0e-f816-4b79-8138-13f02acbf24c', 'proj_czbzb5jhrbndcvix', 1, 1, '\x01010000000000000000000000000000000161b0c047a47551bdc3f5270d541dee87347c7a7958e940744c3dbd98801c1770bc0983d681c59ee6712c392628f5f07855c3b90acf68ed556ccceb40', 'active', '2026-11-28 21:55:46.025999+00');
INSERT INTO public.public_key VALUES
	('installation', '\x29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7', '2026-11-28 21:55:46.038021+00');
INSERT INTO public.rate_count VALUES
	('installation', 'login:0c05c6b8235184175f0ee81b4130b74ed8e3c18eb70e0dc8fcdbce8e398f3e52', '2026-11-28 22:10:46.12308+00', 1),
	('installation', 'auth_failure:127.0.0.8', '2026-11-28 22:25:46.124507+00', 1);
INSERT INTO public.read_tally VALUES
	('installation', '768');
INSERT INTO public.request_nonce VALUES
	('vault_rb3llhtorbvuupis', '573171fb-fead-48d8-b003-3ef13d146ca1', 'a4e51b603c6544b5c4b20277b31e95c3', '2026-11-28 22:05:46+00');
INSERT INTO public.root_key VALUES
	('installation', 1, '\x69127439f56e6ec235f0398a1bd383c021290e8e99f692c01137117698eed31b', NULL, 'active', '2026-11-28 21:55:45.875873+00');
INSERT INTO public.secret VALUES
	('vault_rb3llhtorbvuupis', 'sk_gfdenxomvoiljaxe', 'proj_qdgh42ovurj2ul4m', 'structured', 'DATABASE', 'database', NULL, NULL, '{}', '{user,password}', 1, '2026-11-28 21:55:46.008307+00', 'ada', NULL, NULL, 0, NULL, NULL, 1, '2026-11-28 21:55:46.008307+00'),
	('vault_rb3llhtorbvuupis', 'sk_qmnpohtdq24z66nz', 'proj_qdgh42ovurj2ul4m', 'single', 'GONE', 'gone', NULL, NULL, '{}', '{}', 1, '2026-11-28 21:55:46.016128+00', 'ada', NULL, NULL, 0, '2026-11-28 21:55:46.018893+00', 'ada', 2, '2026-11-28 21:55:46.016128+00'),
	('vault_rb3llhtorbvuupis', 'sk_arxtqnuoymtseo7q', 'proj_qdgh42ovurj2ul4m', 'single', 'API_KEY', 'api_key', NULL, NULL, '{}', '{}', 2, '2026-11-28 21:55:46.004232+00', 'ada', '2026-11-28 21:55:46.075293+00', 'front', 1, NULL, NULL, 2, '2026-11-28 21:55:45.971154+00');
INSERT INTO public.secret_grant VALUES
	('vault_rb3llhtorbvuupis', 'gra_hc4nqv3teqzp7bz3', '573171fb-fead-48d8-b003-3ef13d146ca1', 'sk_gfdenxomvoiljaxe', 'proj_qdgh42ovurj2ul4m', NULL, NULL, '2026-11-28 21:55:46.069953+00', 'ada', 0, NULL),
	('vault_rb3llhtorbvuupis', 'gra_4iepqjhqiwvcth5n', '573171fb-fead-48d8-b003-3ef13d146ca1', 'sk_arxtqnuoymtseo7q', 'proj_qdgh42ovurj2ul4m', NULL, 2, '2026-11-28 21:55:46.069953+00', 'ada', 0, NULL);
INSERT INTO public.secret_material VALUES
	('vault_rb3llhtorbvuupis', 'mat_i6iiazdcw4xu6wjl', 'proj_qdgh42ovurj2ul4m', 'sk_arxtqnuoymtseo7q', '81d3613f-9a84-4d5f-be96-f7b1f9440e0b', '\x010181d3613f9a844d5fbe96f7b1f9440e0bb7e4e5bf9d1f825b0bfb2306a70630909583756552faf3eefa759468ed5ac9d8dbd5e8154b6514299ea910ef13bcc0ad5f2fe6b236a360a1cce8c1d3', '\x01010ae03dba5bed435dbe169bf6dd9f93a3a26d5aa527b23e18c49de01fd2c40aed49fde944fe97fce7d7e6566b4d510433d0fc517ee6eccfefa9c3488663a62b7ed459f2bc891746e6aeffc2c3888464b6ae82258dad91bfddab4c7da7e15064022c993d00dbfe465798b82260', '2026-11-28 21:55:45.971154+00'),
	('vault_rb3llhtorbvuupis', 'mat_wjf7uii74taw36zy', 'proj_qdgh42ovurj2ul4m', 'sk_arxtqnuoymtseo7q', '81d3613f-9a84-4d5f-be96-f7b1f9440e0b', '\x010181d3613f9a844d5fbe96f7b1f9440e0b34681defc48a2eed51c2d714d4eabd6adbb3983204237098b3d6ed091c2cdcf0e514d2b91ac1f5c566ef04e9016504e0a5f287b5f4718fb389c8d437', '\x01018bf9a3eb2b3843588f4c944af884144b1d58885b2e0f758d4965d6b241e337d81ec74b99d0bdd5b7ba6cd5b2e1ad5574c83090675dca86676dec8a8812ef025d6e4dbad8296d86b94d8d8d03b7b8bd4966c416c0107d659f1a323e9383b9ab1f14ed3d1fb9064ad96b991641', '2026-11-28 21:55:46.004232+00'),
	('vault_rb3llhtorbvuupis', 'mat_oocqbkq3bofzfxek', 'proj_qdgh42ovurj2ul4m', 'sk_gfdenxomvoiljaxe', '81d3613f-9a84-4d5f-be96-f7b1f9440e0b', '\x010181d3613f9a844d5fbe96f7b1f9440e0b6fafd9d2b590910f4c2ddd828c537edcbb0e8afa4df09a6056e6a42f30e9056fc3815715d7c628aa2d1995a8d58737ae9eda529be133b0c60b4f129f', '\x010149156bde14cd4db1afea657ebd9a3564710bedf5f126555196fd6437407f0c563f79f76844f44ef788337857b0644e45ce6440004fa40e4ac665f7d8b65fd08780a795c55510e5c5a0d75668a5242e78506ef3f36906be8a3d6d62aca74bf5fc14ddd331f6557e866631f389ee723e58eea55509d48412b5a98a886f0411ca0a0f5a2804c02ff6d48ec0a82113272bff2a7606c950ee25b4df50d2b685b05a1bda474215fbf980e38d8b5e45', '2026-11-28 21:55:46.008307+00'),
	('vault_rb3llhtorbvuupis', 'mat_ookwxxfeuzfkrb5n', 'proj_qdgh42ovurj2ul4m', 'sk_qmnpohtdq24z66nz', '81d3613f-9a84-4d5f-be96-f7b1f9440e0b', '\x010181d3613f9a844d5fbe96f7b1f9440e0b8d897e583c4fcea1f9c9aeceb49dfaf999ae15b9747da73cb714a8f9baaf7906d79a5176af6d88c4a5edce3b008c7c8e439d79ea496b8789fe63fcd1', '\x01017501c904a84147fe85a56b0f1a18f658cbc113d794877dfd6dc15f26963ef1f38d51376598aa31076f06f825a567ef437d79aa523ac33a74d4305f81c73230da4833f67415c8ea36a206dee5c5f56eeaf6029b7082d23f8134ae5cf4cd1588b6944d83b34301c439e6a6a78c', '2026-11-28 21:55:46.016128+00');
INSERT INTO public.secret_version VALUES
	('vault_rb3llhtorbvuupis', 'ver_m3vkhg6icgrg7v27', 'sk_arxtqnuoymtseo7q', 1, 'mat_i6iiazdcw4xu6wjl', 'create', NULL, '{}', 'user', 'acc_cbzprsxkybl2zs53', 'ada', '2026-11-28 21:55:45.971154+00'),
	('vault_rb3llhtorbvuupis', 'ver_wxu3hbgggiylsz4r', 'sk_arxtqnuoymtseo7q', 2, 'mat_wjf7uii74taw36zy', 'replace', NULL, '{}', 'user', 'acc_cbzprsxkybl2zs53', 'ada', '2026-11-28 21:55:46.004232+00'),
	('vault_rb3llhtorbvuupis', 'ver_vwkfy7qbiupmth2c', 'sk_gfdenxomvoiljaxe', 1, 'mat_oocqbkq3bofzfxek', 'create', NULL, '{user,password}', 'user', 'acc_cbzprsxkybl2zs53', 'ada', '2026-11-28 21:55:46.008307+00'),
	('vault_rb3llhtorbvuupis', 'ver_fqx6yev2cr4nx6k3', 'sk_qmnpohtdq24z66nz', 1, 'mat_ookwxxfeuzfkrb5n', 'create', NULL, '{}', 'user', 'acc_cbzprsxkybl2zs53', 'ada', '2026-11-28 21:55:46.016128+00');
INSERT INTO public.session VALUES
	('installation', 'ses_63ssafd74eiashu3', '\xffeb89ecba2f75c1d52bdb3ba5b2282b7270b575dd8d995d146a09fa946fdc30', 'acc_cbzprsxkybl2zs53', 'vault_rb3llhtorbvuupis', '2026-11-28 21:55:46.119066+00', '2026-11-28 21:55:46.119066+00', '2026-11-28 21:55:46.119066+00', '2026-11-29 09:55:46.119066+00', '127.0.0.8', '');
INSERT INTO public.system_key VALUES
	('installation', '81c2a13d-ee37-4ff1-9b25-9f77774409fb', 'pepper', 1, 1, '\x010100000000000000000000000000000001b03bf10cccf2bbfb10e1e0dff8daa53b9f9f0c5c4eb237bdf8df218415a22228bd20d90b18e2e1e161165bde612a1cf30cd40f65719f577131eb78ff', 'active', '2026-11-28 21:55:45.875873+00');
INSERT INTO public.vault VALUES
	('installation', 'installation', 'Installation', false, '2026-11-28 21:55:45.875873+00'),
	('vault_rb3llhtorbvuupis', 'personal', 'ada''s vault', false, '2026-11-28 21:55:45.945211+00');
SELECT pg_catalog.setval('public.migration_id_seq', 7, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_folded_key UNIQUE (email_folded);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_username_folded_key UNIQUE (username_folded);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_vault_id_key UNIQUE (vault, id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_vault_id_key UNIQUE (vault, id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_vault_name_folded_key UNIQUE (vault, name_folded);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_vault_machine_project_key UNIQUE (vault, machine, project);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.known_pair
    ADD CONSTRAINT known_pair_pkey PRIMARY KEY (machine, network);
ALTER TABLE ONLY public.lockout
    ADD CONSTRAINT lockout_pkey PRIMARY KEY (network);
ALTER TABLE ONLY public.machine_name
    ADD CONSTRAINT machine_name_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.machine
    ADD CONSTRAINT machine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.machine
    ADD CONSTRAINT machine_public_key_key UNIQUE (public_key);
ALTER TABLE ONLY public.machine_token
    ADD CONSTRAINT machine_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.machine_token
    ADD CONSTRAINT machine_token_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.machine
    ADD CONSTRAINT machine_vault_id_key UNIQUE (vault, id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_vault_account_key UNIQUE (vault, account);
ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_vault_project_id_key UNIQUE (vault, project, id);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_vault_project_number_key UNIQUE (vault, project, number);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_vault_id_key UNIQUE (vault, id);
ALTER TABLE ONLY public.public_key
    ADD CONSTRAINT public_key_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.rate_count
    ADD CONSTRAINT rate_count_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.read_tally
    ADD CONSTRAINT read_tally_pkey PRIMARY KEY (vault);
ALTER TABLE ONLY public.request_nonce
    ADD CONSTRAINT request_nonce_pkey PRIMARY KEY (identity, nonce);
ALTER TABLE ONLY public.root_key
    ADD CONSTRAINT root_key_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.secret_grant
    ADD CONSTRAINT secret_grant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.secret_grant
    ADD CONSTRAINT secret_grant_vault_machine_secret_key UNIQUE (vault, machine, secret);
ALTER TABLE ONLY public.secret_material
    ADD CONSTRAINT secret_material_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.secret_material
    ADD CONSTRAINT secret_material_vault_secret_id_key UNIQUE (vault, secret, id);
ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_vault_id_key UNIQUE (vault, id);
ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_vault_project_id_key UNIQUE (vault, project, id);
ALTER TABLE ONLY public.secret_version
    ADD CONSTRAINT secret_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.secret_version
    ADD CONSTRAINT secret_version_vault_secret_number_key UNIQUE (vault, secret, number);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.system_key
    ADD CONSTRAINT system_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.system_key
    ADD CONSTRAINT system_key_purpose_number_key UNIQUE (purpose, number);
ALTER TABLE ONLY public.vault
    ADD CONSTRAINT vault_pkey PRIMARY KEY (id);
CREATE INDEX account_token_by_expiry ON public.account_token USING btree (expires_at);
CREATE INDEX application_words ON public.application USING gin (public.search_words((vault)::text, (id)::text, (ARRAY[name, description])::text[]));
CREATE INDEX attachment_by_project ON public.attachment USING btree (vault, project);
CREATE INDEX audit_entry_by_target ON public.audit_entry USING btree (vault, target_id, actor_id, at);
CREATE INDEX audit_entry_by_time ON public.audit_entry USING btree (vault, at) INCLUDE (action);
CREATE INDEX audit_entry_by_transaction ON public.audit_entry USING btree (vault, tx, id);
CREATE UNIQUE INDEX deployment_is_one ON public.deployment USING btree ((true));
CREATE INDEX device_by_expiry ON public.device USING btree (expires_at);
CREATE INDEX known_pair_by_time ON public.known_pair USING btree (verified_at);
CREATE INDEX machine_by_hostname ON public.machine USING btree (vault, lower((hostname)::text));
CREATE INDEX machine_list ON public.machine USING btree (vault, registered_at DESC, id);
CREATE INDEX machine_name_by_machine ON public.machine_name USING btree (vault, machine, changed_at);
CREATE INDEX machine_token_by_expiry ON public.machine_token USING btree (expires_at);
CREATE INDEX machine_words ON public.machine USING gin (public.search_words((vault)::text, (id)::text, (ARRAY[name, hostname])::text[]));
CREATE INDEX member_by_account ON public.member USING btree (account);
CREATE INDEX outbox_by_due ON public.outbox USING btree (due_at);
CREATE UNIQUE INDEX project_environment_in_application ON public.project USING btree (vault, application, lower((environment)::text)) WHERE ((application IS NOT NULL) AND (trashed_at IS NULL));
CREATE UNIQUE INDEX project_key_one_active ON public.project_key USING btree (vault, project) WHERE ((state)::text = 'active'::text);
CREATE UNIQUE INDEX project_name_in_application ON public.project USING btree (vault, application, name_folded) WHERE ((application IS NOT NULL) AND (trashed_at IS NULL));
CREATE UNIQUE INDEX project_name_standalone ON public.project USING btree (vault, name_folded) WHERE ((application IS NULL) AND (trashed_at IS NULL));
CREATE INDEX project_trash ON public.project USING btree (trashed_at) WHERE (trashed_at IS NOT NULL);
CREATE INDEX project_words ON public.project USING gin (public.search_words((vault)::text, (id)::text, (ARRAY[name, description, environment])::text[])) WHERE (trashed_at IS NULL);
CREATE INDEX rate_count_by_expiry ON public.rate_count USING btree (expires_at);
CREATE INDEX request_nonce_by_expiry ON public.request_nonce USING btree (expires_at);
CREATE UNIQUE INDEX root_key_one_active ON public.root_key USING btree (state) WHERE ((state)::text = 'active'::text);
CREATE INDEX secret_grant_by_attachment ON public.secret_grant USING btree (vault, machine, project);
CREATE INDEX secret_grant_by_secret ON public.secret_grant USING btree (vault, secret);
CREATE INDEX secret_list ON public.secret USING btree (vault, project, name_folded, id);
CREATE INDEX secret_material_by_key ON public.secret_material USING btree (project_key);
CREATE UNIQUE INDEX secret_name_in_project ON public.secret USING btree (vault, project, name) WHERE (trashed_at IS NULL);
CREATE INDEX secret_trash ON public.secret USING btree (trashed_at) WHERE (trashed_at IS NOT NULL);
CREATE INDEX secret_version_by_material ON public.secret_version USING btree (vault, secret, material);
CREATE INDEX secret_words ON public.secret USING gin (public.search_words((vault)::text, (id)::text, ((ARRAY[name, note, environment] || tags))::text[])) WHERE (trashed_at IS NULL);
CREATE INDEX session_by_account ON public.session USING btree (account);
CREATE INDEX session_by_expiry ON public.session USING btree (expires_at);
CREATE UNIQUE INDEX system_key_one_active ON public.system_key USING btree (purpose) WHERE ((state)::text = 'active'::text);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.audit_entry_is_append_only();
ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_vault_account_fkey FOREIGN KEY (vault, account) REFERENCES public.account(vault, id);
ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.application
    ADD CONSTRAINT application_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_vault_machine_fkey FOREIGN KEY (vault, machine) REFERENCES public.machine(vault, id);
ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_vault_project_fkey FOREIGN KEY (vault, project) REFERENCES public.project(vault, id);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_vault_account_fkey FOREIGN KEY (vault, account) REFERENCES public.account(vault, id);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.known_pair
    ADD CONSTRAINT known_pair_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.known_pair
    ADD CONSTRAINT known_pair_vault_machine_fkey FOREIGN KEY (vault, machine) REFERENCES public.machine(vault, id);
ALTER TABLE ONLY public.lockout
    ADD CONSTRAINT lockout_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.machine_name
    ADD CONSTRAINT machine_name_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.machine_name
    ADD CONSTRAINT machine_name_vault_machine_fkey FOREIGN KEY (vault, machine) REFERENCES public.machine(vault, id);
ALTER TABLE ONLY public.machine
    ADD CONSTRAINT machine_public_key_fkey FOREIGN KEY (public_key) REFERENCES public.public_key(key);
ALTER TABLE ONLY public.machine_token
    ADD CONSTRAINT machine_token_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.machine
    ADD CONSTRAINT machine_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_account_fkey FOREIGN KEY (account) REFERENCES public.account(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_root_version_fkey FOREIGN KEY (root_version) REFERENCES public.root_key(version);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.project_key
    ADD CONSTRAINT project_key_vault_project_fkey FOREIGN KEY (vault, project) REFERENCES public.project(vault, id);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_vault_application_fkey FOREIGN KEY (vault, application) REFERENCES public.application(vault, id);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.public_key
    ADD CONSTRAINT public_key_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.rate_count
    ADD CONSTRAINT rate_count_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.read_tally
    ADD CONSTRAINT read_tally_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.request_nonce
    ADD CONSTRAINT request_nonce_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.root_key
    ADD CONSTRAINT root_key_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.secret_grant
    ADD CONSTRAINT secret_grant_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.secret_grant
    ADD CONSTRAINT secret_grant_vault_machine_project_fkey FOREIGN KEY (vault, machine, project) REFERENCES public.attachment(vault, machine, project);
ALTER TABLE ONLY public.secret_grant
    ADD CONSTRAINT secret_grant_vault_project_secret_fkey FOREIGN KEY (vault, project, secret) REFERENCES public.secret(vault, project, id);
ALTER TABLE ONLY public.secret_material
    ADD CONSTRAINT secret_material_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.secret_material
    ADD CONSTRAINT secret_material_vault_project_project_key_fkey FOREIGN KEY (vault, project, project_key) REFERENCES public.project_key(vault, project, id);
ALTER TABLE ONLY public.secret_material
    ADD CONSTRAINT secret_material_vault_project_secret_fkey FOREIGN KEY (vault, project, secret) REFERENCES public.secret(vault, project, id);
ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_vault_project_fkey FOREIGN KEY (vault, project) REFERENCES public.project(vault, id);
ALTER TABLE ONLY public.secret_version
    ADD CONSTRAINT secret_version_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.secret_version
    ADD CONSTRAINT secret_version_vault_secret_fkey FOREIGN KEY (vault, secret) REFERENCES public.secret(vault, id);
ALTER TABLE ONLY public.secret_version
    ADD CONSTRAINT secret_version_vault_secret_material_fkey FOREIGN KEY (vault, secret, material) REFERENCES public.secret_material(vault, secret, id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_acting_vault_fkey FOREIGN KEY (acting_vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_vault_account_fkey FOREIGN KEY (vault, account) REFERENCES public.account(vault, id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE ONLY public.system_key
    ADD CONSTRAINT system_key_root_version_fkey FOREIGN KEY (root_version) REFERENCES public.root_key(version);
ALTER TABLE ONLY public.system_key
    ADD CONSTRAINT system_key_vault_fkey FOREIGN KEY (vault) REFERENCES public.vault(id);
ALTER TABLE public.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.account_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.application ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deployment ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.device ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.known_pair ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lockout ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine_name ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_vault ON public.account USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.account_token USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.application USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.attachment USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.audit_entry USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.deployment USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.device USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.known_pair USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.lockout USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.machine USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.machine_name USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.machine_token USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.member USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.outbox USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.project USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.project_key USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.public_key USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.rate_count USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.read_tally USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.request_nonce USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.root_key USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.secret USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.secret_grant USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.secret_material USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.secret_version USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.session USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.system_key USING (((vault)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((vault)::text = current_setting('strongroom.vault'::text, true)));
CREATE POLICY own_vault ON public.vault USING (((id)::text = current_setting('strongroom.vault'::text, true))) WITH CHECK (((id)::text = current_setting('strongroom.vault'::text, true)));
ALTER TABLE public.project ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.project_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.public_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.rate_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.read_tally ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.request_nonce ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.root_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.secret_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.secret_material ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.secret_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.session ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.system_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.vault ENABLE ROW LEVEL SECURITY;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO strongroom_app;
GRANT USAGE ON SCHEMA public TO strongroom_blind;
REVOKE ALL ON FUNCTION public.audit_entry_is_append_only() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.begin_incarnation(floor timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_incarnation(floor timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.drop_nonces(older_than timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_nonces(older_than timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.due_outbox(before timestamp with time zone, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.due_outbox(before timestamp with time zone, most integer) TO strongroom_app;
REVOKE ALL ON FUNCTION public.due_purges(cutoff timestamp with time zone, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.due_purges(cutoff timestamp with time zone, most integer) TO strongroom_app;
REVOKE ALL ON FUNCTION public.find_by_words(typed text, applications character varying[], projects character varying[], places text[], machines boolean, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_by_words(typed text, applications character varying[], projects character varying[], places text[], machines boolean, most integer) TO strongroom_app;
GRANT ALL ON FUNCTION public.find_by_words(typed text, applications character varying[], projects character varying[], places text[], machines boolean, most integer) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.found_vault(new_vault character varying, vault_shape character varying, vault_name character varying, new_member character varying, owner_account character varying, founded_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.found_vault(new_vault character varying, vault_shape character varying, vault_name character varying, new_member character varying, owner_account character varying, founded_at timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.locked_until(source character varying) FROM PUBLIC;
GRANT ALL ON FUNCTION public.locked_until(source character varying) TO strongroom_app;
REVOKE ALL ON FUNCTION public.machine_by_id(machine_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.machine_by_id(machine_id uuid) TO strongroom_app;
REVOKE ALL ON FUNCTION public.machine_token_by_hash(hash bytea, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.machine_token_by_hash(hash bytea, at timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.nonce_floor() FROM PUBLIC;
GRANT ALL ON FUNCTION public.nonce_floor() TO strongroom_app;
REVOKE ALL ON FUNCTION public.note_session_use(used character varying, used_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.note_session_use(used character varying, used_at timestamp with time zone) TO strongroom_app;
GRANT ALL ON FUNCTION public.note_session_use(used character varying, used_at timestamp with time zone) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.owner_is_active(of_vault character varying) FROM PUBLIC;
GRANT ALL ON FUNCTION public.owner_is_active(of_vault character varying) TO strongroom_app;
REVOKE ALL ON FUNCTION public.raise_nonce_floor(floor timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.raise_nonce_floor(floor timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.search_query(of_vault text, typed text) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.search_words(of_vault text, id text, texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_words(of_vault text, id text, texts text[]) TO strongroom_app;
GRANT ALL ON FUNCTION public.search_words(of_vault text, id text, texts text[]) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.session_by_hash(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_by_hash(hash bytea) TO strongroom_app;
GRANT ALL ON FUNCTION public.session_by_hash(hash bytea) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.session_by_id(wanted character varying) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_by_id(wanted character varying) TO strongroom_app;
GRANT ALL ON FUNCTION public.session_by_id(wanted character varying) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.take_public_key(new_key bytea, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_public_key(new_key bytea, at timestamp with time zone) TO strongroom_app;
REVOKE ALL ON FUNCTION public.tally_reads() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tally_reads() TO strongroom_app;
REVOKE ALL ON FUNCTION public.vaults_of(member_account character varying) FROM PUBLIC;
GRANT ALL ON FUNCTION public.vaults_of(member_account character varying) TO strongroom_app;
GRANT ALL ON FUNCTION public.vaults_of(member_account character varying) TO strongroom_blind;
REVOKE ALL ON FUNCTION public.words_of(typed text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.words_of(typed text) TO strongroom_app;
GRANT ALL ON FUNCTION public.words_of(typed text) TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_token TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.application TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.application TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachment TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachment TO strongroom_blind;
GRANT SELECT,INSERT ON TABLE public.audit_entry TO strongroom_app;
GRANT SELECT,INSERT ON TABLE public.audit_entry TO strongroom_blind;
GRANT SELECT ON TABLE public.deployment TO strongroom_app;
GRANT SELECT ON TABLE public.deployment TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.device TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.known_pair TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.known_pair TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lockout TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine_name TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine_name TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine_token TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.machine_token TO strongroom_blind;
GRANT SELECT ON TABLE public.member TO strongroom_app;
GRANT SELECT ON TABLE public.member TO strongroom_blind;
GRANT SELECT ON TABLE public.migration TO strongroom_app;
GRANT SELECT ON TABLE public.migration TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project_key TO strongroom_app;
GRANT SELECT,INSERT ON TABLE public.project_key TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_count TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.read_tally TO strongroom_app;
GRANT SELECT,INSERT ON TABLE public.request_nonce TO strongroom_app;
GRANT SELECT,INSERT ON TABLE public.request_nonce TO strongroom_blind;
GRANT SELECT ON TABLE public.root_key TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret_grant TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret_grant TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret_material TO strongroom_app;
GRANT INSERT ON TABLE public.secret_material TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret_version TO strongroom_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secret_version TO strongroom_blind;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session TO strongroom_app;
GRANT SELECT ON TABLE public.system_key TO strongroom_app;
GRANT SELECT,UPDATE ON TABLE public.vault TO strongroom_app;
GRANT SELECT,UPDATE ON TABLE public.vault TO strongroom_blind;
