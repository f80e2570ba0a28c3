-- What is kept of grants that a deletion takes, and events found by every secret they concern.

-- Which machines could read a secret before it was moved to the trash: [{machine, fields}], null for none.
alter table secret add column former_grants jsonb;

-- A change of a machine's access is one event, about all the secrets it gave and took. Reads have no such
-- detail and are not in here, so they pay nothing for it.
create index audit_entry_by_secret on audit_entry using gin ((detail -> 'secret_ids'))
    where detail ? 'secret_ids';
