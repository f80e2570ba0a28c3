-- Drop boxes: links with which someone without an account can submit a value for a secret.
--
-- The creator's permissions are looked up when the link is used, so the row contains the creator but no
-- permissions.
create table drop_box (
    vault        varchar(32)  not null references vault,
    id           varchar(32)  primary key,
    secret       varchar(32)  not null,
    link_hash    bytea        not null unique check (length(link_hash) = 32),
    state        varchar(16)  not null check (state in ('pending', 'used', 'expired', 'revoked')),
    created_by   varchar(32)  not null,
    creator_name varchar(255) not null,
    created_at   timestamptz  not null,
    expires_at   timestamptz  not null,
    ended_at     timestamptz,
    ended_from   varchar(64),
    unique (vault, id),
    check ((state = 'pending') = (ended_at is null))
);
create index drop_box_by_secret on drop_box (vault, secret, created_at);
create index drop_box_by_expiry on drop_box (expires_at) where state = 'pending';
create index drop_box_by_end on drop_box (ended_at) where state <> 'pending';
