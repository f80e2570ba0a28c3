-- Mail to be sent, written in the transaction of the act that causes it. A row contains names and times, never a
-- secret: the worker creates the token of a link when it sends the mail, and stores only the token's hash.
create table mail (
    vault      varchar(32)  not null references vault,
    id         uuid         primary key,
    kind       varchar(32)  not null,
    account    varchar(32),
    address    varchar(254),
    subject    varchar(64),
    facts      jsonb        not null default '{}',
    state      varchar(16)  not null check (state in ('queued', 'sent', 'failed', 'dropped')),
    attempts   integer      not null default 0,
    problem    varchar(32),
    reply      smallint,
    created_at timestamptz  not null,
    due_at     timestamptz  not null,
    tried_at   timestamptz,
    ended_at   timestamptz,
    unique (vault, id),
    check (account is not null or address is not null),
    check ((state = 'queued') = (ended_at is null))
);
create index mail_by_due on mail (due_at) where state = 'queued';
create index mail_by_end on mail (ended_at) where state <> 'queued';

-- What a link is about: the session that a person can end, the sign-up, or the email address that it confirms.
alter table account_token
    add column subject varchar(64),
    add column email   varchar(254);

-- People who want an account and haven't confirmed their email address yet. A row is written for every sign-up,
-- whether or not an account with this address exists, so that both take the same statements.
create table sign_up (
    vault         varchar(32)  not null references vault check (vault = 'installation'),
    id            varchar(32)  primary key,
    email         varchar(254) not null,
    email_folded  varchar(254) not null,
    username      varchar(32)  not null,
    password_hash varchar(200) not null,
    created_at    timestamptz  not null,
    expires_at    timestamptz  not null,
    unique (vault, id)
);
create index sign_up_by_expiry on sign_up (expires_at);

-- What the operator decides for the whole installation while it is running.
create table installation_setting (
    vault varchar(32)  not null references vault check (vault = 'installation'),
    name  varchar(32)  primary key,
    value varchar(200) not null
);
