"""Decides what a column means by its name, in any tool's words, in four languages.

Names are compared as `normalize_column` makes them. A name that speaks of leaving, bouncing,
complaining or permission and is not among those known here is unclear: `is_unclear`.
"""

import re
from functools import lru_cache

from store.text import normalize
from subscribers.transfer.formats.column_names import KNOWN_NAMES, ColumnRole

MEANINGS = (
    ColumnRole.EMAIL,
    ColumnRole.NAME,
    ColumnRole.STATUS,
    ColumnRole.SUBSCRIBED,
    ColumnRole.LEFT,
    ColumnRole.BOUNCED,
    ColumnRole.COMPLAINED,
    ColumnRole.LEFT_WHY,
    ColumnRole.BOUNCED_WHY,
    ColumnRole.SIGNED_UP_AT,
    ColumnRole.SIGNED_UP_IP,
    ColumnRole.CONFIRMED_AT,
    ColumnRole.CONFIRMED_IP,
    ColumnRole.SOURCE,
)
"""What an operator can say that a column means."""
WITHDRAWALS = (
    ColumnRole.STATUS,
    ColumnRole.SUBSCRIBED,
    ColumnRole.LEFT,
    ColumnRole.BOUNCED,
    ColumnRole.COMPLAINED,
    ColumnRole.LEFT_WHY,
    ColumnRole.BOUNCED_WHY,
)
"""Roles that several columns of one file may have: all of them are read."""


MEANING_OF = {name: role for role in reversed(KNOWN_NAMES) for name in KNOWN_NAMES[role]}
"""The role of every known name."""

_UNCLEAR = re.compile(
    r"unsub|subscri.*stat|opt-?(?:ed)?-?(?:in|out)|bounc|complain|abuse|spam|junk|suppress"
    r"|black-?list|block|donot|dont|noemail|nomail|nonewsletter|unmail|disabl|deactiv|inactiv"
    r"|delet|remov|archiv|cancel|withdr|revok|churn|invalid|undeliver|deliverab|cleaned|exclu"
    r"|banned|quarantin|onhold|consent|permission|status|refus|declin|rejected|erase|forgotten"
    r"|mailable|sendable|contactable|optstat|gdpr|dsgvo|rgpd|acceptsm|marketingpref"
    r"|abgemeld|abmeld|austrag|ausgetrag|abbestell|widerruf|widerspr|widersproch|sperr|geblockt"
    r"|gekundigt|kundigung|geloscht|inaktiv|unzustell|rucklauf|beschwer|keinewerb|keineemail"
    r"|einwillig|zustimm|werbeerlaub|einverstand"
    r"|desinscri|desabonn|rejet|plainte|bloque|nepas|supprim|resili|inactif|consentement|statut"
    r"|opposition|listenoire|indesirable"
    r"|^baja|debaja|desuscri|cancelad|rebot|queja|nocontact|noenviar|eliminad|anulad|inactivo"
    r"|consentimiento|listanegra|revocad|estadode"
    r"|disiscri|cancellat|uitgeschreven|afgemeld|descadastr"
)
_UNCLEAR_WORDS = """
    abo abonnement actif active activo aktiv enabled estado gone hold isactive member newsletter
    state stop stopped subscription suscripcion
"""
_UNCLEAR_NAMES = frozenset(_UNCLEAR_WORDS.split())
_PLACE_WORDS = """
    address address1 city ciudad codepostal codigopostal country county land ort pais pays plz
    postalcode postcode region stadt stateprovince street town ville zip zipcode
"""
_PLACES = frozenset(_PLACE_WORDS.split())
"""Beside one of these `state` is a part of an address."""


@lru_cache(maxsize=4096)
def normalize_column(name: str) -> str:
    """Return a column's name for comparison: small letters and figures alone, no accents."""
    bare = normalize("NFKD", name.casefold())
    return "".join(one for one in bare if one.isalnum())


def is_unclear(name: str, others: frozenset[str] = frozenset()) -> bool:
    """Return whether a name not known here may say that somebody must not be mailed.

    `others` are the names of the other columns. All names are normalized.
    """
    if name in {"state", "estado"} and others & _PLACES:
        return False
    return name in _UNCLEAR_NAMES or _UNCLEAR.search(name) is not None
