-- Shares: one-time secrets for people outside the vault.
--
-- A share's row is kept for its vault's list. Its ciphertext is in a separate table, and is deleted when the
-- share is opened, expires, is revoked, or has no tries left. Neither has a foreign key to the project,
-- because a project can be purged while its shares are still listed.
create table share (
    vault        varchar(32)  not null references vault,
    id           varchar(32)  primary key,
    label        varchar(100),
    kind         varchar(16)  not null check (kind in ('text', 'file')),
    project      varchar(32),
    locator_hash bytea        not null unique check (length(locator_hash) = 32),
    verifier     bytea        not null check (length(verifier) = 32),
    state        varchar(16)  not null check (state in ('pending', 'opened', 'destroyed', 'expired', 'revoked')),
    tries        smallint     not null check (tries between 1 and 5),
    tries_left   smallint     not null check (tries_left between 0 and tries),
    created_by   varchar(32)  not null,
    creator_name varchar(255) not null,
    created_at   timestamptz  not null,
    expires_at   timestamptz  not null,
    ended_at     timestamptz,
    ended_from   varchar(64),
    ended_country varchar(2),
    unique (vault, id),
    check ((state = 'pending') = (ended_at is null)),
    check (state <> 'destroyed' or tries_left = 0)
);
create index share_by_creation on share (vault, created_at);
create index share_by_expiry on share (expires_at) where state = 'pending';
create index share_by_end on share (ended_at) where state <> 'pending';

create table share_material (
    vault      varchar(32) not null references vault,
    share      varchar(32) primary key,
    ciphertext bytea       not null,
    foreign key (vault, share) references share (vault, id)
);
