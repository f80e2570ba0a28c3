-- People's keys, with which programs on their computers sign requests (D-5), and the requests for new ones.

-- A key belongs to one membership in one vault. If the person leaves the vault and joins it again, the key stays ended.
-- `projects` is null if the key isn't limited to projects. An ended key is kept for 30 days, so that a program that still
-- uses it learns why it no longer works.
create table person_key (
    vault             varchar(32)   not null references vault check (vault = 'installation'),
    id                varchar(32)   primary key,
    account           varchar(32)   not null,
    acting_vault      varchar(32)   not null references vault,
    member            varchar(32)   not null,
    name              varchar(100)  not null,
    hostname          varchar(253)  not null,
    client            varchar(64)   not null,
    public_key        bytea         not null unique check (length(public_key) = 32),
    looking           boolean       not null,
    projects          varchar(32)[] check (cardinality(projects) between 1 and 100),
    second_factor     boolean       not null,
    created_at        timestamptz   not null,
    created_from      varchar(64)   not null,
    expires_at        timestamptz   not null,
    last_used_at      timestamptz,
    last_used_from    varchar(64),
    network           varchar(64)   not null,
    ended_at          timestamptz,
    ended_by          varchar(16)   check (ended_by in ('revoked', 'password', 'account', 'suspended')),
    unique (vault, id),
    check ((ended_at is null) = (ended_by is null)),
    foreign key (vault, account) references account (vault, id)
);
create index person_key_by_account on person_key (account, created_at, id);
create index person_key_by_vault on person_key (acting_vault);

-- A program's request for a key, until a person has decided. The code is stored only as a keyed digest.
create table login_request (
    vault        varchar(32)  not null references vault check (vault = 'installation'),
    id           varchar(32)  primary key,
    code_hash    bytea        not null unique check (length(code_hash) = 32),
    public_key   bytea        not null check (length(public_key) = 32),
    hostname     varchar(253) not null,
    client       varchar(64)  not null,
    address      varchar(64)  not null,
    network      varchar(64)  not null,
    created_at   timestamptz  not null,
    expires_at   timestamptz  not null,
    decided_at   timestamptz,
    key          varchar(32),
    foreign key (vault, key) references person_key (vault, id)
);
create index login_request_by_expiry on login_request (expires_at);
