"""Describes the exports of other tools: their columns, and the words of their statuses.

Names of columns are compared as `csv_file.normalize_column` makes them. Sources: the exports
themselves, and listmonk `cmd/subscribers.go`, Ghost `members-csv`, Buttondown's subscriber object
(https://docs.buttondown.com/api-subscribers-introduction).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from subscribers.tables import SubscriberStatus, SuppressionReason

OWN_EXPORT = "our own"
GENERIC = "plain"


class ColumnRole:
    """What a column says about a person; plain texts, since every cell of a file asks for one."""

    EMAIL = "email"
    NAME = "name"
    STATUS = "status"
    SUBSCRIBED = "subscribed"
    """A flag: whoever has it not has left."""
    DISABLED = "disabled"
    """A flag: whoever has it has left."""
    SIGNED_UP_AT = "signed up at"
    SIGNED_UP_IP = "signed up ip"
    SOURCE = "source"
    CONFIRMED_AT = "confirmed at"
    CONFIRMED_IP = "confirmed ip"
    LEFT_AT = "left at"
    LEFT_WHY = "left why"
    BOUNCED_AT = "bounced at"
    TRACKING = "tracking"
    CREATED_AT = "created at"
    CHANGED_AT = "changed at"
    CONSENTS = "consents"
    SUPPRESSION = "suppression"
    SUPPRESSED_AT = "suppressed at"
    NOTE = "suppression note"
    HASH = "address hash"


class ImportedStatus(StrEnum):
    """What the file says of somebody: a status of ours, or that they are no subscriber."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    """Must not be mailed, and is not on the list."""
    ERASED = "erased"
    """The same, and nothing but a keyed hash is known."""


OFF_LIST = {
    ImportedStatus.UNSUBSCRIBED: (SubscriberStatus.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
    ImportedStatus.BOUNCED: (SubscriberStatus.BOUNCED, SuppressionReason.BOUNCED),
    ImportedStatus.COMPLAINED: (SubscriberStatus.COMPLAINED, SuppressionReason.COMPLAINED),
}

SUPPRESSION_REASONS = {imported: reason for imported, (_, reason) in OFF_LIST.items()} | {
    ImportedStatus.SUPPRESSED: SuppressionReason.MANUAL,
    ImportedStatus.ERASED: SuppressionReason.ERASED,
}
"""Why somebody with that status must not be mailed."""

_ACTIVE = """active subscribed confirmed enabled regular premium gifted trialed unpaid churning
    past_due"""
_PENDING = "pending unconfirmed unactivated validating needs_attention"
_UNSUBSCRIBED = "unsubscribed inactive disabled blocklisted blacklisted blocked removed"
STATUS_WORDS = {
    word: imported
    for words, imported in (
        (_ACTIVE, ImportedStatus.ACTIVE),
        (_PENDING, ImportedStatus.PENDING),
        (_UNSUBSCRIBED, ImportedStatus.UNSUBSCRIBED),
        ("bounced cleaned undeliverable invalid", ImportedStatus.BOUNCED),
        ("complained spam abuse", ImportedStatus.COMPLAINED),
        ("suppressed", ImportedStatus.SUPPRESSED),
        ("erased", ImportedStatus.ERASED),
    )
    for word in words.split()
}
"""A status column's words, in all tools: none of them means two things in two of them."""
REFUSED_STATUS_WORDS = {
    "nonsubscribed": "never agreed to be mailed",
    "transactional": "never agreed to be mailed",
    "archived": "was put away by an editor",
    "paused": "asked for a pause",
    "spammy": "was taken for a robot",
    "churned": "may have left or not",
}


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """`signature_columns`: the file is this tool's if it has all columns of one of these sets."""

    name: str
    signature_columns: tuple[frozenset[str], ...]
    columns: dict[str, tuple[str, ...]]
    """For each role the names that its column may have; the first that is there counts."""
    default: ImportedStatus | None = None
    """The status of rows that say nothing else; None leaves it to the operator."""


_EMAIL = ("email", "emailaddress")
_NAME = ("firstname", "fname", "name", "fullname")

IMPORT_FORMATS = (
    ImportFormat(
        OWN_EXPORT,
        (frozenset({"email", "status", "consents", "suppression", "addresshash"}),),
        {
            ColumnRole.EMAIL: ("email",),
            ColumnRole.NAME: ("firstname",),
            ColumnRole.STATUS: ("status",),
            ColumnRole.SOURCE: ("source",),
            ColumnRole.TRACKING: ("tracking",),
            ColumnRole.CREATED_AT: ("createdat",),
            ColumnRole.CHANGED_AT: ("changedat",),
            ColumnRole.CONSENTS: ("consents",),
            ColumnRole.SUPPRESSION: ("suppression",),
            ColumnRole.SUPPRESSED_AT: ("suppressedat",),
            ColumnRole.NOTE: ("suppressionnote",),
            ColumnRole.HASH: ("addresshash",),
        },
    ),
    ImportFormat(
        "Mailchimp",
        (
            frozenset({"memberrating", "optintime"}),
            frozenset({"optintime", "confirmtime"}),
            frozenset({"leid", "euid"}),
        ),
        {
            ColumnRole.EMAIL: ("emailaddress", "email"),
            ColumnRole.NAME: _NAME,
            ColumnRole.STATUS: ("status",),
            ColumnRole.SIGNED_UP_AT: ("optintime",),
            ColumnRole.SIGNED_UP_IP: ("optinip",),
            ColumnRole.CONFIRMED_AT: ("confirmtime",),
            ColumnRole.CONFIRMED_IP: ("confirmip",),
            ColumnRole.LEFT_AT: ("unsubtime",),
            ColumnRole.LEFT_WHY: ("unsubreason",),
            ColumnRole.BOUNCED_AT: ("cleantime",),
            ColumnRole.SOURCE: ("source",),
        },
        ImportedStatus.ACTIVE,
    ),
    ImportFormat(
        "Substack",
        (frozenset({"activesubscription", "expiry"}), frozenset({"emaildisabled", "createdat"})),
        {
            ColumnRole.EMAIL: _EMAIL,
            ColumnRole.NAME: _NAME,
            ColumnRole.DISABLED: ("emaildisabled",),
            ColumnRole.SIGNED_UP_AT: ("createdat",),
        },
        ImportedStatus.ACTIVE,
    ),
    ImportFormat(
        "Ghost",
        (frozenset({"subscribedtoemails"}), frozenset({"complimentaryplan", "stripecustomerid"})),
        {
            ColumnRole.EMAIL: _EMAIL,
            ColumnRole.NAME: _NAME,
            ColumnRole.SUBSCRIBED: ("subscribedtoemails",),
            ColumnRole.LEFT_AT: ("deletedat",),
            ColumnRole.SIGNED_UP_AT: ("createdat",),
        },
        ImportedStatus.ACTIVE,
    ),
    ImportFormat(
        "Buttondown",
        (
            frozenset({"subscribertype"}),
            frozenset({"type", "creationdate"}),
            frozenset({"type", "subscriptiondate"}),
        ),
        {
            ColumnRole.EMAIL: ("emailaddress", "email"),
            ColumnRole.NAME: _NAME,
            ColumnRole.STATUS: ("subscribertype", "type"),
            ColumnRole.SIGNED_UP_AT: ("creationdate", "subscriptiondate"),
            ColumnRole.SIGNED_UP_IP: ("ipaddress",),
            ColumnRole.LEFT_AT: ("unsubscriptiondate",),
            ColumnRole.SOURCE: ("source",),
        },
    ),
    ImportFormat(
        "listmonk",
        (frozenset({"uuid", "attributes", "status"}),),
        {
            ColumnRole.EMAIL: ("email",),
            ColumnRole.NAME: ("name",),
            ColumnRole.STATUS: ("status",),
            ColumnRole.SIGNED_UP_AT: ("createdat",),
        },
    ),
    ImportFormat(
        "beehiiv",
        (
            frozenset({"status", "subscriptiontier"}),
            frozenset({"status", "acquisitionsource"}),
            frozenset({"status", "referralcode"}),
            frozenset({"status", "tier", "utmsource"}),
        ),
        {
            ColumnRole.EMAIL: _EMAIL,
            ColumnRole.NAME: _NAME,
            ColumnRole.STATUS: ("status",),
            ColumnRole.SIGNED_UP_AT: ("createdat", "created", "subscribedat", "subscribeddate"),
            ColumnRole.LEFT_AT: ("unsubscribedat", "unsubscribeddate"),
            ColumnRole.SOURCE: ("acquisitionsource", "utmsource", "source"),
        },
    ),
)
PLAIN = ImportFormat(
    GENERIC,
    (),
    {
        ColumnRole.EMAIL: _EMAIL,
        ColumnRole.NAME: _NAME,
        ColumnRole.STATUS: ("status",),
        ColumnRole.SIGNED_UP_AT: (
            "signedupat",
            "signupdate",
            "subscribedat",
            "optintime",
            "createdat",
        ),
        ColumnRole.SIGNED_UP_IP: ("signupip", "optinip", "ipaddress", "ip"),
        ColumnRole.CONFIRMED_AT: ("confirmedat", "confirmtime", "confirmdate"),
        ColumnRole.CONFIRMED_IP: ("confirmedip", "confirmip"),
        ColumnRole.LEFT_AT: ("unsubscribedat", "unsubtime", "unsubscribedate"),
        ColumnRole.BOUNCED_AT: ("bouncedat", "cleantime"),
        ColumnRole.SOURCE: ("source",),
    },
)


def detect_format(names: Sequence[str]) -> ImportFormat:
    """Return the format whose signature the columns `names` have; else PLAIN."""
    there = frozenset(names)
    for import_format in IMPORT_FORMATS:
        if any(wanted <= there for wanted in import_format.signature_columns):
            return import_format
    return PLAIN


def column_positions(import_format: ImportFormat, names: Sequence[str]) -> dict[str, int]:
    """Return the position of each role's column, for those that are there."""
    return {
        role: names.index(name)
        for role, wanted in import_format.columns.items()
        if (name := next((one for one in wanted if one in names), None)) is not None
    }
