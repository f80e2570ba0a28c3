-- Enrollment by workload identity: OpenID Connect issuers that a vault trusts.

-- Without `keys`, they are found by discovery. Without an `audience`, a token must name the machine's key.
create table trust (
    vault            varchar(32)   not null references vault,
    id               varchar(32)   primary key,
    name             varchar(100)  not null,
    description      varchar(1000),
    template         varchar(16)   not null check (template in ('github', 'gitlab', 'kubernetes', 'other')),
    issuer           varchar(512)  not null,
    keys             varchar(65536),
    audience         varchar(255),
    conditions       jsonb         not null,
    projects         varchar(32)[] not null,
    secrets          varchar(32)[] not null,
    machine_lifetime integer       not null check (machine_lifetime between 300 and 31622400),
    max_machines     integer       not null check (max_machines between 1 and 10000),
    uses             integer       not null default 0,
    source_cidrs     varchar(49)[] not null,
    name_template    varchar(100),
    created_at       timestamptz   not null,
    created_by       varchar(64)   not null,
    revoked_at       timestamptz,
    revoked_by       varchar(64),
    revision         integer       not null default 1,
    unique (vault, id)
);
create index trust_list on trust (vault, created_at desc, id);

-- ID tokens that made a machine, until they expire: a second machine is never made with one.
create table identity_token (
    vault      varchar(32) not null references vault,
    digest     bytea       primary key,
    machine    uuid        not null,
    public_key bytea       not null,
    expires_at timestamptz not null
);
create index identity_token_by_expiry on identity_token (expires_at);
