-- The ways to register a machine: key files, enrollment tokens, temporary machines.

-- `enrolled_with` is the ID of the token or other object that authorized the machine. It has no foreign key,
-- because there are several kinds of tokens, and machines outlive them. `guardrails` is read only for
-- machines that have some.
alter table machine
    add column enrolled_with varchar(32),
    add column guardrails    jsonb,
    -- For a machine whose key the server generated: until when its key file can be downloaded, and when it
    -- was.
    add column bundle_expires_at timestamptz,
    add column delivered_at      timestamptz;
create index machine_by_expiry on machine (expires_at) where expires_at is not null;
create index machine_by_source on machine (vault, enrolled_with) where enrolled_with is not null;

-- A registration token with a lifetime registers a temporary machine.
alter table machine_token
    add column lifetime   integer check (lifetime between 3600 and 31622400),
    add column name       varchar(100),
    add column guardrails jsonb;
drop function if exists machine_token_by_hash(bytea, timestamptz);

-- A token's access is fixed when it is created. Deleted projects and secrets are skipped.
create table enrollment_token (
    vault            varchar(32)   not null references vault,
    id               varchar(32)   primary key,
    token_hash       bytea         not null unique,
    name             varchar(100)  not null,
    description      varchar(1000),
    projects         varchar(32)[] not null,
    secrets          varchar(32)[] not null,
    machine_lifetime integer       not null check (machine_lifetime between 300 and 31622400),
    max_uses         integer       not null check (max_uses between 1 and 10000),
    uses             integer       not null default 0 check (uses between 0 and max_uses),
    hostname_pattern varchar(255),
    source_cidrs     varchar(49)[] not null,
    name_template    varchar(100),
    created_at       timestamptz   not null,
    created_by       varchar(64)   not null,
    expires_at       timestamptz   not null,
    revoked_at       timestamptz,
    revoked_by       varchar(64),
    revision         integer       not null default 1,
    unique (vault, id)
);
create index enrollment_token_list on enrollment_token (vault, created_at desc, id);

-- A private key until it is downloaded, encrypted under a key that only the link contains.
create table machine_bundle (
    vault      varchar(32)  not null references vault,
    id         varchar(32)  primary key,
    machine    uuid         not null unique,
    token_hash bytea        not null unique,
    ciphertext bytea        not null,
    folder     varchar(255) not null,
    created_at timestamptz  not null,
    expires_at timestamptz  not null,
    foreign key (vault, machine) references machine (vault, id)
);
create index machine_bundle_by_expiry on machine_bundle (expires_at);

create table machine_extension (
    vault       varchar(32)  not null references vault,
    id          varchar(32)  primary key,
    machine     uuid         not null,
    extended_at timestamptz  not null,
    extended_by varchar(64)  not null,
    reason      varchar(500) not null,
    from_at     timestamptz  not null,
    to_at       timestamptz  not null check (to_at > from_at),
    reverted_at timestamptz,
    reverted_by varchar(64),
    foreign key (vault, machine) references machine (vault, id)
);
create index machine_extension_by_machine on machine_extension (vault, machine, extended_at);
