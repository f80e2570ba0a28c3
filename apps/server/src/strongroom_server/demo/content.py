"""What the demo vault holds: believable, invented, and different at every start.

Nothing here opens anything: hosts are of the reserved names of RFC 2606, and passwords are drawn at
random where the vault is made.
"""

from dataclasses import dataclass, field

RANDOM = "{random}"
"""Stands in a value where random characters go."""


@dataclass(frozen=True, slots=True)
class DemoSecret:
    """A secret to be made: `value` for a single one, `fields` for a structured one."""

    name: str
    value: str | None = None
    fields: dict[str, str] | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    replaced: int = 0
    """How often it is replaced afterwards, to give it a history."""


@dataclass(frozen=True, slots=True)
class DemoApplication:
    """An application whose every environment gets the same secrets, with values of its own."""

    name: str
    description: str
    secrets: tuple[DemoSecret, ...] = field(default_factory=tuple[DemoSecret, ...])


ENVIRONMENTS = ("development", "staging", "production")

SHOP = DemoApplication(
    "shop",
    "The web shop: catalogue, basket and check-out",
    (
        DemoSecret(
            "DATABASE_URL",
            f"postgresql://shop:{RANDOM}@db.shop.{{environment}}.example:5432/shop",
            note="The shop's own database. Ask the platform team before changing the host.",
            tags=("database", "critical"),
            replaced=2,
        ),
        DemoSecret(
            "STRIPE_SECRET_KEY",
            f"demo_stripe_{RANDOM}",
            note="Restricted key: charges and refunds only.",
            tags=("payment", "critical"),
            replaced=1,
        ),
        DemoSecret("STRIPE_WEBHOOK_SECRET", f"demo_whsec_{RANDOM}", tags=("payment",)),
        DemoSecret("SESSION_SECRET", RANDOM, tags=("web",)),
        DemoSecret(
            "SMTP",
            fields={
                "host": "mail.{environment}.example",
                "port": "587",
                "username": "shop",
                "password": RANDOM,
            },
            note="Order confirmations leave through this account.",
            tags=("mail",),
            replaced=1,
        ),
    ),
)

ANALYTICS = DemoApplication(
    "analytics",
    "Nightly reports on orders and visits",
    (
        DemoSecret(
            "WAREHOUSE_PASSWORD",
            RANDOM,
            note="Read-only account of the warehouse.",
            tags=("database",),
        ),
        DemoSecret(
            "S3_EXPORT",
            fields={
                "bucket": "reports-{environment}",
                "region": "eu-central-1",
                "accessKeyId": f"demo-{RANDOM}",
                "secretAccessKey": RANDOM,
            },
            note="Where the reports are put for accounting.",
            tags=("storage",),
        ),
        DemoSecret("SLACK_WEBHOOK_URL", f"https://chat.example/hooks/{RANDOM}", tags=("chat",)),
    ),
)

APPLICATIONS = (SHOP, ANALYTICS)

TRASHED = DemoSecret(
    "OLD_FTP_PASSWORD", RANDOM, note="Left over from the old host; deleted for good in 30 days."
)
"""Made and deleted again in `shop/production`, so that the trash is not empty."""
