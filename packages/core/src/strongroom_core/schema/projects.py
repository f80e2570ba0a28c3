"""Applications, their projects, and each project's keys."""

from piccolo.columns import UUID, Boolean, Bytea, Integer

from strongroom_core.db.columns import (
    NamedTable,
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Application(NamedTable, tablename="application"):
    """The projects of one service, one per environment."""

    description = optional_text(1000)
    created_at = required_time()


class Project(NamedTable, tablename="project"):
    """A set of secrets encrypted with one key. A project without an `application` is standalone.

    `position` is the order within an application's environments. `purge_ordered_at` marks a project that was
    permanently deleted, but whose rows the worker still has to delete. It can no longer be restored.
    """

    application = optional_text(32)
    environment = optional_text(100)
    position = Integer(null=False, default=0)
    description = optional_text(1000)
    frozen_at = optional_time()
    frozen_by = optional_text(255)
    frozen_by_canary = Boolean(null=False, default=False)
    freeze_reason = optional_text(500)
    trashed_at = optional_time()
    trashed_by = optional_text(64)
    purge_ordered_at = optional_time()
    created_at = required_time()


class ProjectKey(TenantTable, tablename="project_key"):
    """One version of a project's key, wrapped with a root key."""

    id = UUID(primary_key=True, null=False, default=None)
    project = required_text(32)
    number = Integer(null=False, default=None)
    root_version = Integer(null=False, default=None)
    wrapped = Bytea(null=False, default=None)
    state = required_text(16)
    created_at = required_time()
