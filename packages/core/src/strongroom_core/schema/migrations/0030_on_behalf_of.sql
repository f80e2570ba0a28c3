-- On whose behalf the actor of an entry acted: who asked for the action and, if it needed one, whose approval it had (O-8).
-- Only an action that somebody asked for can be approved, and never by the one who asked.
alter table audit_entry
    add column requester_kind varchar(16),
    add column requester_id   varchar(64),
    add column requester_name varchar(255),
    add column approver_id    varchar(64),
    add column approver_name  varchar(255);

-- The existing rows have neither, so they needn't be read.
alter table audit_entry add constraint audit_entry_on_behalf_of check (
    num_nulls(requester_kind, requester_id, requester_name) in (0, 3)
    and num_nulls(approver_id, approver_name) in (0, 2)
    and (approver_id is null or (requester_id is not null and approver_id <> requester_id))
) not valid;

-- What a member without `audit.view_others` sees of the log: their own entries, in the list's order.
create index audit_entry_by_user on audit_entry (vault, actor_id, incarnation, tx, id) where actor_kind = 'user';
