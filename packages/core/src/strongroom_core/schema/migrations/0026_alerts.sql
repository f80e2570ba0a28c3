-- Alerts: which events of its audit log a vault is notified about, and how.

-- (incarnation, tx, entry) is the last event that was read. `told` is the incarnation, and `told_entry` the oldest event,
-- of the last gap that was logged. `mail_actions` is null until someone chooses: the default then includes the actions of later releases.
create table alert_state (
    vault        varchar(32)   primary key references vault,
    incarnation  integer       not null default 0,
    tx           xid8          not null default '0',
    entry        uuid          not null default '00000000-0000-0000-0000-000000000000',
    told         integer,
    told_entry   uuid,
    mail_actions varchar(64)[],
    muted_until  timestamptz,
    quiet_from   smallint      check (quiet_from between 0 and 1439),
    quiet_until  smallint      check (quiet_until between 0 and 1439),
    day          date,
    deliveries   integer       not null default 0,
    capped       boolean       not null default false,
    revision     integer       not null default 1,
    check ((quiet_from is null) = (quiet_until is null))
);

-- Existing vaults begin with what happens from now on.
insert into alert_state (vault, incarnation, tx, entry, told)
select v.id, last.incarnation, last.tx, last.id, d.incarnation
from vault v
cross join deployment d
cross join lateral (
    select e.incarnation, e.tx, e.id from audit_entry e where e.vault = v.id
    order by e.incarnation desc, e.tx desc, e.id desc limit 1
) last;

create table webhook (
    vault       varchar(32)   not null references vault,
    id          varchar(32)   primary key,
    name        varchar(100)  not null,
    template    varchar(16)   not null
        check (template in ('strongroom', 'slack', 'teams', 'discord', 'pagerduty', 'ntfy')),
    host        varchar(260)  not null,
    actions     varchar(64)[] not null default '{}',
    enabled     boolean       not null default true,
    failures    integer       not null default 0,
    created_at  timestamptz   not null,
    created_by  varchar(64)   not null,
    disabled_at timestamptz,
    revision    integer       not null default 1,
    unique (vault, id)
);
create unique index webhook_by_name on webhook (vault, lower(name));

create table webhook_secret (
    vault      varchar(32) not null references vault,
    id         uuid        primary key,
    webhook    varchar(32) not null,
    purpose    varchar(16) not null check (purpose in ('signing', 'target')),
    ciphertext bytea       not null,
    created_at timestamptz not null,
    retires_at timestamptz,
    foreign key (vault, webhook) references webhook (vault, id)
);
create index webhook_secret_by_webhook on webhook_secret (webhook, created_at desc);

-- `round` counts the attempts since the delivery was made or replayed: it decides when the next one is due.
create table delivery (
    vault      varchar(32) not null references vault,
    id         varchar(32) primary key,
    webhook    varchar(32) not null,
    entry      uuid,
    event      varchar(64) not null,
    severity   varchar(16) not null,
    body       varchar(65536) not null,
    state      varchar(16) not null check (state in ('waiting', 'sending', 'delivered', 'failed')),
    attempts   integer     not null default 0,
    round      integer     not null default 0,
    tries      jsonb       not null default '[]',
    due_at     timestamptz not null,
    created_at timestamptz not null,
    ended_at   timestamptz,
    foreign key (vault, webhook) references webhook (vault, id),
    unique (webhook, entry)
);
create index delivery_list on delivery (webhook, created_at desc, id);
create index delivery_due on delivery (webhook, due_at) where state in ('waiting', 'sending');
create index delivery_by_age on delivery (created_at);

create table mail_alert (
    vault    varchar(32) not null references vault,
    id       uuid        primary key,
    entry    uuid        not null,
    critical boolean     not null,
    due_at   timestamptz not null
);
create index mail_alert_by_due on mail_alert (due_at);

-- Where a canary's alerts go instead of where the vault's rules say. Null: as the rules say.
alter table secret
    add column alert_mail     boolean,
    add column alert_webhooks varchar(32)[],
    add constraint secret_alerts check ((alert_mail is null) = (alert_webhooks is null)),
    add constraint secret_alerts_of_canary check (decoy is not null or alert_mail is null);
