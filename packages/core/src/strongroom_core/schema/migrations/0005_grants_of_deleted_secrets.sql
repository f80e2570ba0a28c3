-- Records of grants that were removed by a deletion, and an index for finding events by each secret they concern.

-- The machines that could read a secret before it was moved to the trash: [{machine, fields}], or null for none.
alter table secret add column former_grants jsonb;

-- A change of a machine's access is one event about all the secrets that were granted or revoked. Events of reads have
-- no such detail and aren't in this index, so it doesn't slow down reads.
create index audit_entry_by_secret on audit_entry using gin ((detail -> 'secret_ids'))
    where detail ? 'secret_ids';
