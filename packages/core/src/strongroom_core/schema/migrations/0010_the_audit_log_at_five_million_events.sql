-- The audit log at five million events.
--
-- Nearly all events are reads, and each read pays for every index it is in. These two are of the other events only:
-- lists by a rare action or severity no longer walk through the reads.
create index audit_entry_by_action on audit_entry (vault, action, incarnation, tx, id)
    where action <> 'secret_read';
create index audit_entry_by_severity on audit_entry (vault, severity, incarnation, tx, id)
    where severity <> 'info';

-- Charts count from an index alone only where vacuum has been. By default that is after the log has grown by a fifth.
alter table audit_entry set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
