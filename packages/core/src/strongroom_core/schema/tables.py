"""All tables, in such an order that each references only earlier ones."""

from piccolo.table import Table

from strongroom_core.schema.accounts import (
    Account,
    AccountToken,
    Device,
    FormerAddress,
    LoginRequest,
    Passkey,
    PersonKey,
    RateCount,
    Recovery,
    RecoveryCode,
    Session,
    SignUp,
    Totp,
)
from strongroom_core.schema.alerts import (
    AlertState,
    Delivery,
    MailAlert,
    Notice,
    Webhook,
    WebhookSecret,
)
from strongroom_core.schema.audit import AuditEntry
from strongroom_core.schema.grants import Attachment, SecretGrant
from strongroom_core.schema.installation import (
    ClockDoubt,
    ClockReading,
    Deployment,
    InstallationSetting,
    RootKey,
    SystemKey,
)
from strongroom_core.schema.machines import (
    AllowlistEntry,
    EnrollmentToken,
    IdentityToken,
    KnownPair,
    Lockout,
    Machine,
    MachineBundle,
    MachineExtension,
    MachineName,
    MachineToken,
    PublicKey,
    RequestNonce,
    Trust,
)
from strongroom_core.schema.mail import Mail
from strongroom_core.schema.members import AccessRole, Invitation, Member, VaultRole
from strongroom_core.schema.outbox import Outbox
from strongroom_core.schema.policies import Policy, PolicyUse
from strongroom_core.schema.projects import Application, Project, ProjectKey
from strongroom_core.schema.secrets import Rotation, Secret, SecretMaterial, SecretVersion
from strongroom_core.schema.shares import DropBox, Share, ShareMaterial
from strongroom_core.schema.vaults import Plan, Vault, VaultPlan

TABLES: list[type[Table]] = [
    Vault,
    Plan,
    VaultPlan,
    Deployment,
    RootKey,
    SystemKey,
    ClockReading,
    ClockDoubt,
    InstallationSetting,
    Account,
    AccountToken,
    SignUp,
    Session,
    Device,
    Totp,
    RecoveryCode,
    Passkey,
    PersonKey,
    LoginRequest,
    FormerAddress,
    Recovery,
    RateCount,
    VaultRole,
    AccessRole,
    Member,
    Invitation,
    Application,
    Project,
    ProjectKey,
    Policy,
    Secret,
    SecretMaterial,
    SecretVersion,
    Rotation,
    PolicyUse,
    PublicKey,
    Machine,
    MachineName,
    MachineToken,
    EnrollmentToken,
    MachineBundle,
    MachineExtension,
    Trust,
    IdentityToken,
    RequestNonce,
    KnownPair,
    Lockout,
    AllowlistEntry,
    Attachment,
    SecretGrant,
    Share,
    ShareMaterial,
    DropBox,
    AuditEntry,
    Outbox,
    Mail,
    AlertState,
    Webhook,
    WebhookSecret,
    Delivery,
    MailAlert,
    Notice,
]
