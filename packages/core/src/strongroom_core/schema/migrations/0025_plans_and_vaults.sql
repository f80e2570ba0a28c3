-- Plans with their limits, and the deletion of vaults.

-- A limit that is null is no limit. The default plan has a fixed ID and applies to every vault without another one.
create table plan (
    vault              varchar(32)  not null references vault check (vault = 'installation'),
    id                 varchar(32)  primary key,
    name               varchar(100) not null,
    name_folded        varchar(510) not null unique,
    self_service       boolean      not null default false,
    machines           integer      check (machines >= 0),
    projects           integer      check (projects >= 0),
    secrets            integer      check (secrets >= 0),
    members            integer      check (members >= 1),
    versions           integer      check (versions >= 1),
    retention_days     integer      check (retention_days >= 1),
    webhooks           integer      check (webhooks >= 0),
    deliveries_per_day integer      check (deliveries_per_day >= 0),
    agents             integer      check (agents >= 0),
    shares_per_day     integer      check (shares_per_day >= 0),
    created_at         timestamptz  not null,
    revision           integer      not null default 1
);

-- `init` inserts the same row into a new database.
insert into plan (vault, id, name, name_folded, machines, projects, secrets, members, versions, retention_days,
                  webhooks, deliveries_per_day, agents, shares_per_day, created_at)
select v.id, 'plan_aaaaaaaaaaaaaaaa', 'Default', 'default', 500, 200, 50000, 100, 50, 365, 20, 10000, 50, 200,
       v.created_at
from vault v where v.id = 'installation';

-- `lowered_at` is when the vault's plan last became one that keeps less. What it no longer keeps is deleted a day later.
create table vault_plan (
    vault      varchar(32) primary key references vault,
    plan       varchar(32) not null references plan,
    lowered_at timestamptz
);
create index vault_plan_by_plan on vault_plan (plan);
create index vault_plan_lowered on vault_plan (lowered_at) where lowered_at is not null;

-- A deleted vault can be restored until its rows and keys are purged. Its row stays, because its audit log does.
alter table vault
    add column deleted_at timestamptz,
    add column deleted_by varchar(32),
    add column purged_at  timestamptz,
    add column revision   integer not null default 1,
    add constraint vault_purged check (purged_at is null or deleted_at is not null);
create index vault_deleted on vault (deleted_at) where deleted_at is not null and purged_at is null;

-- The audit log stays append-only, except that `prune_entries` deletes what is older than a vault's plan keeps (L-5).
create function audit_entry_is_only_pruned() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('strongroom.pruning', true) = 'on' then
        return null;
    end if;
    raise exception 'the audit table is append-only' using errcode = 'insufficient_privilege';
end $$;
drop trigger append_only on audit_entry;
create trigger append_only before update or delete or truncate on audit_entry
    for each statement execute function audit_entry_is_only_pruned();
drop function audit_entry_is_append_only();
