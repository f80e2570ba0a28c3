-- Who read a secret last, and when each of its readers did: one step per machine, however many reads there are.
-- What is asked about a target alone finds its entries here as before.
drop index audit_entry_by_target;
create index audit_entry_by_target on audit_entry (vault, target_id, actor_id, at);
