"""All commands, in one table that defines the palette, the shortcuts and the shortcuts help."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.entrance import sets_theme
from strongroom_dashboard.components.palette import KEYS, Command, CommandGroup
from strongroom_dashboard.components.shell import SIGN_OUT

NEW_SECRET = Command("New secret", "plus", "create add key value", ("n", "s"), fills="new secret ")
FREEZE = Command(
    "Freeze a project",
    "snowflake",
    "block stop emergency lock incident",
    ("f", "f"),
    fills="freeze ",
    place="freeze",
)
GO_TO = CommandGroup(
    "Go to",
    (
        Command("Overview", "layout-dashboard", "open home start", ("g", "o"), href="/"),
        Command("Secrets", "key-round", "open projects applications", ("g", "s"), href="/projects"),
        Command(
            "Machines", "server", "open servers", ("g", "m"), href="/machines", place="machines"
        ),
        Command("Shares", "send", "open one-time links send", ("g", "h"), href="/shares"),
        Command(
            "Audit log",
            "book-open-text",
            "open events history",
            ("g", "a"),
            href="/audit",
            place="audit",
        ),
        Command(
            "Alerts",
            "bell-ring",
            "open webhooks notifications",
            ("g", "l"),
            href="/alerts",
            place="alerts",
        ),
        Command(
            "Trash", "trash-2", "open deleted restore bin", ("g", "t"), href="/trash", place="trash"
        ),
        Command(
            "Members & roles",
            "users",
            "open people invite access who can",
            ("g", "r"),
            href="/members",
            place="members",
        ),
        Command(
            "Settings", "settings", "open vault plan convert delete", ("g", "e"), href="/settings"
        ),
        Command(
            "Your security",
            "shield-check",
            "open account password passkey sessions two-factor 2fa profile",
            ("g", "y"),
            href="/security",
        ),
    ),
)
CREATE = CommandGroup(
    "Create",
    (
        NEW_SECRET,
        Command(
            "New project",
            "folder-plus",
            "create add",
            ("n", "p"),
            href="/projects?new=project",
            place="new-project",
        ),
        Command(
            "New application",
            "layers",
            "create add",
            ("n", "a"),
            href="/projects?new=application",
            place="new-project",
        ),
        Command(
            "Add machine",
            "server",
            "new register bootstrap",
            ("n", "m"),
            href="/machines?new=machine",
            place="new-machine",
        ),
        Command(
            "Invite people",
            "user-plus",
            "new member add",
            ("n", "i"),
            href="/members?new=member",
            place="invite",
        ),
    ),
)
ACT = CommandGroup(
    "Actions",
    (
        FREEZE,
        Command(
            "Unfreeze a project",
            "sun-snow",
            "lift thaw unblock",
            ("f", "u"),
            fills="unfreeze ",
            place="unfreeze",
        ),
        Command(
            "Approve a machine",
            "check",
            "pending fingerprint deny",
            fills="approve ",
            place="new-machine",
        ),
        Command(
            "Export the audit log",
            "download",
            "download csv ndjson events save",
            href="/audit",
            place="audit",
        ),
    ),
)
SETTINGS = CommandGroup(
    "This browser",
    (
        Command(
            "Switch theme", "sun-moon", "dark light mode appearance", calls=rx.toggle_color_mode
        ),
        Command(
            "Use the system's theme",
            "sun-moon",
            "dark light mode appearance auto",
            calls=sets_theme("system"),
        ),
        Command("Switch time zone", "clock", "utc local times clock", presses="sr-clock-toggle"),
        Command(
            "Toggle comfortable rows",
            "rows-3",
            "density height compact",
            presses="sr-density-toggle",
        ),
        Command("Documentation", "book-open", "help manual docs guide", presses="sr-manual"),
        Command("Keyboard shortcuts", "keyboard", "help keys", ("?",), opens=KEYS),
        Command("Sign out", "log-out", "log out logout exit quit leave", presses=SIGN_OUT),
    ),
)


def commands(project: CommandGroup | None = None) -> tuple[CommandGroup, ...]:
    """Return a page's commands. The commands of its `project` come first and replace the general ones."""
    if project is None:
        return (GO_TO, CREATE, ACT, SETTINGS)
    taken = {each.keys for each in project.commands if each.keys}
    groups = (
        CommandGroup(group.title, tuple(each for each in group.commands if each.keys not in taken))
        for group in (GO_TO, CREATE, ACT, SETTINGS)
    )
    return (project, *groups)


def project_commands(name: rx.Var[str], href: rx.Var[str], *, frozen: rx.Var[bool]) -> CommandGroup:
    """Return the commands of the project that the page is about."""
    return CommandGroup(
        name,
        (
            Command(
                "New secret",
                NEW_SECRET.icon,
                NEW_SECRET.words,
                ("n", "s"),
                href=href + "?new=secret",
            ),
            Command(
                rx.cond(frozen, "Unfreeze this project", "Freeze this project"),
                FREEZE.icon,
                f"{FREEZE.words} lift thaw",
                ("f", "f"),
                href=href + rx.cond(frozen, "/frozen", "/settings?new=freeze"),
            ),
            Command("Its machines", "server", "attach grant", href=href + "/machines"),
            Command("Its canaries", "bird", "decoy trap plant honeypot", href=href + "/canaries"),
            Command("Project settings", "settings", "rename move delete", href=href + "/settings"),
            Command("Pin or unpin this project", "pin", "favorite star bookmark", presses="sr-pin"),
        ),
        here=True,
    )
