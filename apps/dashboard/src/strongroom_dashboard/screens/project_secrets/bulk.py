"""The dialogs for actions on several secrets in a project."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.fields import list_field
from strongroom_dashboard.components.selection import bulk_dialog

SECRETS = "secret|secrets"
DELETE_SECRETS, TAG_SECRETS = "delete-secrets", "tag-secrets"


def bulk_dialogs() -> rx.Component:
    """Return the dialogs. A secret that changed after it was listed is left as it is, and named."""
    return rx.fragment(
        bulk_dialog(
            id=DELETE_SECRETS,
            title="Delete {counted}?",
            sentence="Moves them to the trash. You can restore them for 30 days.",
            verb="Delete secrets",
            noun=SECRETS,
            action="/api/secrets/{pick}",
            method="DELETE",
            danger=True,
            body="none",
            says="{counted} moved to the trash.",
            undo="/api/secrets/{pick}/restore",
            undo_body='{"giveBack":"all"}',
        ),
        bulk_dialog(
            list_field("addTags", "Add tags"),
            list_field("removeTags", "Remove tags", help="Comma-separated. Other tags are kept."),
            id=TAG_SECRETS,
            title="Tag {counted}",
            verb="Save tags",
            noun=SECRETS,
            action="/api/secrets/{pick}",
            method="PATCH",
            sends="tags",
            says="Tags saved for {counted}.",
        ),
    )
