-- Order that a restore keeps.
--
-- Transaction ids mean something inside one cluster only: after a dump was restored into another, they begin again
-- at about 700. The incarnation, which every restore raises, comes first.

drop index audit_entry_by_transaction;
-- A list goes by (incarnation, tx, id) within one vault: a quiet one must not wade through the entries of the others.
create index audit_entry_by_transaction on audit_entry (vault, incarnation, tx, id);

alter table read_tally add column incarnation integer;
update read_tally set incarnation = (select incarnation from deployment),
    tx = least(tx, pg_current_xact_id());
alter table read_tally alter column incarnation set not null;

-- The cluster whose ids the entries have, by its system identifier. Empty where
-- PostgreSQL does not tell us.
alter table deployment add column cluster varchar(32);
do $$
declare
    here varchar := '';
begin
    if has_function_privilege('pg_control_system()', 'execute') then
        execute 'select system_identifier::text from pg_control_system()' into here;
    end if;
    update deployment set cluster = here;
end $$;

-- A fresh database has no functions yet.
drop function if exists begin_incarnation(timestamptz);
