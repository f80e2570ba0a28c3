"""The secret in the drawer: details, versions, access, activity."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.grants.readers import list_readers
from strongroom_core.kernel.ids import SecretId
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.secrets.generate import USUAL, Charset
from strongroom_core.secrets.versions import list_versions, read_kept_versions
from strongroom_core.shares.drop_boxes import list_drop_boxes
from strongroom_core.shares.views import DropBoxState
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.use_it import Use, use_of_secret
from strongroom_dashboard.screens.project_secrets.rights import SecretRights
from strongroom_dashboard.screens.project_secrets.rows import is_unused
from strongroom_dashboard.screens.wording import counted, feed_of, joined

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.grants.views import ReaderView
    from strongroom_core.kernel.page import CountedPage
    from strongroom_core.secrets.views import SecretView, VersionView
    from strongroom_core.shares.views import DropBoxView
    from strongroom_dashboard.event_session import Call

TABS = {"summary": "Summary", "versions": "Versions", "readers": "Access", "activity": "Activity"}
"""The drawer's tabs, with their names in the URL and on the screen."""

VIEWS = tuple(TABS)
GLANCE = 4
"""The number of readers in the summary."""

ENTRIES = 30
LOOKED_AT = 100
"""The number of events to load. They are folded into at most `ENTRIES` lines."""

CHARACTERS = {
    "symbols": "letters, digits and symbols",
    "alphanumeric": "letters and digits",
    "numbers": "digits",
}
ORIGINS = {
    "create": "Created",
    "replace": "Replaced",
    "rotate": "Generated",
    "drop_box": "From a drop box created",
}


@dataclass(frozen=True)
class VersionLine:
    """One version. `sentence` describes the effect of rolling back to it."""

    number: int
    how: str
    by: str
    at: str
    live: bool
    fields: str
    dialog: str
    title: str
    sentence: str


@dataclass(frozen=True)
class ReaderLine:
    """A machine with a grant. `note` lists the fields it can read, or says why it can't read now."""

    name: str
    href: str
    note: str
    stopped: bool
    last_read: str


@dataclass(frozen=True)
class BoxLine:
    """A drop box whose link still works. `dialog` is the ID of the dialog that revokes it."""

    id: str
    by: str
    expires: str
    dialog: str


@dataclass(frozen=True)
class Rotation:
    """Rotation settings, as a sentence and as the values of a form. Without them, `text` is empty."""

    text: str = ""
    characters: int = USUAL
    charset: str = Charset.SYMBOLS.value
    rotating: list[str] = field(default_factory=list[str])
    set_at: str = ""
    queued: str = ""
    queued_by: str = ""


@dataclass(frozen=True)
class OpenSecret:
    """The drawer's data. Only the lists of the open tab are filled."""

    id: str = ""
    missing: bool = False
    name: str = ""
    kind: str = ""
    structured: bool = False
    note: str = ""
    tags: list[str] = field(default_factory=list[str])
    environment: str = ""
    field_names: list[str] = field(default_factory=list[str])
    fields_json: str = "[]"
    version: int = 0
    revision: int = 0
    created: str = ""
    changed: str = ""
    changed_by: str = ""
    last_read: str = ""
    last_read_by: str = ""
    reads: str = ""
    unused: bool = False
    rotation: Rotation = field(default_factory=Rotation)
    policy: str = ""
    policy_href: str = ""
    access_href: str = ""
    readers: int = 0
    who_reads: str = ""
    after_change: str = ""
    lost_by: str = ""
    loses: list[Consequence] = field(default_factory=list[Consequence])
    kept: str = ""
    versions: list[VersionLine] = field(default_factory=list[VersionLine])
    machines: list[ReaderLine] = field(default_factory=list[ReaderLine])
    more_machines: str = ""
    boxes: list[BoxLine] = field(default_factory=list[BoxLine])
    activity: list[FeedEntry] = field(default_factory=list[FeedEntry])
    rights: SecretRights = field(default_factory=SecretRights)
    use: Use = field(default_factory=Use)


async def open_secret(
    call: Call, project: str, secret: SecretView, rights: SecretRights, view: str, cursor: str
) -> OpenSecret:
    """Load the data of one drawer tab, for a secret in the project with this path.

    `cursor` pages through the readers.
    """
    core, caller, key = call.core, call.caller, SecretId(secret.id)
    now = core.clock.now()
    versions: list[VersionView] = []
    machines: CountedPage[ReaderView] | None = None
    entries: list[FeedEntry] = []
    kept = await read_kept_versions(core, caller, key)
    if view == "versions":
        versions = (await list_versions(core, caller, key, PageRequest(MAX_LIMIT))).items
    if view in ("summary", "readers"):
        request = PageRequest.parse(
            limit=GLANCE if view == "summary" else None, cursor=cursor or None
        )
        machines = await list_readers(core, caller, key, request)
    boxes = (
        await _pending_boxes(call, key)
        if view == "summary" and _can_hand_in(secret, rights)
        else []
    )
    if view == "activity" and rights.see_audit_log:
        entries = await activity_of(call, key, secret.name)
    after = after_change(secret.readers)
    return OpenSecret(
        id=secret.id,
        name=secret.name,
        kind=secret.kind.value,
        structured=bool(secret.field_names),
        note=secret.note or "",
        tags=secret.tags,
        environment=secret.environment or "",
        field_names=secret.field_names,
        fields_json=json.dumps(secret.field_names),
        version=secret.version,
        revision=secret.revision,
        created=secret.created_at.isoformat(),
        changed=secret.changed_at.isoformat(),
        changed_by=secret.changed_by,
        last_read=secret.last_read_at.isoformat() if secret.last_read_at is not None else "",
        last_read_by=secret.last_read_by or "",
        reads=f"{secret.read_count:,}",
        unused=is_unused(secret, now),
        rotation=rotation_of(secret),
        policy=secret.policy_name or "",
        policy_href=f"/projects/{secret.project_id}/policies/{secret.policy_id}",
        access_href=f"/projects/{secret.project_id}/access?secret={secret.id}",
        readers=secret.readers,
        who_reads=counted(secret.readers, "machine"),
        after_change=f"{after} You can roll back to version {secret.version}.",
        lost_by=_lost_by(secret.readers),
        loses=_loses(secret, kept.kept),
        kept=f"{kept.kept} of {kept.most:,} kept" if kept.most is not None else f"{kept.kept} kept",
        versions=[_version_line(each, secret.version, after) for each in versions],
        machines=[_reader_line(each, now) for each in machines.items] if machines else [],
        more_machines=(machines.next_cursor or "") if machines else "",
        boxes=[_box_line(each) for each in boxes],
        activity=entries,
        rights=rights,
        use=use_of_secret(
            core.settings.public_url, project, secret.name, secret.field_names, secret_id=secret.id
        ),
    )


def rotation_of(secret: SecretView) -> Rotation:
    """Return a secret's rotation settings for the drawer."""
    settings = secret.rotation
    if settings is None:
        return Rotation(rotating=secret.field_names)
    what = "a UUID"
    if settings.charset != Charset.UUID:
        size = counted(settings.length, "character")
        what = f"{size} ({CHARACTERS[settings.charset]})"
    of = f" for {joined(settings.fields)}" if settings.fields else ""
    return Rotation(
        text=f"Generates {what}{of}.",
        characters=settings.length,
        charset=settings.charset,
        rotating=settings.fields,
        set_at=settings.set_at.isoformat(),
        queued=settings.queued_at.isoformat() if settings.queued_at is not None else "",
        queued_by=settings.queued_by or "",
    )


def _can_hand_in(secret: SecretView, rights: SecretRights) -> bool:
    """Whether the secret can have drop boxes and the person can see them."""
    return not secret.field_names and not rights.to_replace


async def _pending_boxes(call: Call, secret: SecretId) -> list[DropBoxView]:
    page = await list_drop_boxes(call.core, call.caller, secret, PageRequest(LOOKED_AT))
    return [each for each in page.items if each.state is DropBoxState.PENDING]


def _box_line(box: DropBoxView) -> BoxLine:
    return BoxLine(box.id, box.created_by, box.expires_at.isoformat(), f"revoke-{box.id}")


async def activity_of(call: Call, secret: SecretId, name: str) -> list[FeedEntry]:
    """Return the latest events of a secret."""
    wanted = EntryFilter(target_id=secret)
    page = await list_entries(call.core, call.caller, PageRequest(LOOKED_AT), wanted)
    return feed_of(page.items, call.caller, most=ENTRIES, about=secret, name=name)


def after_change(readers: int) -> str:
    """Return a sentence about what happens to machines when the value changes."""
    if readers == 0:
        return "No machine has access yet."
    if readers == 1:
        return "1 machine will get the new value on its next read."
    return f"{readers:,} machines will get the new value on their next read."


def _lost_by(readers: int) -> str:
    if readers == 0:
        return "No machine had access."
    return f"{counted(readers, 'machine')} lost access."


def _loses(secret: SecretView, kept: int) -> list[Consequence]:
    found = [Consequence(number=f"{secret.readers:,}", text=_machines_lose(secret.readers))]
    if secret.read_count:
        reads = "read so far" if secret.read_count == 1 else "reads so far"
        by = f"; last by {secret.last_read_by}" if secret.last_read_by else ""
        found.append(Consequence(number=f"{secret.read_count:,}", text=f"{reads}{by}"))
    versions = "version" if kept == 1 else "versions"
    found.append(
        Consequence(number=str(kept), text=f"{versions} will be moved to the trash for 30 days")
    )
    return found


def _machines_lose(readers: int) -> str:
    if readers == 0:
        return "machines have access"
    machines = "machine" if readers == 1 else "machines"
    return f"{machines} will lose access"


def _version_line(version: VersionView, live: int, after: str) -> VersionLine:
    how = ORIGINS.get(version.origin, version.origin)
    if version.restored is not None:
        how = f"Rolled back to {version.restored}"
    number = version.number
    return VersionLine(
        number=number,
        how=how,
        by=version.actor_name,
        at=version.created_at.isoformat(),
        live=version.current,
        fields=", ".join(version.field_names),
        dialog=f"roll-back-{number}",
        title=f"Roll back to version {number}?",
        sentence=f"Creates version {live + 1} with the value of version {number}. {after}"
        f" You can roll back to version {live}.",
    )


def _reader_line(reader: ReaderView, now: datetime) -> ReaderLine:
    stopped = ""
    if not reader.enabled:
        stopped = "Disabled"
    elif reader.expires_at is not None and reader.expires_at <= now:
        stopped = "Expired"
    some = f"Only {', '.join(reader.fields)}" if reader.fields is not None else ""
    return ReaderLine(
        name=reader.machine_name,
        href=f"/machines/{reader.machine_id}",
        note=" · ".join(part for part in (stopped, some) if part),
        stopped=bool(stopped),
        last_read=reader.last_read_at.isoformat() if reader.last_read_at is not None else "",
    )
