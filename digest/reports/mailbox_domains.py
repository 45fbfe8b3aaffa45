"""The domains of the large mailbox providers, as they give them to people."""

from collections.abc import Mapping

_LISTED = """
gmail: gmail.com googlemail.com
outlook: outlook.com hotmail.com live.com msn.com passport.com outlook.de outlook.fr outlook.es
  outlook.it outlook.at outlook.be outlook.dk outlook.ie outlook.jp outlook.kr outlook.pt
  outlook.com.br outlook.com.ar outlook.com.au outlook.com.tr outlook.co.th hotmail.co.uk
  hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.be hotmail.nl hotmail.ca hotmail.se
  hotmail.no hotmail.dk hotmail.fi hotmail.ch hotmail.gr hotmail.co.jp hotmail.com.br
  hotmail.com.ar hotmail.com.au hotmail.com.tr live.co.uk live.fr live.de live.it live.nl
  live.be live.ca live.se live.no live.dk live.at live.ie live.jp live.cn live.in live.com.au
  live.com.mx live.com.ar live.com.pt
yahoo: yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com yahoo.co.uk yahoo.fr
  yahoo.de yahoo.es yahoo.it yahoo.ca yahoo.in yahoo.co.in yahoo.co.id yahoo.co.th yahoo.co.nz
  yahoo.com.br yahoo.com.ar yahoo.com.au yahoo.com.mx yahoo.com.ph yahoo.com.sg yahoo.com.tr
  yahoo.com.tw yahoo.com.hk yahoo.com.vn yahoo.com.my yahoo.com.co yahoo.ie yahoo.gr yahoo.se
  yahoo.no yahoo.dk yahoo.pl yahoo.ro aol.co.uk aol.de aol.fr
icloud: icloud.com me.com mac.com
"""


def _read(listed: str) -> Mapping[str, tuple[str, ...]]:
    joined = listed.strip().replace("\n  ", " ").splitlines()
    return {name: tuple(names.split()) for name, _, names in (one.partition(":") for one in joined)}


DOMAINS = _read(_LISTED)
"""Each provider's domains. Yahoo runs AOL's mail too; yahoo.co.jp is another company's."""
