"""The dialogs for the secret in the drawer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import NOTE_LENGTH, SECRET_NAME_LENGTH
from strongroom_dashboard.components.access import access_list, save_changes, what_changes
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import link_result
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    check_field,
    hidden_field,
    list_field,
    select_field,
    tick_field,
)
from strongroom_dashboard.components.form import until_done, when_done
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.value_fields import (
    generate_fields,
    name_field,
    pairs_field,
    value_field,
)
from strongroom_dashboard.screens.project_secrets.new_secret import environment_field
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_secrets.opened import (
        BoxLine,
        OpenSecret,
        VersionLine,
    )


GIVE_ACCESS = "give-access"
DROP_BOX_LIFETIMES = (
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("259200", "3 days"),
    ("604800", "7 days"),
)


def secret_dialogs() -> rx.Component:
    """Return the dialogs. They are keyed by secret, so typed input survives changes to the secret."""
    opened = ProjectSecrets.open
    return rx.el.div(
        _replace(opened),
        _rotate(opened),
        _set_rotation(opened),
        rx.cond(opened.rotation.text != "", _queue_rotation(opened)),
        rx.cond(opened.rotation.text != "", _delete_rotation(opened)),
        rx.cond(opened.kind == "single", _drop_box(opened)),
        rx.foreach(opened.boxes, _revoke_box),
        _edit(opened),
        _delete(opened),
        rx.foreach(opened.versions, _roll_back),
        key=opened.id,
    )


def _drop_box(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        until_done(
            check_field(
                "overwrite",
                "Allow this drop box to replace the current value",
                sub="Required because the secret already has a value.",
            ),
            select_field(
                "lifetimeSeconds", "Expires after", DROP_BOX_LIFETIMES, value="86400", number=True
            ),
        ),
        when_done(
            note(
                rx.el.strong("Send this link to one person. "),
                "It works once and isn't shown again. You can roll back to the current value later.",
                icon="send",
            ),
            link_result("Link"),
        ),
        id="drop-box",
        title=rx.fragment("Create a drop box for ", opened.name),
        sentence="Someone without an account can submit this secret's next value, once.",
        verb="Create link",
        action="/api/secrets/" + opened.id + "/drop-boxes",
        keeps=True,
    )


def _revoke_box(box: BoxLine) -> rx.Component:
    return confirm(
        id=box.dialog,
        title="Revoke this drop box?",
        sentence="Its link stops working immediately. This can't be undone.",
        verb="Revoke drop box",
        action=_of(ProjectSecrets.open, "/drop-boxes/" + box.id + "/revoke"),
        says="Drop box revoked.",
        body="none",
    )


def give_access() -> rx.Component:
    """Return the dialog that gives machines access to one or more of the project's secrets.

    `assets/js/access.js` opens it for the secrets given by a button or an `sr-give-access` event.
    """
    head, rights = ProjectSecrets.head, ProjectSecrets.rights
    return form_dialog(
        rx.el.p(custom_attrs={"data-tells": "names"}, class_name="meta mono names"),
        access_list(
            what_changes(),
            label="Machines",
            search="Search machines",
            project=head.id,
            project_name=head.full_name,
            lists_machines=rights.see_machines,
            cannot_attach=rights.to_attach,
        ),
        id=GIVE_ACCESS,
        title=rx.fragment(
            "Access to ", rx.el.span(custom_attrs={"data-tells": "title"}, class_name="mono")
        ),
        verb="",
        action="/api/projects/" + head.id + "/grants",
        method="PATCH",
        sends="changed",
        says="Access updated.|Takes effect on the next request.",
        acts=(button("Cancel", closes=GIVE_ACCESS), save_changes()),
        wide=True,
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
                help="Fields left blank keep their value.",
            ),
            value_field("New value"),
        ),
        note(opened.after_change, icon="server"),
        id="replace-secret",
        title="Replace the value of " + opened.name,
        verb="Replace value",
        action=_of(opened, "/replace"),
        if_match=opened.revision,
        says="{name} is now version {version}.|" + opened.after_change,
        wide=True,
    )


def _rotate(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        rx.cond(
            opened.structured,
            rx.el.fieldset(
                rx.el.legend("Fields to generate"),
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
        sentence="The server generates a random value that no one sees, not even you. To see it once,"
        " choose Replace and generate the value there.",
        verb="Generate value",
        action=_of(opened, "/rotate"),
        if_match=opened.revision,
        says="{name} is now version {version}.|" + opened.after_change,
        body="object",
    )


def _set_rotation(opened: OpenSecret) -> rx.Component:
    rotation = opened.rotation
    return rx.el.div(
        form_dialog(
            rx.cond(
                opened.structured,
                rx.el.fieldset(
                    rx.el.legend("Fields to rotate"),
                    rx.el.div(
                        rx.foreach(
                            opened.field_names,
                            lambda name: tick_field(
                                "fields",
                                name,
                                name,
                                checked=rotation.rotating.contains(name),  # pyright: ignore[reportAttributeAccessIssue] -- a Var
                            ),
                        ),
                        class_name="stack",
                    ),
                ),
            ),
            generate_fields(prefix="", length=rotation.characters, charset=rotation.charset),
            id="set-rotation",
            title="Rotation of " + opened.name,
            sentence="How the server generates the next value. Nothing is rotated until you rotate now, or a"
            " policy does after a number of reads.",
            verb="Save",
            action=_of(opened, "/rotation"),
            method="PUT",
            if_match=opened.revision,
            says="Rotation of {name} saved.",
            body="object",
        ),
        key=rotation.set_at,
    )


def _queue_rotation(opened: OpenSecret) -> rx.Component:
    return confirm(
        id="queue-rotation",
        title="Rotate " + opened.name + " now?",
        sentence=rx.cond(
            opened.rights.to_rotate == "",
            opened.after_change,
            "The project is frozen. The rotation waits until it is unfrozen.",
        ),
        verb="Rotate now",
        action=_of(opened, "/rotation/queue"),
        body="none",
        says="Rotation of " + opened.name + " queued.",
        danger=False,
    )


def _delete_rotation(opened: OpenSecret) -> rx.Component:
    return confirm(
        id="delete-rotation",
        title="Delete the rotation settings of " + opened.name + "?",
        sentence="A queued rotation is canceled. The value stays the same.",
        verb="Delete settings",
        action=_of(opened, "/rotation"),
        method="DELETE",
        body="none",
        if_match=opened.revision,
        says="Rotation settings of " + opened.name + " deleted.",
    )


def _edit(opened: OpenSecret) -> rx.Component:
    return form_dialog(
        name_field(
            value=opened.name,
            secrets="/api/projects/" + ProjectSecrets.head.id + "/secrets",
            own=opened.id,
            fields=opened.fields_json,
            longest=SECRET_NAME_LENGTH,
            help="Programs using the old name will stop working immediately.",
        ),
        area_field(
            "note",
            "Note",
            value=opened.note,
            longest=NOTE_LENGTH,
            empty="null",
            help="For example, who owns it and how to renew it. Don't put the value here.",
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
        says="{name} updated.",
    )


def _delete(opened: OpenSecret) -> rx.Component:
    return confirm(
        id="delete-secret",
        title="Delete " + opened.name + "?",
        sentence="Moves to the trash. You can restore it for 30 days.",
        verb="Delete secret",
        action=_of(opened),
        method="DELETE",
        if_match=opened.revision,
        consequences=opened.loses,
        says=opened.name + " moved to the trash.|" + opened.lost_by,
        undo=_of(opened, "/restore"),
        undo_body=rx.cond(opened.readers > 0, '{"giveBack":"all"}', "{}"),
        then=ProjectSecrets.close,
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
            action=_of(opened, "/rollback"),
            if_match=opened.revision,
            fields=(hidden_field("version", version.number, "number"),),
            says="{name} is now version {version}.|" + opened.after_change,
            danger=False,
        ),
    )
