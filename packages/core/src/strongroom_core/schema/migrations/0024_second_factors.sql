-- Second factors, and what people see about their own sessions and browsers.

-- An owner can require a second factor from everyone in the vault. A session notes whether it had one.
alter table vault add column second_factor_required boolean not null default false;
alter table session add column second_factor boolean not null default false;

-- A browser is shown by what it called itself, and by where it was last used.
alter table device
    add column address      varchar(64)  not null default '',
    add column user_agent   varchar(255) not null default '',
    add column last_used_at timestamptz;
create index device_by_account on device (account);

-- An authenticator app. Until its first code is confirmed, it isn't used for anything, and starting again replaces it.
-- `last_step` is the time step of the last accepted code, so that no code is accepted twice.
create table totp (
    vault        varchar(32) not null references vault check (vault = 'installation'),
    id           varchar(32) primary key,
    account      varchar(32) not null,
    secret       bytea       not null,
    confirmed    boolean     not null,
    last_step    bigint      not null,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    foreign key (vault, account) references account (vault, id)
);
create unique index totp_by_account on totp (account, confirmed);

create table recovery_code (
    vault      varchar(32) not null references vault check (vault = 'installation'),
    id         varchar(32) primary key,
    account    varchar(32) not null,
    code_hash  bytea       not null unique check (length(code_hash) = 32),
    created_at timestamptz not null,
    used_at    timestamptz,
    foreign key (vault, account) references account (vault, id)
);
create index recovery_code_by_account on recovery_code (account);

-- Chromium's largest public keys, those of ML-DSA, have 1,962 bytes. A specification limits IDs to 1,023 bytes.
create table passkey (
    vault         varchar(32)  not null references vault check (vault = 'installation'),
    id            varchar(32)  primary key,
    account       varchar(32)  not null,
    name          varchar(100) not null,
    credential_id bytea        not null unique check (length(credential_id) between 1 and 1023),
    public_key    bytea        not null check (length(public_key) between 1 and 4096),
    algorithm     integer      not null,
    sign_count    bigint       not null,
    created_at    timestamptz  not null,
    last_used_at  timestamptz,
    copied_at     timestamptz,
    foreign key (vault, account) references account (vault, id)
);
create index passkey_by_account on passkey (account);

-- A person's own events, which are few among the many in the log.
create index audit_entry_by_person on audit_entry (actor_id, incarnation, tx, id)
    where vault = 'installation' and actor_kind = 'user';
create index audit_entry_about_account on audit_entry (vault, target_id, incarnation, tx, id)
    where target_kind = 'account';

-- Both return more columns now.
drop function if exists session_by_hash(bytea), session_by_id(varchar);
