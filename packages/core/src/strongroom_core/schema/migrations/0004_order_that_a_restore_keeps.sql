-- An order of entries that stays the same after a restore.
--
-- Transaction IDs are comparable only within one cluster: after a dump is restored into another cluster, they start
-- over at about 700. Entries are therefore ordered by incarnation first, which increases with every restore.

drop index audit_entry_by_transaction;
-- Lists are in the order of (incarnation, tx, id) within one vault. Listing a quiet vault must not scan other vaults'
-- entries.
create index audit_entry_by_transaction on audit_entry (vault, incarnation, tx, id);

alter table read_tally add column incarnation integer;
update read_tally set incarnation = (select incarnation from deployment),
    tx = least(tx, pg_current_xact_id());
alter table read_tally alter column incarnation set not null;

-- The system identifier of the cluster that assigned the transaction IDs of this incarnation's entries. Empty if
-- PostgreSQL doesn't reveal it.
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

-- A new database has no functions yet.
drop function if exists begin_incarnation(timestamptz);
