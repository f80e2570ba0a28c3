"""What can be done to the secret whose drawer is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    hidden_field,
    list_field,
    secret_field,
    text_field,
    tick_field,
)
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.value_fields import generate_fields, pairs_field
from strongroom_dashboard.pages.new_secret import NAME_LENGTH, NOTE_LENGTH, environment_field
from strongroom_dashboard.states.project_secrets import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.states.open_secret import OpenSecret, VersionLine


def secret_dialogs() -> rx.Component:
    """Return the dialogs. They begin anew with each secret, and outlast its changes."""
    opened = ProjectSecrets.open
    return rx.el.div(
        _replace(opened),
        _rotate(opened),
        _edit(opened),
        _delete(opened),
        rx.foreach(opened.versions, _roll_back),
        key=opened.id,
    )


def _of(opened: OpenSecret, rest: str = "") -> str:
    return "/api/secrets/" + opened.id + rest


def _replace(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        rx.cond(
            opened.structured,
            pairs_field(
                "fields",
                "Fields",
                names=opened.field_names,
                blank="omit",
                removes="removeFields",
                help="A field left blank keeps its value.",
            ),
            secret_field("value", "New value", required=True),
        ),
        note(opened.after_change, icon="server"),
        id="replace-secret",
        title="Replace the value of " + opened.name,
        verb="Replace value",
        keep="Keep it",
        action=_of(opened, "/value"),
        method="PUT",
        if_match=opened.revision,
        says="{name} is at version {version}.|" + opened.after_change,
        recorded_as="secret_replace",
        wide=True,
    )


def _rotate(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        rx.cond(
            opened.structured,
            rx.el.fieldset(
                rx.el.legend("Fields that get a new value"),
                rx.el.div(
                    rx.foreach(opened.field_names, lambda name: tick_field("fields", name, name)),
                    class_name="stack",
                ),
            ),
        ),
        generate_fields(prefix=""),
        note(opened.after_change, icon="server"),
        id="rotate-secret",
        title="Generate a new value for " + opened.name,
        sentence="It is made at random on the server. Nobody sees it, you included.",
        verb="Generate value",
        keep="Keep it",
        action=_of(opened, "/rotate"),
        if_match=opened.revision,
        says="{name} is at version {version}.|" + opened.after_change,
        recorded_as="secret_rotate",
        body="object",
    )


def _edit(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        text_field(
            "name",
            "Name",
            value=opened.name,
            mono=True,
            required=True,
            longest=NAME_LENGTH,
            help="Programs that ask by name stop finding the old one at once.",
        ),
        area_field(
            "note",
            "Note",
            value=opened.note,
            longest=NOTE_LENGTH,
            empty="null",
            help="For people: whose it is, how to renew it. Never a value.",
        ),
        list_field("tags", "Tags", value=opened.tags.join(", ")),
        rx.cond(ProjectSecrets.standalone, environment_field(opened.environment)),
        id="edit-secret",
        title="Edit " + opened.name,
        verb="Save changes",
        action=_of(opened),
        method="PATCH",
        sends="changed",
        if_match=opened.revision,
        says="{name} was changed.|Its value is the same.",
        recorded_as="secret_update",
    )


def _delete(opened: OpenSecret) -> rx.Component:
    return confirm(
        id="delete-secret",
        title="Delete " + opened.name + "?",
        sentence="It goes into the trash at once, with its versions, and can be had back for 30 days.",
        verb="Delete secret",
        action=_of(opened),
        method="DELETE",
        if_match=opened.revision,
        consequences=opened.loses,
        says=opened.name + " moved to the trash.|" + opened.lost_by,
        undo=_of(opened, "/restore"),
        then=ProjectSecrets.close,
        recorded_as="secret_delete",
    )


def _roll_back(version: VersionLine) -> rx.Component:
    opened = ProjectSecrets.open
    return rx.cond(
        version.live,
        rx.fragment(),
        confirm(
            id=version.dialog,
            title=version.title,
            sentence=version.sentence,
            verb="Roll back",
            keep="Cancel",
            action=_of(opened, "/rollback"),
            if_match=opened.revision,
            fields=(hidden_field("version", version.number, "number"),),
            says="{name} is at version {version}.|" + opened.after_change,
            recorded_as="secret_rollback",
            danger=False,
        ),
    )
