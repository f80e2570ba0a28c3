-- Members who get alerts by email, besides the owners. Someone whose membership ended isn't one, whatever this says.
alter table alert_state add column mail_members varchar(32)[] not null default '{}';

-- What was announced, so that it is announced once: machines and tokens that expire soon, and limits of a plan that
-- are nearly or wholly used. `until` is the end that was announced: an object that got another end is announced again.
-- A row goes once what it says is no longer true.
create table notice (
    vault  varchar(32) not null references vault,
    id     varchar(32) primary key,
    kind   varchar(32) not null,
    object varchar(64) not null,
    until  timestamptz,
    at     timestamptz not null,
    unique (vault, kind, object)
);
