-- Rotation: how a secret's next value is generated, and whether one is due.
--
-- A rotation is queued for one version. Every new version ends it, so a version is rotated at most once, however
-- many workers see the row.
create table rotation (
    vault          varchar(32)    not null references vault,
    secret         varchar(32)    primary key,
    length         integer        not null check (length between 1 and 1024),
    charset        varchar(16)    not null check (charset in ('symbols', 'alphanumeric', 'numbers', 'uuid')),
    fields         varchar(255)[] not null default '{}',
    set_at         timestamptz    not null,
    set_by         varchar(64)    not null,
    queued_version integer,
    queued_at      timestamptz,
    queued_by      varchar(255),
    retry_at       timestamptz,
    check ((queued_version is null) = (queued_at is null)),
    check ((queued_version is null) = (queued_by is null)),
    foreign key (vault, secret) references secret (vault, id)
);
create index rotation_queued on rotation (queued_at) where queued_version is not null;

-- Reads of one version, for policies that rotate a secret after a number of them. `queued_version` is the last
-- version for which they queued a rotation.
alter table policy_use
    add column version        integer,
    add column in_version     integer not null default 0,
    add column queued_version integer;
