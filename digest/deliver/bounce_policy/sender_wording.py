"""The words with which mail servers speak of us: our host, domain, account, rate or message.

Each pattern sees a text that `reply_text.parse_reply_text` has cut, lowered and freed of
addresses and hosts, and bounds what it skips.
"""

import re
from collections.abc import Sequence

from digest.deliver.bounce_policy.failure import Cause

_OF_US = (
    r"(?:sender|from address|return[- ]path|envelope[- ]from|mail from|originator|reverse-path)"
)


def any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


SENDER_WORDS: Sequence[tuple[Cause, re.Pattern[str]]] = (
    (
        Cause.SENDER_ADDRESS,
        any_of(
            rf"\b{_OF_US}(?:'s)? (?:address |domain |identity |host |id |server |"
            rf"mail )?(?:\w+ ){{0,2}}"
            r"(?:<?@>? ?:? ?)?(?:rejected|denied|refused|invalid|unknown|blocked|barred|not |"
            r"isn'?t|"
            r"does|doesn'?t|verif|must|cannot|can'?t|could|has been|banned|is in)",
            r"\bdomain of (?:the )?(?:sender|<?@)",
            r"\bsender (?:verify|verification|callback|address verification)",
            r"\bverification failed for\b|\bcould not verify (?:the )?sender",
            r"\bfor (?:the )?(?:sender|mail from|return path)(?:'s)? (?:domain|address)",
            r"\b(?:invalid|unknown|bad|banned|unverified|unauthori[sz]ed|forged|spoofed|fake) "
            r"(?:outbound )?(?:sender|from|return[- ]path|mail from|envelope)\b",
            r"\b(?:valid|known|registered|allowed) (?:sending|sender|from)\b",
            r"(?:\b(?:absender|exp[eé]diteur|remitente|remetente|mittente|afzender|nadawc|"
            r"avs[aä]ndar|avsender|afsender)|отправител|发件人|發件人|寄件者|送信者|送信元)\w{0,12}"
            r"[^.;]{0,40}(?:\b(?:unbekannt|nicht|ung[uü]ltig|existiert|abgelehnt|gesperrt|inconnu|"
            r"n'existe|invalide|refus|bloqu|desconocid|desconhecid|no existe|n[aã]o|inv[aá]lid|"
            r"sconosciut|non|inesistente|rifiutat|onbekend|bestaat|niet|nieznan|nie|ok[aä]nd|"
            r"ukendt|ukjent|finn)|\bне\b|неизвест|отклон|不存在|无效|不明|拒)",
            r"\bbadmailfrom|\bsendasdenied|\bsend(?:ing)? (?:mail )?(?:as|on behalf)\b|"
            r"\bsender identity",
            r"\baddress is not verified|\bidentities failed|\bsending (?:paused|disabled|"
            r"suspended)",
            r"\boutgoing (?:e-?mail|mail|message)s?\b.{0,80}(?:suspend|block|disabl)",
            r"\bnot owned by user|\bdoes not match (?:a |the )?(?:verified|authenticated|login)",
        ),
    ),
    (
        Cause.RELAYING,
        any_of(
            r"\brelay(?:ing)?\b[^.;]{0,30}(?:not (?:permitted|allowed|authori)|denied|prohibited|"
            r"forbidden|disallowed|disabled|refused|attempt|verbot|interdit|no permitid)",
            r"\b(?:unable|not (?:permitted|allowed|authori[sz]ed)|refuse|won'?t|cannot|will not|"
            r"don'?t|does not|do not) (?:to )?relay",
            r"\bno relay|\bopen relay|\brcpthosts\b|\bnot local\b.{0,30}relay|\bwe do not relay",
            r"\bnot (?:a )?(?:gateway|relay)\b|\btenantattribution|\binvalid credentials for relay",
            r"\brelais|\bweiterleitung (?:ist )?nicht (?:erlaubt|gestattet)",
        ),
    ),
    (
        Cause.AUTHENTICATION,
        any_of(
            r"\bspf\b|\bdkim\b|\bdmarc\b|\bsender policy framework|\bdomainkeys|\barc seal",
            r"\bauthenticat(?:e|ion|ed)\b|\bsmtp[- ]?auth|\bnot logged in|\bcredentials|"
            r"\busername and password|\bauth (?:failed|required)|\b(?:in|by|for|during) auth\b",
            r"\bstarttls|\btls (?:is )?required|\bencryption required|\bnot aligned",
            r"\b(?:anmeldung|authentifi(?:zierung|cation)|autenticaci[oó]n|autenticazione)\b",
        ),
    ),
    (
        Cause.RATE,
        any_of(
            r"\b(?:zu viele?|trop d[e']|demasiad\w{1,2}|tropp[ie]|muit[ao]s|te veel|"
            r"zbyt (?:du|wie)\w+|"
            r"f[oö]r m[aå]nga|for mange)\b|слишком много|过多|太多|過多",
            r"\btoo (?:many|much)\b|\btoo (?:fast|quickly|frequent)|\bslow(?:ing)? (?:it )?down",
            r"\brate[- ]?limit|\bratelimit|\blimit(?:ed)?\b.{0,30}\brate\b|\bsending rate|"
            r"\bthrottl",
            r"\b(?:messages?|mails?|emails?|recipients?|send(?:ing|er)?|submission|hourly|daily|"
            r"monthly|smtp|connections?|sender'?s?|outbound|outgoing|plan'?s?|package)\b"
            r"(?: \w+){0,3} (?:limit|quota|credits|allowance)s?\b",
            r"\b(?:limit|quota|number|maximum|rate)s? (?:of|for|on) (?:\w+ ){0,3}"
            r"(?:messages|mails?|emails|recipients|connections|sending|sender|customer|sessions)",
            r"\bper (?:hour|day|minute|second|month|session|connection)\b|/(?:hour|day|h|min)\b",
            r"\bthis (?:hour|day|month|session|connection)\b|\bunusual (?:rate|volume)|"
            r"\b(?:unexpected|high|excessive|your) volume|\bvolume of (?:mail|messages|e-?mails?)",
            r"\bfrequency\b|\bcredits?\b|\bexceeded (?:the |its |your |a )?(?:max\b|maximum|"
            r"threshold|configured|sending|allowed|limit|share)|\bexceeds? (?:the )?(?:rate|"
            r"threshold)",
            r"\bsubmissionquota|\breached (?:your|the|its|a) (?:\w+ )?(?:limit|quota)",
            r"\bconcurrent|\bconnections?\b.{0,30}\blimit|\bstunde\b|\bpar heure|\bpor hora|"
            r"\ball'ora|\blimite d'envoi|\blimite de env[ií]",
        ),
    ),
    (
        Cause.BLOCKLIST,
        any_of(
            r"\b(?:black|block|deny|reject|drop|bad)[- ]?(?:list|listed|listing)\b|\brbl\b|"
            r"\brbls\b|"
            r"\bdnsbls?\b|\bdbl\b|\burib?l\b|\bsbl\b|\bxbl\b|\bzen\b|\brbl\+",
            r"spamhaus|spamcop|barracuda ?central|sorbs|senderscore|talos|cloudmark|\bmailspike",
            r"\b(?:this|your|sending|connecting) (?:mail ?)?(?:server|host|ip|client|network)\b"
            r"[^.;]{0,30}\bnot (?:exist|listed|found|known|registered|in|on)\b",
            r"\breputation\b|\bbanned\b|\bdynamic ip|\bresidential ip|\bopen proxy",
            r"(?<!\bnot )\blisted (?:at|in|on|by|with)\b|\bblocked (?:using|by|due|because|from|at|"
            r"for (?:spam|abus|sending|policy))",
            r"\bin (?:my|our|a|the|an) (?:local )?(?:deny|ban|bad|black|block)\w* ?list",
            r"\b(?:host|ip|client|network|netblock|range|you)s?\b"
            r"[^.;]{0,40}\b(?:blocked|blacklisted|denied|banned|refused|rejected|barred|listed)\b",
            r"\d\.\d{1,3}[\])]? (?:is |was |has been |are )?(?:blocked|listed|refused|rejected|"
            r"denied|found)",
            r"\b(?:weren't|were not|wasn't|was not) sent\b|\bdelist|\bremoval\b|\babus(?:e|ive)\b",
            r"\bmail from (?:this|your) (?:address|host|ip|server|domain)\b|\byour (?:host|ip|mail "
            r"server|domain|provider|network)\b|\bsending ip\b|\bptr\b|\breverse (?:dns|name|"
            r"lookup)",
            r"\bcannot find your|\bfind your (?:reverse )?host|\brdns\b|\bhelo\b|\behlo\b",
            r"\bschwarze liste|\blista negra|\bliste noire|\bgesperrt.{0,30}\bip\b",
        ),
    ),
    (
        Cause.SIZE,
        any_of(
            r"\btoo (?:large|big)\b|\b(?:line|message|header)s? (?:is )?too long|\bmessage size|"
            r"\bsize limit|\bmaximum (?:message )?size|"
            r"\bdatabytes\b|\blarger than\b|\bexceeds?\b[^.;]{0,30}(?:size|fixed limit|bytes)|"
            r"\brecipsizelimit|\bzu gro[sß]|\btrop (?:gros|volumineux)|\bdemasiado grande|"
            r"\boversize",
        ),
    ),
    (
        Cause.CONTENT,
        any_of(
            r"\bspam\w*|\bjunk|\bunsolicited|\bphish|\bvirus|\bmalware|\bmalicious|\binfected|"
            r"\battachments?\b|\bcontent\b|\bbulk\b|\bsuspicious|\bscored?\b|\bunwanted",
            r"\bheaders?\b|\bbody checks?\b|\bcommand rejected\b|\bmilter\b|\bmime\b|"
            r"\bmessage (?:was |has been |is )?(?:blocked|filtered|refused)|\bbare lf|"
            r"\beight[- ]?bit|"
            r"\bmalformed message|\bpermanently rejected message",
            r"\bpourriel|\bcorreo basura|\bнежелательн|\bспам|垃圾",
        ),
    ),
    (
        Cause.POLICY,
        any_of(
            r"\bpolic(?:y|ies)\b|\badministrative(?:ly)? (?:prohibit|denied|block|lock)|"
            r"\bprohibited\b|\bsecurity\b|\bnotauthori|\bnot authori[sz]ed|\bnot permitted|"
            r"\bunauthori[sz]ed|\bnot allowed|\brestrict(?:ed|ion|ions)\b|\btransport\.rules|"
            r"\bbarred\b",
            r"\bnot accepting (?:connections|(?:messages|mail) from)|\bno smtp service|\byou are "
            r"not\b|"
            r"\bnot welcome|\bunwelcome|\bgo away|\b(?:not|don't|doesn't|won't|"
            r"no longer) (?:want|accept|"
            r"receive|deliver|take)(?:ing|ed)? (?:any )?(?:mail|messages?|e-?mails?|"
            r"connections?) from",
            r"\bmay not write|\brichtlinie|\bpolitique|\bpol[ií]tica",
        ),
    ),
    (
        Cause.PROTOCOL,
        any_of(
            r"\bsynchroni[sz]ation error|\btalk(?:ed|s)? too soon|\bout of (?:sequence|order)|"
            r"\bbad sequence|\bcommand (?:not |un)|\bsyntax error\b|\bprotocol (?:error|violation)|"
            r"\bpipelining\b|\bcommand \w+ not (?:implemented|recogni[sz]ed)|\bnot implemented\b|"
            r"\bno valid recipients",
        ),
    ),
    (
        Cause.ROUTING,
        any_of(
            r"\bhop ?count|\btoo many hops|\bmail loop|\bloop(?:ing|s)? (?:detected|back)|"
            r"\brouting loop|"
            r"\bforwarding loop|\bmail forwarding loop|\bloops\b",
        ),
    ),
)
"""About us. Words of limits, quotas, relaying, reputation or policy never blame an address."""

OUR_QUOTA = any_of(
    r"\b(?:hour|dai|month|minute|second|day|per |rate|send|sent|submission|messages?|"
    r"recipients|connection|package|throttl|outgoing|outbound|plan)\w*\b[^.;]{0,60}\bquota|"
    r"\bquota\b.{0,60}\b(?:hour|day|messages|sending|recipients)|\b(?:per|this|an) (?:hour|day)\b|"
    r"\bhourly\b|\bdaily\b|\bsending limit|\bdefers\b"
)
BLOCKLIST_LINK = any_of(r"bl[./?]|[rs]bl|spam|block|listing|ipcheck|reputation|delist|removal")
GENERIC_REFUSAL = any_of(
    r"\b(?:e-?mail|message|mail|session|transaction)s? (?:\w+ ){0,3}(?:rejected|refused|denied|"
    r"declined|blocked|discarded|disallowed)\b|\brejected (?:due|because|by|for|as)\b|"
    r"\brefused (?:by|due|because|from)\b|\bnot recogni[sz]ed as"
)
"""Said of the message, unless words of a missing mailbox give the reason."""
ABOUT_US = any_of(
    r"\byou(?:r|rs|'ve|'re)?\b|\bsen(?:d|t|ding|der)\b|\bfrom\b|\blimit|\bips?\b|\bserver\b|"
    r"\bhost\b|"
    r"\bclient\b|\bconnection|\bsession|\blist(?:ed|ing|s)?\b|\bblock|\bmessage\b|\bmails\b"
)
"""Words under which the code of a missing mailbox is not believed."""
IP_ADDRESS = any_of(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", r"\[ipv6:")
