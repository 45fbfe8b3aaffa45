"""Says what a status word means: in general, and where a tool gives it another meaning."""

from collections.abc import Mapping
from enum import StrEnum

from subscribers.tables import SubscriberStatus, SuppressionReason
from subscribers.transfer.formats.column_meaning import normalize_column


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
SEVERITY = (
    ImportedStatus.COMPLAINED,
    ImportedStatus.SUPPRESSED,
    ImportedStatus.UNSUBSCRIBED,
    ImportedStatus.BOUNCED,
)
"""From most to least severe: of several signs in one row the most severe counts."""

_WORDS = (
    (
        ImportedStatus.ACTIVE,
        """active subscribed subscriber confirmed enabled regular premium gifted trialed unpaid
        churning pastdue optedin optin explicit express expressconsent implied impliedconsent
        double single doubleoptin singleoptin
        aktiv angemeldet abonniert bestatigt eingetragen actif abonne abonnee inscrit
        inscrite confirme confirmee activo activa suscrito suscrita confirmado confirmada""",
    ),
    (
        ImportedStatus.PENDING,
        """pending unconfirmed unactivated validating needsattention awaitingconfirmation
        pendingconfirmation notconfirmed unverified waiting neverconfirmed
        unbestatigt nichtbestatigt ausstehend wartend wartetaufbestatigung
        enattente enattentedeconfirmation nonconfirme nonconfirmee
        pendiente pendientedeconfirmacion sinconfirmar noconfirmado noconfirmada""",
    ),
    (
        ImportedStatus.UNSUBSCRIBED,
        """unsubscribed unsubscribe unsubscribedall unsub optedout optout disabled blocklisted
        blacklisted blacklist blocked removed donotcontact donotemail donotmail donotsend dnc
        usersuppressed globalsuppressed withdrawn revoked left stopped deactivated banned
        abgemeldet ausgetragen abbestellt gesperrt geloscht widerrufen gekundigt deaktiviert
        desinscrit desinscrite desabonne desabonnee bloque supprime listenoire
        baja debaja dadodebaja dadadebaja desuscrito desuscrita bloqueado bloqueada eliminado
        eliminada""",
    ),
    (
        ImportedStatus.BOUNCED,
        """bounced bounce hardbounced hardbounce cleaned undeliverable invalid bouncedhard
        invalidemail unzustellbar ungultig zuruckgekommen rejete rejetee invalide nondelivrable
        rebotado rebotada invalido invalida""",
    ),
    (
        ImportedStatus.COMPLAINED,
        """complained complaint complaints spam abuse junk spamcomplaint spamreport markedasspam
        reportedspam reportedasspam beschwerde plainte signalecommespam queja denuncia""",
    ),
    (ImportedStatus.SUPPRESSED, "suppressed"),
)
STATUS_WORDS: dict[str, ImportedStatus] = {
    word: status for status, words in _WORDS for word in words.split() if word != "active2"
}
"""Words that mean the same in all tools; compared as `normalize_column` makes them."""

REFUSED_STATUS_WORDS = {
    "nonsubscribed": "never agreed to be mailed",
    "neversubscribed": "never agreed to be mailed",
    "notsubscribed": "never agreed to be mailed",
    "nopermissionsset": "never agreed to be mailed",
    "nopermission": "never agreed to be mailed",
    "transactional": "never agreed to be mailed",
    "archived": "was put away by an editor",
    "paused": "asked for a pause, or paused a payment",
    "spammy": "was taken for a robot",
    "churned": "may have left or not",
    "inactive": "may have left, never confirmed, or only not read",
    "cancelled": "may have left, or only stopped paying",
    "canceled": "may have left, or only stopped paying",
    "deleted": "may have left, or was put away by an editor",
    "temphold": "was put on hold",
    "onhold": "was put on hold",
    "inaktiv": "may have left, never confirmed, or only not read",
    "inactif": "may have left, never confirmed, or only not read",
    "inactivo": "may have left, never confirmed, or only not read",
}
"""Words that say too little to import somebody by, and why: their rows are refused."""


def read_status(word: str, own_words: Mapping[str, ImportedStatus]) -> ImportedStatus | None:
    """Return the status that `word` names, by the tool's own words first; None if unknown."""
    key = normalize_column(word)
    return own_words.get(key) or STATUS_WORDS.get(key)
