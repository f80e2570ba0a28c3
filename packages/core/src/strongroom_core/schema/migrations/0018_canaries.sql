-- Canaries: decoy secrets whose reading freezes their project.
--
-- `decoy` is what a canary pretends to be; other secrets have none. These columns are in `secret`, not in a
-- separate table, because every read looks at that row anyway: an armed canary costs other reads nothing.
alter table secret
    add column decoy      varchar(32),
    add column armed      boolean not null default false,
    add column freezes    boolean not null default false,
    add column cascades   boolean not null default false,
    add column tripped_at timestamptz,
    add constraint secret_decoy check (decoy is not null or not (armed or freezes or cascades)),
    add constraint secret_cascades check (freezes or not cascades);
create index secret_canaries on secret (vault, project) where decoy is not null;

-- A project can also be frozen by a machine, whose name is longer than a person's.
alter table project
    add column frozen_by_canary boolean not null default false,
    alter column frozen_by type varchar(255);
