-- Policies: conditions for reads, applied to secrets of the same project.

-- `conditions` is the form that `kernel/policies.py` writes. In shadow, a policy denies nothing.
create table policy (
    vault       varchar(32)  not null references vault,
    id          varchar(32)  primary key,
    project     varchar(32)  not null,
    name        varchar(100) not null,
    name_folded varchar(510) not null,
    mode        varchar(16)  not null check (mode in ('shadow', 'enforced', 'suspended')),
    mode_since  timestamptz  not null,
    mode_by     varchar(64)  not null,
    mode_reason varchar(500),
    conditions  jsonb        not null,
    created_at  timestamptz  not null,
    created_by  varchar(64)  not null,
    revision    integer      not null default 1,
    unique (vault, id),
    unique (vault, project, id),
    unique (vault, project, name),
    foreign key (vault, project) references project (vault, id)
);

-- A secret has at most one policy, and only one of the same project.
alter table secret
    add column policy varchar(32),
    add foreign key (vault, project, policy) references policy (vault, project, id);
create index secret_by_policy on secret (vault, policy) where policy is not null;

-- What is counted about a secret while it has a policy. Reads lock the row, so that no cap is exceeded. There is
-- room in each page for new versions of its rows, and no index on what changes.
create table policy_use (
    vault        varchar(32) not null references vault,
    secret       varchar(32) primary key,
    minute       timestamptz,
    in_minute    integer     not null default 0,
    day          date,
    in_day       integer     not null default 0,
    total        integer     not null default 0,
    co_signed_by varchar(36),
    co_signed_at timestamptz,
    foreign key (vault, secret) references secret (vault, id)
) with (fillfactor = 50);
