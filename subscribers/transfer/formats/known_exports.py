"""Describes the exports of fifteen tools: how each is told, its columns, its own status words.

Sources: the tools' public documents on exports and APIs, as docs/moving-in.md lists them column by
column; a test holds that table and this one together. Columns that are not named here are read by
`column_names.KNOWN_NAMES` where they speak of leaving, and asked about where they are unclear.
"""

from subscribers.transfer.formats.column_names import KNOWN_NAMES, ColumnRole
from subscribers.transfer.formats.import_format import ImportFormat
from subscribers.transfer.formats.statuses import ImportedStatus

OWN_EXPORT = "our own"
GENERIC = "plain"
_ACTIVE, _PENDING = ImportedStatus.ACTIVE, ImportedStatus.PENDING
_LEFT, _BOUNCED = ImportedStatus.UNSUBSCRIBED, ImportedStatus.BOUNCED


def _sets(*listed: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split()) for one in listed)


def _columns(**given: str) -> dict[str, tuple[str, ...]]:
    common = {ColumnRole.EMAIL: KNOWN_NAMES[ColumnRole.EMAIL], ColumnRole.NAME: NAME}
    return common | {
        getattr(ColumnRole, role): tuple(names.split()) for role, names in given.items()
    }


NAME = KNOWN_NAMES[ColumnRole.NAME]

KNOWN_EXPORTS = (
    ImportFormat(
        "Mailchimp",
        _sets(
            "memberrating optintime leid",
            "memberrating optintime euid",
            "optintime confirmtime leid",
            "optintime optinip confirmtime",
            "leid euid lastchanged",
            "memberrating optintime confirmtime",
        ),
        _columns(
            STATUS="status",
            SIGNED_UP_AT="optintime",
            SIGNED_UP_IP="optinip",
            CONFIRMED_AT="confirmtime",
            CONFIRMED_IP="confirmip",
            LEFT="unsubtime",
            LEFT_WHY="unsubreason",
            BOUNCED="cleantime",
            SOURCE="source",
        ),
        frozenset(
            {
                "unsubcampaigntitle",
                "unsubcampaignid",
                "unsubreasonother",
                "cleancampaigntitle",
                "cleancampaignid",
            }
        ),
    ),
    ImportFormat(
        "Substack",
        _sets(
            "activesubscription expiry emaildisabled",
            "activesubscription expiry plan",
            "emaildisabled createdat firstpaymentat",
            "type stripeplan canceldate",
            "type canceldate paidupgradedate",
            "subscriptiontype subscriptiondate activity",
            "subscriptiontype paidupgradedate canceldate",
            "activesubscription expiry createdat",
        ),
        _columns(LEFT="emaildisabled", SIGNED_UP_AT="createdat startdate subscriptiondate"),
        frozenset({"canceldate", "activesubscription", "cancelledat", "canceledat"}),
        _ACTIVE,
        frozenset({"emaildisabled"}),
    ),
    ImportFormat(
        "Ghost",
        _sets(
            "subscribedtoemails complimentaryplan stripecustomerid",
            "subscribedtoemails createdat deletedat",
            "subscribedtoemails labels createdat",
            "subscribedtoemails note labels",
            "complimentaryplan stripecustomerid labels",
        ),
        _columns(
            SUBSCRIBED="subscribedtoemails",
            LEFT="deletedat emaildisabled",
            SIGNED_UP_AT="createdat",
        ),
        frozenset(),
        _ACTIVE,
        frozenset({"subscribedtoemails"}),
    ),
    ImportFormat(
        "Buttondown",
        _sets(
            "subscribertype creationdate source",
            "subscribertype creationdate tags",
            "subscribertype notes tags",
            "type creationdate tags",
            "type subscriptiondate tags",
            "type creationdate notes",
            "type creationdate source",
            "type creationdate email",
            "subscribertype creationdate email",
            "subscribertype creationdate emailaddress",
            "type creationdate emailaddress",
        ),
        _columns(
            STATUS="subscribertype type",
            SIGNED_UP_AT="creationdate subscriptiondate",
            SIGNED_UP_IP="ipaddress",
            LEFT="unsubscriptiondate",
            LEFT_WHY="unsubscriptionreason",
            BOUNCED="undeliverabilitydate",
            SOURCE="source",
        ),
        frozenset({"churndate", "undeliverabilityreason"}),
        None,
        frozenset(),
        {"paused": _ACTIVE, "malicious": _LEFT, "blocked": _LEFT, "upcoming": _PENDING},
        status_decides=True,
    ),
    ImportFormat(
        "listmonk",
        _sets("uuid attributes status"),
        _columns(STATUS="status", SIGNED_UP_AT="createdat"),
        status_words={"enabled": _ACTIVE, "disabled": _LEFT, "blocklisted": _LEFT},
        status_decides=True,
        of_account=True,
    ),
    ImportFormat(
        "beehiiv",
        _sets(
            "status subscriptiontier createdat",
            "status subscriptiontier acquisitionsource",
            "status subscriptiontier email",
            "status subscriptionpremiumtiernames email",
            "status acquisitionsource email",
            "status referralcode email",
            "status tier utmsource",
        ),
        _columns(
            STATUS="status",
            SIGNED_UP_AT="createdat created subscribedat subscribeddate",
            LEFT="unsubscribedat unsubscribeddate",
            SOURCE="acquisitionsource utmsource source",
        ),
        status_words={"inactive": _LEFT, "needsattention": _PENDING, "invalid": _BOUNCED},
        status_decides=True,
    ),
    ImportFormat(
        "Kit",
        _sets(
            "emailaddress state createdat",
            "emailaddress status createdat firstname tags",
            "id email state createdat",
        ),
        _columns(
            STATUS="state status",
            SIGNED_UP_AT="createdat subscribedat",
            LEFT="cancelledat canceledat",
        ),
        status_words={
            "inactive": _PENDING,
            "cancelled": _LEFT,
            "canceled": _LEFT,
            "bounced": _BOUNCED,
            "complained": ImportedStatus.COMPLAINED,
        },
        status_decides=True,
    ),
    ImportFormat(
        "Brevo",
        _sets(
            "emailblacklisted addedtime modifiedtime",
            "emailblacklist addedtime modifiedtime",
            "contactid email emailblacklisted",
            "blacklisted addedtime modifiedtime",
            "contactid addedtime modifiedtime",
        ),
        _columns(
            LEFT="emailblacklisted emailblacklist blacklisted",
            SIGNED_UP_AT="addedtime",
            CONFIRMED_AT="doubleoptintime",
            SUBSCRIBED="optin",
        ),
        frozenset(
            {"smsblacklisted", "whatsappblacklisted", "smsblacklist", "optintype", "doubleoptin"}
        ),
        _ACTIVE,
        frozenset({"emailblacklisted", "emailblacklist", "blacklisted"}),
    ),
    ImportFormat(
        "MailerLite",
        _sets(
            "subscriber sent opens clicks",
            "email sent opens clicks subscribed",
            "subscriber subscribed location",
            "email status sent opensrate",
            "email optinip optintime groups",
            "email status subscribedat unsubscribedat optinip",
            "email type signuptimestamp confirmationtimestamp",
        ),
        _columns(
            STATUS="status type",
            SUBSCRIBED="subscribed",
            SIGNED_UP_AT="subscribedat optintime signuptimestamp datesubscribe optedinat createdat",
            SIGNED_UP_IP="signupip ipaddress optinip",
            CONFIRMED_AT="confirmationtimestamp",
            CONFIRMED_IP="confirmationip",
            LEFT="unsubscribed unsubscribedat dateunsubscribe",
            SOURCE="source",
        ),
    ),
    ImportFormat(
        "ActiveCampaign",
        _sets(
            "contactid email firstname dateadded",
            "contactid email tags ipaddress",
            "subscriberid email datesubscribed",
            "email status datesubscribed dateunsubscribed",
            "contactid email status",
        ),
        _columns(
            STATUS="status",
            SIGNED_UP_AT="datesubscribed subscribedate datecreated dateadded",
            SIGNED_UP_IP="ipaddress ip",
            LEFT="dateunsubscribed unsubscribedate unsubscribed",
            LEFT_WHY="unsubscribereason",
            BOUNCED="bouncedhard hardbounces bounceddate",
        ),
        frozenset({"bouncedsoft", "softbounces"}),
        status_words={"0": _PENDING, "1": _ACTIVE, "2": _LEFT, "3": _BOUNCED},
    ),
    ImportFormat(
        "Campaign Monitor",
        _sets(
            "emailaddress name datejoined",
            "emailaddress name datesubscribed permissiontotrack",
            "emailaddress name date state",
            "emailaddress name status joined",
            "emailaddress permissiontotrack consenttotrack",
        ),
        _columns(
            STATUS="status state subscriberstatus",
            SIGNED_UP_AT="datejoined datesubscribed date joined listjoineddate",
            LEFT="dateunsubscribed unsubscribeddate",
            BOUNCED="datebounced",
            SIGNED_UP_IP="signupip",
        ),
        frozenset({"permissiontotrack", "consenttotrack", "consenttosendsms", "mobilestatus"}),
        status_words={"deleted": _LEFT},
    ),
    ImportFormat(
        "Constant Contact",
        _sets(
            "emailaddress emailstatus emailpermissionstatus",
            "emailaddress emailstatus emaillists",
            "emailaddress emailpermissionstatus emailupdatesource",
            "emailaddress emailstatus firstname sourcename",
        ),
        _columns(
            STATUS="emailstatus emailpermissionstatus status",
            SIGNED_UP_AT="createdat emailoptindate optindate",
            CONFIRMED_AT="confirmedoptindate",
            LEFT="optoutdate emailoptoutdate confirmedoptoutdate",
            LEFT_WHY="optoutreason confirmedoptoutreason",
            SOURCE="sourcename emailoptinsource optinsource",
        ),
        frozenset(
            {
                "emailoptoutsource",
                "optoutsource",
                "confirmedoptoutsource",
                "emailupdatesource",
                "smsstatus",
                "smspermissionstatus",
                "emailoptinsource",
                "optinsource",
                "smsoptoutdate",
                "smsoptindate",
            }
        ),
    ),
    ImportFormat(
        "AWeber",
        _sets(
            "email name status subscribemethod",
            "email name dateadded status adtracking",
            "email stoptime stopstatus",
            "email subscribemethod verifieddate",
            "email lastfollowup status dateadded",
            "email dateadded stoptime",
            "email status subscriptionmethod adtracking",
            "email status subscriptionmethod unsubscribemethod",
        ),
        _columns(
            STATUS="status stopstatus",
            SIGNED_UP_AT="dateadded signupdate subscribedat addedtime",
            SIGNED_UP_IP="ipaddress ip",
            CONFIRMED_AT="verifieddate verifiedat",
            LEFT="stoptime unsubscribedat datestopped",
        ),
        frozenset({"unsubscribemethod", "misc notes"}),
        status_words={"deleted": _LEFT},
    ),
    ImportFormat(
        "GetResponse",
        _sets(
            "email name addedon origin",
            "email name createdon origin",
            "email dayofcycle addedon",
            "email name subscribedon scoring",
            "email unsubscribedon unsubscribereason",
        ),
        _columns(
            STATUS="status",
            SIGNED_UP_AT="addedon createdon subscribedon",
            SIGNED_UP_IP="ip ipaddress",
            CONFIRMED_AT="confirmedon",
            LEFT="removedon unsubscribedon",
            LEFT_WHY="removalreason unsubscribereason reason",
            SOURCE="origin",
        ),
    ),
    ImportFormat(
        "Klaviyo",
        _sets(
            "email klaviyoid emailmarketingconsent",
            "email klaviyoid firstname",
            "email emailmarketingconsent emailsuppressions",
            "email emailmarketingconsent emailmarketingconsenttimestamp",
            "email consent consenttimestamp consentmethod",
        ),
        _columns(
            STATUS="emailmarketingconsent emailmarketingstatus",
            LEFT="emailsuppressions emailsuppressionstimestamp suppressedat",
            LEFT_WHY="suppressionreason",
            SIGNED_UP_AT="emailmarketingconsenttimestamp consenttimestamp profilecreatedon "
            "datecreated",
            SOURCE="source",
        ),
        frozenset(
            {
                "smsmarketingconsent",
                "smssuppressions",
                "smsmarketingconsenttimestamp",
                "smssuppressionstimestamp",
                "emailmarketingconsentmethod",
                "consentmethod",
                "churnriskprediction",
                "consentformid",
                "consentformversion",
                "consent",
                "emaillistconsent",
                "emailmarketingdoubleoptin",
            }
        ),
    ),
)
OWN = ImportFormat(
    OWN_EXPORT,
    _sets("email status consents suppression addresshash"),
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
        ColumnRole.FREQUENCY: ("frequency",),
        ColumnRole.ZONE: ("timezone",),
        ColumnRole.PAUSED: ("pauseduntil",),
        ColumnRole.CATEGORIES: ("categories",),
        ColumnRole.KNOWN_EXPORTS: ("tools",),
        ColumnRole.LIFTS: ("lifts",),
        ColumnRole.PUBLIC_ID: ("publicid",),
        ColumnRole.FORMER_IDS: ("formerids",),
        ColumnRole.FINGERPRINTS: ("secret",),
    },
    status_words={"erased": ImportedStatus.ERASED},
    status_decides=True,
)
PLAIN = ImportFormat(GENERIC, (), dict(KNOWN_NAMES))
