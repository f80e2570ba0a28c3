"""The gallery's data, from an imaginary vault."""

from datetime import UTC, datetime, timedelta

import reflex as rx

from strongroom_dashboard.components.chart import Bucket
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.components.palette import Group
from strongroom_dashboard.components.shell import Frame

NOW = datetime(2026, 11, 19, 11, 48, 3, tzinfo=UTC)


PRINT = "9f2c41d0b8e70c357ad9e61458fb23a0c4d196be0f72ae58d30b71c94e86f2ad"


HERE = "/components"


FRAME = Frame(
    vault_id="00000000-0000-4000-8000-000000000000",
    vault_name="Halden Freight",
    vault_kind="Vault · Owner",
    person="Tomás Rivera",
    pending=2,
    frozen=0,
)


_NIGHT = (118, 108, 104, 106, 110, 128, 168, 232, 310, 336, 418, 482)


_EVENING = (470, 522, 462, 402, 396, 332, 260, 214, 152, 138, 120, 122)


def buckets() -> list[Bucket]:
    """Return a week of reads, hour by hour."""
    first = (NOW - timedelta(days=6)).replace(hour=0, minute=0, second=0)
    made: list[Bucket] = []
    for at in range(7 * 24):
        start = first + timedelta(hours=at)
        usual = (_NIGHT + _EVENING)[at % 24]
        weekend = start.weekday() >= 5  # noqa: PLR2004 - Saturday and Sunday
        read = 0 if start > NOW else usual * (2 if weekend else 5) // 5 + at * 7 % 23
        refused = 86 if at == 4 * 24 + 14 else (3 if read and at % 9 == 0 else 0)
        made.append({"start": start.isoformat(), "read": read, "refused": refused})
    return made


def _entry(
    number: int, seconds: int, kind: str, who: str, verb: str, target: str, rest: str, level: str
) -> FeedEntry:
    return {
        "id": str(number),
        "at": (NOW - timedelta(seconds=seconds)).isoformat(),
        "actor_kind": kind,
        "actor": who,
        "name": who,
        "verb": verb,
        "target": target,
        "rest": rest,
        "times": "",
        "severity": level,
        "href": f"{HERE}?entry={number}",
    }


ENTRIES: list[FeedEntry] = [
    _entry(148215, 1, "machine", "fra-checkout-04", "read", "STRIPE_SECRET_KEY", "", "info"),
    _entry(
        148212, 5, "machine", "gha-runner-91c2", "read", "NPM_PUBLISH_TOKEN", " and 3 more", "info"
    ),
    _entry(
        148210, 114, "machine", "waw-scanner-02", "was denied", "LABEL_PRINTER_PIN", "", "medium"
    ),
    _entry(148209, 193, "user", "Mei-Lin Chao", "replaced", "GEO_API_KEY", ", now v7", "low"),
    _entry(
        148208,
        231,
        "anonymous",
        "fra-checkout-07",
        "registered and is waiting",
        "",
        "for approval",
        "medium",
    ),
    _entry(148207, 396, "system", "Purge", "permanently deleted", "OLD_SMS_KEY", "", "high"),
]


GROUPS: list[Group] = [
    {
        "title": "Secrets",
        "hits": [
            {
                "kind": "secret",
                "name": "STRIPE_SECRET_KEY",
                "where": "checkout-api/production",
                "href": f"{HERE}?hit=1",
            },
            {
                "kind": "secret",
                "name": "STRIPE_SECRET_KEY",
                "where": "checkout-api/staging",
                "href": f"{HERE}?hit=2",
            },
            {
                "kind": "secret",
                "name": "STRIPE_WEBHOOK_SECRET",
                "where": "checkout-api/production",
                "href": f"{HERE}?hit=3",
            },
        ],
    },
    {
        "title": "Machines",
        "hits": [
            {
                "kind": "machine",
                "name": "stripe-relay-01",
                "where": "in 2 projects",
                "href": f"{HERE}?hit=4",
            }
        ],
    },
]


KINDS: list[FilterOption] = [
    {"text": "Single", "href": f"{HERE}?kind=single", "count": "31", "current": True},
    {"text": "Structured", "href": f"{HERE}?kind=structured", "count": "11", "current": False},
]


def sheet(title: str, *children: rx.Component, span: int = 6) -> rx.Component:
    """Return a part of the gallery under its title, in a twelve-column grid."""
    return rx.el.section(
        rx.el.h2(title),
        *children,
        class_name="stack gap-3",
        custom_attrs={"style": {"gridColumn": f"span {span}"}},
    )
