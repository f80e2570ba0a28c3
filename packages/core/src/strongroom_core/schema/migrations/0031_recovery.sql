-- Recovery of accounts, and the addresses that accounts had before.

-- An address that was replaced. It gets the account's notices for 30 days, so that its owner can undo a change that
-- someone else made.
create table former_address (
    vault        varchar(32)  not null references vault check (vault = 'installation'),
    id           varchar(32)  primary key,
    account      varchar(32)  not null,
    email        varchar(254) not null,
    email_folded varchar(254) not null,
    replaced_at  timestamptz  not null,
    foreign key (vault, account) references account (vault, id)
);
create index former_address_by_account on former_address (account, replaced_at);

-- A recovery that has been started and hasn't ended. With `since`, it removes what was added or changed since then, and
-- none of that can be used until it ends. Without, it removes all second factors.
create table recovery (
    vault      varchar(32) not null references vault check (vault = 'installation'),
    account    varchar(32) primary key,
    since      timestamptz,
    started_at timestamptz not null,
    due_at     timestamptz not null,
    foreign key (vault, account) references account (vault, id)
);
create index recovery_by_due on recovery (due_at);

-- What a link can undo: everything since this time.
alter table account_token add column since timestamptz;

-- These return more columns now.
drop function if exists account_of(varchar), accounts_overseen();
