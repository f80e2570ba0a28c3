"""Applications, their projects, and each project's keys."""

from piccolo.columns import UUID, Bytea, Integer, Varchar

from strongroom_core.db.columns import (
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Application(TenantTable, tablename="application"):
    """The projects of one service, one per environment."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    name = required_text(100)
    name_folded = required_text(510)
    description = optional_text(1000)
    revision = Integer(null=False, default=1)
    created_at = required_time()


class Project(TenantTable, tablename="project"):
    """A set of secrets under one key. Without `application` it stands alone.

    `position` keeps the order of an application's environments. `purge_ordered_at` marks a project
    that a person purged and the worker has yet to erase: from then on nobody can have it back.
    """

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    application = optional_text(32)
    name = required_text(100)
    name_folded = required_text(510)
    environment = optional_text(100)
    position = Integer(null=False, default=0)
    description = optional_text(1000)
    frozen_at = optional_time()
    frozen_by = optional_text(64)
    freeze_reason = optional_text(500)
    trashed_at = optional_time()
    trashed_by = optional_text(64)
    purge_ordered_at = optional_time()
    revision = Integer(null=False, default=1)
    created_at = required_time()


class ProjectKey(TenantTable, tablename="project_key"):
    """One version of a project's key, wrapped by a root key."""

    id = UUID(primary_key=True, null=False, default=None)
    project = required_text(32)
    number = Integer(null=False, default=None)
    root_version = Integer(null=False, default=None)
    wrapped = Bytea(null=False, default=None)
    state = required_text(16)
    created_at = required_time()
