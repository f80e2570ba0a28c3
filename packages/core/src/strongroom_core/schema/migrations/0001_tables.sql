-- The tables for people, projects, secrets, the audit log and the outbox, with their keys and constraints, in the
-- order of their references.
--
-- Every row belongs to a vault, and every reference is composite, (vault, id), so a row can't refer to a row in
-- another vault, even if a query doesn't check. Nothing cascades: in a secrets manager, a cascading delete is an
-- incident.

-- A vault's ID can't be empty, because an empty scope means that no scope is set.
create table vault (
    id             varchar(32)  primary key check (id <> ''),
    shape          varchar(16)  not null check (shape in ('installation', 'personal', 'organization')),
    name           varchar(100) not null,
    reveal_enabled boolean      not null default false,
    created_at     timestamptz  not null
);

-- Words to search for ------------------------------------------------------------------------------

-- Indexes depend on these two functions, so they are defined with the tables. Changing them requires a migration that
-- also rebuilds the indexes.

-- This doesn't use to_tsvector, whose parser treats `db.example.com` as one word and `-02` as a number, while people
-- search for parts of names. Here, any character other than a letter or digit separates words, both in names and in
-- search queries.
create function words_of(typed text) returns text[]
language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct left(word, 64)), '{}')
    from regexp_split_to_table(lower(normalize(typed, nfkc)), '[^[:alnum:]]+') word
    where word <> ''
$$;

-- The vault and the ID are marked, so that no word in a search query can match them.
create function search_words(of_vault text, id text, texts text[]) returns tsvector
language sql immutable parallel safe cost 1000 as $$
    select array_to_tsvector(
        public.words_of(array_to_string(texts, ' ')) || array['@' || of_vault, '#' || id])
$$;

-- The installation ---------------------------------------------------------------------------------

create table deployment (
    vault       varchar(32) not null references vault check (vault = 'installation'),
    id          varchar(40) primary key,
    incarnation integer     not null default 1,
    nonce_floor timestamptz,
    created_at  timestamptz not null
);
create unique index deployment_is_one on deployment ((true));

create table root_key (
    vault       varchar(32) not null references vault check (vault = 'installation'),
    version     integer     primary key,
    check_value bytea       not null,
    kdf         varchar(200),
    state       varchar(16) not null check (state in ('pending', 'active', 'retired')),
    created_at  timestamptz not null
);
create unique index root_key_one_active on root_key (state) where state = 'active';

create table system_key (
    vault        varchar(32) not null references vault check (vault = 'installation'),
    id           uuid        primary key,
    purpose      varchar(32) not null,
    number       integer     not null,
    root_version integer     not null references root_key,
    wrapped      bytea       not null,
    state        varchar(16) not null check (state in ('active', 'decrypt_only', 'destroyed')),
    created_at   timestamptz not null,
    unique (purpose, number)
);
create unique index system_key_one_active on system_key (purpose) where state = 'active';

-- People -------------------------------------------------------------------------------------------

create table account (
    vault           varchar(32)  not null references vault check (vault = 'installation'),
    id              varchar(32)  primary key,
    email           varchar(254) not null,
    email_folded    varchar(254) not null unique,
    username        varchar(32)  not null,
    username_folded varchar(32)  not null unique,
    password_hash   varchar(200) not null,
    status          varchar(16)  not null check (status in ('active', 'suspended', 'closed')),
    operator        boolean      not null default false,
    created_at      timestamptz  not null,
    unique (vault, id)
);

create table account_token (
    vault      varchar(32) not null references vault check (vault = 'installation'),
    id         varchar(32) primary key,
    purpose    varchar(32) not null,
    token_hash bytea       not null unique,
    account    varchar(32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    foreign key (vault, account) references account (vault, id)
);
create index account_token_by_expiry on account_token (expires_at);

create table session (
    vault            varchar(32)  not null references vault check (vault = 'installation'),
    id               varchar(32)  primary key,
    token_hash       bytea        not null unique,
    account          varchar(32)  not null,
    acting_vault     varchar(32)  not null references vault,
    authenticated_at timestamptz  not null,
    created_at       timestamptz  not null,
    last_used_at     timestamptz  not null,
    expires_at       timestamptz  not null,
    address          varchar(64)  not null,
    user_agent       varchar(255) not null,
    foreign key (vault, account) references account (vault, id)
);
create index session_by_account on session (account);
create index session_by_expiry on session (expires_at);

create table device (
    vault      varchar(32) not null references vault check (vault = 'installation'),
    id         varchar(32) primary key,
    token_hash bytea       not null unique,
    account    varchar(32) not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    foreign key (vault, account) references account (vault, id)
);
create index device_by_expiry on device (expires_at);

create table rate_count (
    vault      varchar(32)  not null references vault check (vault = 'installation'),
    key        varchar(120) primary key,
    expires_at timestamptz  not null,
    hits       integer      not null default 0
);
create index rate_count_by_expiry on rate_count (expires_at);

create table member (
    vault       varchar(32) not null references vault,
    id          varchar(32) primary key,
    account     varchar(32) not null references account,
    vault_role  varchar(32) not null check (vault_role in ('owner')),
    access_role varchar(32),
    status      varchar(16) not null check (status in ('active', 'suspended')),
    joined_at   timestamptz not null,
    unique (vault, account)
);
create index member_by_account on member (account);

-- Projects -----------------------------------------------------------------------------------------

create table application (
    vault       varchar(32)  not null references vault,
    id          varchar(32)  primary key,
    name        varchar(100) not null,
    name_folded varchar(510) not null,
    description varchar(1000),
    revision    integer      not null default 1,
    created_at  timestamptz  not null,
    unique (vault, id),
    unique (vault, name_folded)
);
create index application_words on application
    using gin (search_words(vault, id, array[name, description]));

create table project (
    vault            varchar(32)  not null references vault,
    id               varchar(32)  primary key,
    application      varchar(32),
    name             varchar(100) not null,
    name_folded      varchar(510) not null,
    environment      varchar(100),
    position         integer      not null default 0,
    description      varchar(1000),
    frozen_at        timestamptz,
    frozen_by        varchar(64),
    freeze_reason    varchar(500),
    trashed_at       timestamptz,
    trashed_by       varchar(64),
    purge_ordered_at timestamptz,
    revision         integer      not null default 1,
    created_at       timestamptz  not null,
    unique (vault, id),
    foreign key (vault, application) references application (vault, id),
    check (application is null or environment is not null)
);
create unique index project_name_in_application on project (vault, application, name_folded)
    where application is not null and trashed_at is null;
create unique index project_environment_in_application on project (vault, application, lower(environment))
    where application is not null and trashed_at is null;
create unique index project_name_standalone on project (vault, name_folded)
    where application is null and trashed_at is null;
create index project_trash on project (trashed_at) where trashed_at is not null;
create index project_words on project
    using gin (search_words(vault, id, array[name, description, environment]))
    where trashed_at is null;

create table project_key (
    vault        varchar(32) not null references vault,
    id           uuid        primary key,
    project      varchar(32) not null,
    number       integer     not null,
    root_version integer     not null references root_key,
    wrapped      bytea       not null,
    state        varchar(16) not null check (state in ('active', 'decrypt_only', 'destroyed')),
    created_at   timestamptz not null,
    unique (vault, project, id),
    unique (vault, project, number),
    foreign key (vault, project) references project (vault, id)
);
create unique index project_key_one_active on project_key (vault, project) where state = 'active';

-- Secrets ------------------------------------------------------------------------------------------

create table secret (
    vault           varchar(32)  not null references vault,
    id              varchar(32)  primary key,
    project         varchar(32)  not null,
    kind            varchar(16)  not null check (kind in ('single', 'structured')),
    name            varchar(255) not null,
    name_folded     varchar(510) not null,
    environment     varchar(100),
    note            varchar(10000),
    tags            varchar(64)[]  not null default '{}',
    field_names     varchar(255)[] not null default '{}',
    current_version integer      not null default 1,
    changed_at      timestamptz  not null,
    changed_by      varchar(64)  not null,
    last_read_at    timestamptz,
    last_read_by    varchar(255),
    read_count      bigint       not null default 0,
    trashed_at      timestamptz,
    trashed_by      varchar(64),
    revision        integer      not null default 1,
    created_at      timestamptz  not null,
    unique (vault, id),
    unique (vault, project, id),
    foreign key (vault, project) references project (vault, id)
);
create unique index secret_name_in_project on secret (vault, project, name) where trashed_at is null;
create index secret_list on secret (vault, project, name_folded, id);
create index secret_trash on secret (trashed_at) where trashed_at is not null;
create index secret_words on secret
    using gin (search_words(vault, id, array[name, note, environment] || tags))
    where trashed_at is null;

create table secret_material (
    vault       varchar(32) not null references vault,
    id          varchar(32) primary key,
    project     varchar(32) not null,
    secret      varchar(32) not null,
    project_key uuid        not null,
    data_key    bytea       not null,
    ciphertext  bytea       not null,
    created_at  timestamptz not null,
    unique (vault, secret, id),
    foreign key (vault, project, secret) references secret (vault, project, id),
    foreign key (vault, project, project_key) references project_key (vault, project, id)
);
create index secret_material_by_key on secret_material (project_key);

create table secret_version (
    vault       varchar(32)  not null references vault,
    id          varchar(32)  primary key,
    secret      varchar(32)  not null,
    number      integer      not null,
    material    varchar(32)  not null,
    origin      varchar(16)  not null check (origin in ('create', 'replace', 'rotate', 'rollback', 'import')),
    restored    integer,
    field_names varchar(255)[] not null default '{}',
    actor_kind  varchar(16)  not null,
    actor_id    varchar(64),
    actor_name  varchar(255) not null,
    created_at  timestamptz  not null,
    unique (vault, secret, number),
    foreign key (vault, secret) references secret (vault, id),
    foreign key (vault, secret, material) references secret_material (vault, secret, id)
);
create index secret_version_by_material on secret_version (vault, secret, material);

-- The audit log and the outbox --------------------------------------------------------------------

-- Entries have no foreign keys, because they are kept after the objects they refer to have been deleted. The sealer
-- will read entries in the order of `tx`, up to pg_snapshot_xmin. In the order of IDs, it would miss entries of
-- transactions that commit late.
create table audit_entry (
    vault       varchar(32)  not null references vault,
    id          uuid         primary key,
    at          timestamptz  not null,
    incarnation integer      not null,
    action      varchar(64)  not null,
    severity    varchar(16)  not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
    outcome     varchar(16)  not null check (outcome in ('done', 'refused')),
    reason      varchar(64),
    actor_kind  varchar(16)  not null check (actor_kind in ('user', 'machine', 'ai_agent', 'system', 'external')),
    actor_id    varchar(64),
    actor_name  varchar(255) not null,
    target_kind varchar(32),
    target_id   varchar(64),
    target_name varchar(255),
    project     varchar(32),
    address     varchar(64)  not null,
    country     varchar(2),
    request_id  varchar(64)  not null,
    detail      jsonb        not null default '{}',
    salt        bytea        not null check (length(salt) = 16),
    tx          xid8         not null default pg_current_xact_id()
);
-- Lists are in the order of (tx, id) within one vault. Listing a quiet vault must not scan other vaults' entries.
create index audit_entry_by_transaction on audit_entry (vault, tx, id);
-- The chart counts actions over time. The index contains both columns, so the entries themselves aren't read.
create index audit_entry_by_time on audit_entry (vault, at) include (action);
-- For a secret's last reader, and each reader's last read: one lookup per machine, no matter how many reads there are.
create index audit_entry_by_target on audit_entry (vault, target_id, actor_id, at);

create function audit_entry_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit table is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on audit_entry
    for each statement execute function audit_entry_is_append_only();

create table outbox (
    vault      varchar(32) not null references vault,
    id         uuid        primary key,
    kind       varchar(32) not null,
    subject    varchar(64) not null,
    due_at     timestamptz not null,
    attempts   integer     not null default 0,
    created_at timestamptz not null
);
create index outbox_by_due on outbox (due_at);
