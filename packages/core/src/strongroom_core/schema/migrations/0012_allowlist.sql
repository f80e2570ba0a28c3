-- The networks that a vault's machines can use.

-- On, the list decides even if it is empty.
alter table vault add column allowlist_enabled boolean not null default false;

create table allowlist_entry (
    vault    varchar(32) not null references vault,
    id       varchar(32) primary key,
    name     varchar(49) not null,
    note     varchar(200),
    added_at timestamptz not null,
    added_by varchar(64) not null,
    revision integer     not null default 1,
    unique (vault, id),
    unique (vault, name),
    -- Every request of a machine casts it.
    check (name::cidr is not null)
);
