"""Our issue in the words of listmonk's templates, so that both send the same message.

Its documentation names what is used: the first name, `@TrackLink` for links that are counted,
`TrackView` for the picture that counts openings, and `UnsubscribeURL`.
"""

import re
from dataclasses import dataclass

from digest.message.edition import Edition

TEMPLATE = '{{ template "content" . }}'
"""Nothing around the body of a campaign."""
_CLICK = re.compile(r"https://[^/]+/l/(\d+)/~~click~~")
_VOTE = re.compile(r"~~(?:vote|preferences)~~")
_OPEN = re.compile(r"<img\b[^>]*~~open~~[^>]*>")
_LEAVE = re.compile(r"https://[^/]+/unsubscribe/~~unsubscribe~~")
_SLOT = re.compile(r"~~\w+~~")


@dataclass(frozen=True, slots=True)
class Campaign:
    subject: str
    body: str
    altbody: str


def campaign(edition: Edition) -> Campaign:
    """Return what to give its API. Raises ValueError if a slot of ours is left."""
    return Campaign(edition.subject, _translated(edition.html), _translated(edition.text))


def _translated(text: str) -> str:
    text = _OPEN.sub("{{ TrackView }}", text)
    text = _CLICK.sub(r"https://digest.example/comparisons/\1@TrackLink", text)
    text = _LEAVE.sub("{{ UnsubscribeURL }}", text)
    text = _VOTE.sub("{{ .Subscriber.UUID }}", text)
    text = text.replace("~~greeting~~", "Hello {{ .Subscriber.FirstName }},")
    if left := _SLOT.search(text):
        raise ValueError(f"listmonk has no word here for {left[0]}")
    return text
