-- Members with roles, and invitations (O-1 to O-5).

-- Custom vault roles. The built-in ones are in `access/roles.py`.
create table vault_role (
    vault        varchar(32)   not null references vault,
    id           varchar(32)   primary key,
    name         varchar(100)  not null,
    name_folded  varchar(510)  not null,
    capabilities varchar(32)[] not null,
    created_at   timestamptz   not null,
    revision     integer       not null default 1,
    unique (vault, id),
    unique (vault, name_folded)
);

-- A scope is everything, or lists of applications and projects. IDs of projects that were purged stay: IDs are never
-- used again. `overrides` replaces the rights in some environments.
create table access_role (
    vault        varchar(32)   not null references vault,
    id           varchar(32)   primary key,
    name         varchar(100)  not null,
    name_folded  varchar(510)  not null,
    everywhere   boolean       not null,
    applications varchar(32)[] not null,
    projects     varchar(32)[] not null,
    rights       varchar(64)[] not null,
    overrides    jsonb         not null default '{}',
    created_at   timestamptz   not null,
    revision     integer       not null default 1,
    unique (vault, id),
    unique (vault, name_folded),
    check (not everywhere or (applications = '{}' and projects = '{}'))
);

-- `vault_role` is the name of a built-in role or the ID of a custom one. `custom_role` is the same ID as a reference.
-- Owners have every right, for as long as they are owners, so they have no access role and no end.
alter table member drop constraint member_vault_role_check;
alter table member
    add column ends_at timestamptz,
    add column suspended_at timestamptz,
    add column revision integer not null default 1,
    add column custom_role varchar(32),
    add constraint member_custom_role check
        (custom_role is not distinct from case when vault_role like 'vrole\_%' then vault_role end),
    add constraint member_vault_role_check check
        (vault_role in ('owner', 'admin', 'developer', 'collaborator') or vault_role like 'vrole\_%'),
    add constraint member_owner check (vault_role <> 'owner' or (access_role is null and ends_at is null)),
    add unique (vault, id),
    add foreign key (vault, custom_role) references vault_role (vault, id),
    add foreign key (vault, access_role) references access_role (vault, id);

-- One invitation per address and vault. The hash of its link's token is stored when the link is made.
create table invitation (
    vault          varchar(32)  not null references vault,
    id             varchar(32)  primary key,
    address        varchar(254) not null,
    address_folded varchar(254) not null,
    vault_role     varchar(32)  not null check
        (vault_role in ('admin', 'developer', 'collaborator') or vault_role like 'vrole\_%'),
    custom_role    varchar(32)  check
        (custom_role is not distinct from case when vault_role like 'vrole\_%' then vault_role end),
    access_role    varchar(32),
    ends_at        timestamptz,
    invited_by     varchar(32)  not null,
    token_hash     bytea        unique,
    created_at     timestamptz  not null,
    sent_at        timestamptz  not null,
    expires_at     timestamptz  not null,
    revision       integer      not null default 1,
    unique (vault, id),
    unique (vault, address_folded),
    foreign key (vault, custom_role) references vault_role (vault, id),
    foreign key (vault, access_role) references access_role (vault, id),
    foreign key (invited_by) references account
);
create index invitation_by_address on invitation (address_folded);

-- Their results or arguments change.
drop function if exists session_by_hash(bytea);
drop function if exists session_by_id(varchar);
drop function if exists drop_box_by_hash(bytea);
drop function if exists vaults_of(varchar);
drop function if exists memberships_of(varchar);
drop function if exists requirements_of(varchar);
drop function if exists key_by_id(varchar);
drop function if exists membership_of(varchar, varchar);
