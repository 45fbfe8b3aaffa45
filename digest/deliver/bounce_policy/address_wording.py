"""The words with which mail servers speak of an address: missing, disabled, full, for now.

Written for kinds: a server says "unknown" of a "user", in some order and language.
"""

import re
from collections.abc import Sequence

from digest.deliver.bounce_policy.failure import Cause
from digest.deliver.bounce_policy.sender_wording import any_of

_WHO = (
    r"(?:user(?:[ -]?(?:id|name))?|mailbox|mail box|recipient|account|addressee?|e-?mail|inbox|"
    r"local[- ]?part|person|"
    r"alias|name|customer|subscriber|member|rcpt|destination|(?<!ip )(?<!sender )address)"
)

GREYLISTED = any_of(
    r"\bgr[ea]y[- ]?list",
    r"\bcome back\b|\bearly retry|\bpostgrey|\bretry (?:in|after) \d|\btry again in \d",
    r"\bfirst (?:time|attempt|contact)\b.{0,40}\b(?:later|retry|sender)",
)
FULL = any_of(
    rf"\b{_WHO}\b[^.;]{{0,60}}\b(?:full|quota|storage|space|over ?limit|exceeded)\b",
    r"\bover ?quota|\bquota (?:exceeded|full|reached|violation|has been)|\bexceed\w* (?:\w+ ){0,3}"
    r"(?:quota|storage|disk)|\bdisk quota|\bquotaexceeded|\bout of (?:storage|space|quota)|"
    r"\binbox (?:is )?full|\bmbox full|\bblocks limit|\binode limit|\bquota\b|"
    r"\binsufficient (?:mailbox|user) (?:storage|space)|\bno (?:more )?space left for",
    r"\bpostfach\b.{0,40}\bvoll|\bspeicherplatz|\bbo[iî]te\b.{0,30}\bpleine|\bbuz[oó]n\b.{0,30}"
    r"\bllen|\bcaixa\b.{0,30}\b(?:cheia|lotada)|\bcasella\b.{0,30}\bpiena|\bskrzynka\b.{0,40}"
    r"(?:pełna|przepe)|переполнен|\bвол\b|満杯|容量|已满|滿|가득|\bvol\b|\btele\b|\bfuld\b|\bfullt?\b",
)
UNREACHABLE = any_of(
    r"\bconnect(?:ion)?\b.{0,60}\b(?:timed? ?out|refused|reset|dropped|lost|closed|failed)",
    r"\bcould not (?:be )?(?:connect|contact|establish|reach)|\bnot (?:reachable|responding)|"
    r"\bqueue period\b|\bno route|\bunreachable|"
    r"\bnetwork error|\bi/o timeout|\bdialing\b|\blost connection|\btimed? ?out\b|"
    r"\bunable to connect",
    r"\bexpired\b|\bin (?:the )?queue too long|\bretry (?:time|timeout) (?:not reached|exceeded)|"
    r"\bgiving up|\bnever accepted|\bdelivery time|\bdelayed\b|\bnot (?:yet )?been delivered|"
    r"\btemporary (?:dns|lookup|name)|\bname server\b|\bdns (?:lookup )?(?:error|failure|timeout)|"
    r"\blookup (?:failed|failure|timeout)|\btry again\b.{0,20}type=|\bhost not responding",
)
TEMPORARY = any_of(
    r"\blater\b|\btemporar(?:y|ily)\b|\bfor the moment|\bat this time|\bcurrently\b|\bmomentarily|"
    r"\bbusy\b|\btry (?:again|back)|\bretry\b|\bsp[aä]ter\b|\bplus tard|\bm[aá]s tarde|"
    r"\bpi[uù] tardi|\bmais tarde|\bp[oó][zź]niej|\bпозже\b|\bwrite error|\bdisk full|"
    r"\bmaintenance\b|\boverload|\bcongest|\bout of service|\bin a few|\bmoment\b|\bsoon\b|"
    r"\bresources?\b|\bin progress|\binsufficient|\bspace shortage|\bdisk space",
)
BUSY = any_of(
    rf"\b{_WHO}\b[^.;]{{0,40}}\b(?:busy|locked|in use|receiving mail|temporarily|currently|"
    rf"unavailable)",
    rf"\b(?:unknown|no such|unverified|undeliverable) {_WHO}\b|\b{_WHO} (?:is )?unknown",
    r"\bmailbox unavailable\b|\bmail action not taken",
)
NO_DOMAIN = any_of(
    r"\b(?:host|domain)(?: name)?(?: or (?:host|domain) name)? (?:was |is |could )?(?:not (?:be )?"
    r"(?:found|exist|known|resolved?)|unknown|invalid)|\b(?:unknown|invalid|bad|no such|"
    r"nonexistent|non-existent) (?:mail )?(?:host|domain|site|destination host|"
    r"destination domain)\b",
    r"\bdomain\b.{0,30}\bdo(?:es)?(?: not|n't) (?:exist|accept|receive)|\bnxdomain|\bnull ?mx\b|"
    r"\bhost\b.{0,60}\bdo(?:es)? not exist|\bunrouteable mail domain|\bunroutable (?:mail )?domain",
    r"\bno (?:mx|mail exchanger?|a record|dns record|valid mx|mail server)s?\b|"
    r"\bcouldn't find any host|\ball relevant mx records|\bnon-existent hosts?|\bno host by that",
    r"\bdoes not accept mail\b|\bno mail (?:is )?(?:accepted|service)|\bdomain\w* (?:is )?not "
    r"hosted|\bunbekannte domain|\bdomaine inconnu|\bdominio (?:no existe|desconocido|inesistente)",
)
DISABLED = any_of(
    rf"\b{_WHO}\b[^.;]{{0,50}}\b(?:disabled|inactive|deactivated|closed|terminated|discontinued|"
    r"suspended|deleted|cancell?ed|expired|retired|removed|unavailable for good|obsolete|"
    r"abandoned|not active|no longer|locked out|switched off|dormant)",
    rf"\b(?:disabled|inactive|deactivated|closed|deleted|suspended|expired|dead|obsolete|"
    rf"former) {_WHO}",
    r"\bdisableduser|\baccountdisabledexception|"
    r"\bno longer (?:exists|valid|active|available|in (?:use|service)|with|works?|"
    r"employed|monitored|accept|a (?:customer|member|valid))|\bhas (?:left|moved)\b|\bleft the "
    r"(?:company|organi[sz]ation|firm)|\buser (?:has )?moved|"
    r"\bnot accepting (?:any )?mail\b.{0,20}closed",
    r"\bgel[oö]scht|\bdeaktiviert|\bgeschlossen|\bstillgelegt|\bd[eé]sactiv|\bsupprim|\bferm[eé]|"
    r"\bdesactivad|\bdesativad|\bdisattivat|\bzablokowan|\bwy[lł][aą]czon|отключен|удал[её]н|"
    r"заблокир",
)
NO_MAILBOX = any_of(
    rf"\b(?:unknown|no such|invalid(?: final delivery)?|non-?existent|undeliverable|"
    r"unrouteable|unroutable|undefined|"
    rf"bad destination|unregistered|nosuch|unrecogni[sz]ed) (?:\w+[- ]){{0,3}}{_WHO}\b",
    rf"\bno (?:\w*valid |local |existing |matching |active )?{_WHO}\b",
    rf"\b{_WHO}s?:?(?: [<\[]?@[>\]]?:?)?(?:[- ]\w+){{0,4}} (?:is |was |are |were |seems |"
    rf"appears )?(?:\w+ ){{0,2}}(?:unknown|"
    r"not (?:be )?(?:found|known|exist|valid|registered|listed|defined|recogni[sz]ed|present|here|"
    r"our|hosted|provisioned|local)|non-?existent|undeliverable|unroutable|unrouteable|invalid|"
    r"missing)",
    rf"\b{_WHO}\b[^;]{{0,60}}\b(?:do(?:es)? ?(?:not|n'?t)|did(?: not|n'?t)|doesnt|don't) exist",
    r"\b(?:do(?:es)? ?not|doesn'?t|did not|isn'?t|is not|not) (?:exist|a (?:valid|known)|have an? "
    r"(?:\w+ ){0,3}(?:account|mailbox|address)|our customer|listed in|in (?:the |our )?"
    r"(?:directory|address|recipient|user|ldap))",
    r"\bnot our customer|\bnobody (?:here )?(?:by|with) (?:that|this|the name)|\b(?:no ?one|"
    r"none) (?:here )?"
    r"(?:by|with) (?:that|this|the name)|\bby (?:that|this) name|\brecip(?:ient)?notfound|"
    r"\bnosuchuser|"
    r"\bnot found by smtp|\bnot known (?:here|at this)|\bis not known\b|\bunknown (?:here|"
    r"address|local)",
    r"\bno mailbox\b|\bmailbox not (?:found|available)|\bno such person|"
    r"\bcannot (?:find|locate)|\bunable to (?:find|locate|lookup)|\bcould ?n(?:o|')t (?:find|"
    r"locate)|"
    r"\bcan'?t (?:find|locate)|\bdoes not have an? |\bdoesn't have an? |\bwho(?:'s| is) that\b",
    r"\bunknown ?$|^unknown\b|\bnot exist\b|\bno existing\b|\buserunknown|\binvalid ?recipient|"
    r"\bunknown or invalid|\bthere is no\b|\bnot a "
    r"(?:valid|known|registered) (?!(?:sending|sender|from|host|helo|client|ip|relay|"
    r"mail server)\b)",
    # Other languages.
    r"\b(?:empf[aä]nger|benutzer|adresse|postfach|konto|mailbox)\w*\b[^.;]{0,40}(?:unbekannt|nicht "
    r"(?:gefunden|bekannt|vorhanden|existier\w*|verf[uü]gbar)|existiert nicht|ung[uü]ltig)|"
    r"\bunbekannte\w* (?:empf|benutz|adress|nutzer)|\bkein(?:e|en)? (?:solche|solches|solcher|"
    r"g[uü]ltige)|\bexistiert nicht",
    r"\b(?:utilisateur|destinataire|adresse|compte|bo[iî]te)\b[^.;]{0,40}(?:inconnu|inexistant|"
    r"n'existe|introuvable|invalide|n'a pas)|\bn'existe pas|\binconnue?s?\b",
    r"\b(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|usu[aá]rio|endere[cç]o|conta|caixa|"
    r"destinat[aá]rio)\b[^.;]{0,40}(?:desconocid|no existe|inexistente|inv[aá]lid|no encontrad|"
    r"desconhecid|n[aã]o existe|n[aã]o encontrad|n[aã]o foi)|\bno existe\b|\bn[aã]o existe\b",
    r"\b(?:utente|destinatario|indirizzo|casella)\b[^.;]{0,40}(?:sconosciut|inesistente|non "
    r"(?:esiste|trovat|valid)|inconnu)|\bnon esiste\b|\bsconosciut",
    r"\b(?:gebruiker|adres|ontvanger|postbus|mailbox)\b[^.;]{0,40}(?:onbekend|bestaat niet|niet "
    r"gevonden)|\bonbekend|\b(?:anv[aä]ndare|mottagare|adress|bruker|mottaker|modtager)\w*\b"
    r"[^.;]{0,40}(?:ok[aä]nd|finns inte|ukjent|finnes ikke|ukendt|findes ikke)",
    r"\b(?:u[zż]ytkownik|adres|adresat|skrzynka|konto|odbiorca)\b[^.;]{0,40}(?:nieznan|nie "
    r"istnieje|nie (?:ma|znalezion))|\bnie istnieje|\bneexistuje|\bnezn[aá]m|\bismeretlen|"
    r"\bkullan[iı]c[iı]\b.{0,40}\b(?:yok|bulunamad)|\bbulunamad[iı]|\bbilinmeyen",
    r"не существует|не найден|неизвестн|нет такого|отсутствует|не зарегистрирован|недоступен",
    r"存在しません|見つかりません|不明|用户不存在|不存在|找不到|未找到|無此|查無",
    r"존재하지|없는 (?:사용자|계정)|찾을 수 없",
)
BAD_ADDRESS = any_of(
    rf"\b(?:bad|invalid|malformed|illegal|incorrect) (?:\w+ ){{0,2}}{_WHO} (?:syntax|format)|"
    rf"\b{_WHO}\b.{{0,20}}\bsyntax\b|\bsyntax\b.{{0,30}}\b{_WHO}",
)
HARD_WORDS: Sequence[tuple[Cause, re.Pattern[str]]] = (
    (Cause.NO_DOMAIN, NO_DOMAIN),
    (Cause.DISABLED, DISABLED),
    (Cause.BAD_ADDRESS, BAD_ADDRESS),
    (Cause.NO_MAILBOX, NO_MAILBOX),
)
NAMED_AND_REFUSED = any_of(
    r"\brejected\b|\brefused\b|\binvalid\b|\bunavailable\b|\bundeliverable\b|\bnot (?:ok|"
    r"accepted)\b"
)
"""Means this mailbox if the reply names it and nothing else explains it."""
FULL_FOR_SURE = any_of(r"\bquotaexceededexception|\bstoredrv\.deliver.{0,80}\bquotaexceeded")
"""The mailbox's own quota, whatever words about ours stand beside it."""
MAYBE = any_of(
    r"\bor\b[^.;]{0,60}\b(?:denied|not (?:permitted|allowed|authori[sz]ed|accept\w{0,3})|"
    r"block\w{0,3}|"
    r"refus\w{0,3}|reject\w{0,3}|relay\w{0,3}|restrict\w{0,4}|polic\w{1,3}|permission|full|quota|"
    r"temporar\w{1,3}|may not)\b|\bmay not exist\b|"
    r"\b(?:full|quota|blocked|denied|refused|not allowed|permission)\b[^.;]{0,30}\bor\b"
)
"""Words that leave open which of two it is."""
OF_MAILBOX = any_of(
    r"\breceiv\w{1,3} (?:mail|messages) (?:too|at a)|\breceivingrate|"
    r"\bstoredrv\.deliver;.{0,200}\b4\.\d\.\d"
)
"""The mailbox's own rate, or a temporary error of its store that was passed on as permanent."""
NAME_TROUBLE = any_of(r"\bsoft error|\btime(?:d )?out\b|\btemporar|\btry again|\bservfail")
"""Names could not be looked up: nothing is known of the domain."""
UNAVAILABLE = any_of(r"\bmailbox unavailable\b")
"""RFC 5321's own words for a missing mailbox, unless the server goes on to give a reason."""
UNFINISHED = any_of(r"\bcould not complete\b|\bin progress\b|\bunable to verify\b")
"""A check that was not finished says nothing of what it was to check."""
WORD = any_of(r"[^\W\d_]{2,}")
_THING = (
    r"(?:command|configuration|key|token|backend|licen[cs]e|certificate|session|template|option|"
    r"parameter|service|module|plugin|virus|error)s?"
)
THINGS = any_of(
    rf"\b{_THING} (?:is |was |are |does |do )?(?:not |un)(?:found|known|valid|exist|"
    rf"recogni[sz]ed)\b|"
    rf"\b{_THING} (?:is )?(?:invalid|missing)\b|\b(?:unknown|no such|invalid) {_THING}\b"
)
"""Something else than a mailbox is unknown."""
HELPERS = frozenset({"postmaster", "abuse", "support", "help", "helpdesk", "admin", "info"})
"""Local parts of addresses that replies tell people to write to."""
