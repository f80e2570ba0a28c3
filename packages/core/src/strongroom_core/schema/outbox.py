"""Work to be done after a commit, recorded in the same transaction (transactional outbox)."""

from piccolo.columns import UUID, Integer

from strongroom_core.db.columns import TenantTable, required_text, required_time


class Outbox(TenantTable, tablename="outbox"):
    """One piece of work. `subject` is an ID; nothing secret is ever written here."""

    id = UUID(primary_key=True, null=False, default=None)
    kind = required_text(32)
    subject = required_text(64)
    due_at = required_time()
    attempts = Integer(null=False, default=0)
    created_at = required_time()
