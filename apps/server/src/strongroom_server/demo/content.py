"""The demo vault's content, which is plausible but fictional, and different on every start.

Host names are reserved by RFC 2606, and passwords are generated when the vault is created.
"""

from dataclasses import dataclass, field

RANDOM = "{random}"
"""A placeholder in a value for random characters."""


@dataclass(frozen=True, slots=True)
class DemoSecret:
    """A secret to create: `value` for a single one, `fields` for a structured one."""

    name: str
    value: str | None = None
    fields: dict[str, str] | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    replaced: int = 0
    """How many times to replace the secret's value afterwards, to give the secret a history."""


@dataclass(frozen=True, slots=True)
class DemoApplication:
    """An application. Each environment gets the same secrets, with different values."""

    name: str
    description: str
    secrets: tuple[DemoSecret, ...] = field(default_factory=tuple[DemoSecret, ...])


ENVIRONMENTS = ("development", "staging", "production")

SHOP = DemoApplication(
    "shop",
    "The web shop: catalog, basket and checkout",
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
            note="Order confirmations are sent through this account.",
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
            note="Read-only account for the warehouse.",
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
            note="Where reports are uploaded for accounting.",
            tags=("storage",),
        ),
        DemoSecret("SLACK_WEBHOOK_URL", f"https://chat.example/hooks/{RANDOM}", tags=("chat",)),
    ),
)

APPLICATIONS = (SHOP, ANALYTICS)

TRASHED = DemoSecret(
    "OLD_FTP_PASSWORD", RANDOM, note="Left over from the old host; permanently deleted in 30 days."
)
"""Created and deleted in `shop/production`, so that the trash isn't empty."""
