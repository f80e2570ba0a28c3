-- Machines, what they can read, and protection against replays of their requests.

-- Keys are unique across machines and, later, agents, without a join of their tables. Contains only the bytes of the
-- keys. Rows are inserted by take_public_key.
create table public_key (
    vault    varchar(32) not null references vault check (vault = 'installation'),
    key      bytea       primary key check (length(key) = 32),
    taken_at timestamptz not null
);

create table machine (
    vault           varchar(32)  not null references vault,
    id              uuid         primary key,
    name            varchar(100) not null,
    public_key      bytea        not null unique references public_key (key),
    enrolled_by     varchar(16)  not null
                    check (enrolled_by in ('bootstrap', 'preprovisioned', 'ephemeral', 'temporary')),
    hostname        varchar(253) not null,
    registered_from varchar(64)  not null,
    registered_at   timestamptz  not null,
    approved_at     timestamptz,
    approved_by     varchar(64),
    enabled         boolean      not null default true,
    expires_at      timestamptz,
    last_seen_at    timestamptz,
    revision        integer      not null default 1,
    -- Reserved for planned hardening (row MACs, signatures v2); nothing writes these columns yet.
    authz_epoch     integer      not null default 0,
    row_mac         bytea,
    min_signature   integer      not null default 1,
    unique (vault, id)
);
create index machine_list on machine (vault, registered_at desc, id);
create index machine_by_hostname on machine (vault, lower(hostname));
create index machine_words on machine
    using gin (search_words(vault, id::text, array[name, hostname]));

create table machine_name (
    vault      varchar(32)  not null references vault,
    id         varchar(32)  primary key,
    machine    uuid         not null,
    name       varchar(100) not null,
    changed_at timestamptz  not null,
    changed_by varchar(64)  not null,
    foreign key (vault, machine) references machine (vault, id)
);
create index machine_name_by_machine on machine_name (vault, machine, changed_at);

create table machine_token (
    vault      varchar(32) not null references vault,
    id         varchar(32) primary key,
    token_hash bytea       not null unique,
    created_at timestamptz not null,
    created_by varchar(64) not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index machine_token_by_expiry on machine_token (expires_at);

create table attachment (
    vault       varchar(32) not null references vault,
    id          varchar(32) primary key,
    machine     uuid        not null,
    project     varchar(32) not null,
    attached_at timestamptz not null,
    attached_by varchar(64) not null,
    unique (vault, machine, project),
    foreign key (vault, machine) references machine (vault, id),
    foreign key (vault, project) references project (vault, id)
);
create index attachment_by_project on attachment (vault, project);

create table secret_grant (
    vault        varchar(32) not null references vault,
    id           varchar(32) primary key,
    machine      uuid        not null,
    secret       varchar(32) not null,
    project      varchar(32) not null,
    fields       varchar(255)[],
    seen_version integer,
    granted_at   timestamptz not null,
    granted_by   varchar(64) not null,
    authz_epoch  integer     not null default 0,
    row_mac      bytea,
    unique (vault, machine, secret),
    foreign key (vault, machine, project) references attachment (vault, machine, project),
    foreign key (vault, project, secret) references secret (vault, project, id)
);
create index secret_grant_by_secret on secret_grant (vault, secret);
create index secret_grant_by_attachment on secret_grant (vault, machine, project);

-- A nonce is kept until its request would be rejected as too old anyway. Before nonces are dropped, the floor
-- (deployment.nonce_floor) is raised past them, so that neither setting a clock back nor restoring a backup makes a
-- replay possible.
create table request_nonce (
    vault      varchar(32)  not null references vault,
    identity   uuid         not null,
    nonce      varchar(128) not null,
    expires_at timestamptz  not null,
    primary key (identity, nonce)
);
create index request_nonce_by_expiry on request_nonce (expires_at);

-- The networks from which each machine has authenticated in the last 30 days. Other clients on these networks can't
-- cause the machine to be locked out.
create table known_pair (
    vault       varchar(32) not null references vault,
    machine     uuid        not null,
    network     varchar(64) not null,
    verified_at timestamptz not null,
    primary key (machine, network),
    foreign key (vault, machine) references machine (vault, id)
);
create index known_pair_by_time on known_pair (verified_at);

create table lockout (
    vault        varchar(32) not null references vault check (vault = 'installation'),
    network      varchar(64) primary key,
    failures     integer     not null,
    window_start timestamptz not null,
    locked_until timestamptz
);

-- The position in the audit log up to which reads have been counted (S-9).
create table read_tally (
    vault varchar(32) primary key references vault check (vault = 'installation'),
    tx    xid8 not null
);
