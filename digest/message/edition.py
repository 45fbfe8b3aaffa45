"""An edition: what all recipients of one variant share (subject, HTML, text, sender)."""

from dataclasses import dataclass

from digest.brand import Brand
from digest.render.rendered import Rendered
from subscribers.public_ids import IssueIds


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from. `domain` is the right side of Message-ID and List-Id."""

    name: str
    address: str
    reply_to: str | None = None

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Edition:
    """One variant of one issue with its slots unfilled, and what its headers need.

    A transactional mail is one too: `auto_submitted`, since no person wrote it (RFC 3834), and
    `unsubscribable` only where its recipient is on the list.
    """

    number: int
    ids: IssueIds
    """What the links in it call the issue."""
    series: str
    subject: str
    html: str
    text: str
    sender: Sender
    list_name: str
    public_url: str
    bounce_address: str = ""
    """The mailbox that bounces go to, if any; `*` in it stands for the delivery's token (VERP)."""
    auto_submitted: bool = False
    unsubscribable: bool = True
    stop_page: str = ""
    """Where messages to somebody who is not on the list are stopped; a POST to it does it."""


def transactional_edition(
    rendered: Rendered,
    brand: Brand,
    sender: Sender,
    *,
    series: str,
    bounce_address: str,
    unsubscribable: bool,
    stop_page: str = "",
) -> Edition:
    """Return the edition of one transactional message, which belongs to no issue.

    `series` is what List-Id and Feedback-ID name, where an issue has the name of its schedule.
    """
    return Edition(
        number=0,
        ids=IssueIds(0),
        series=series,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        sender=sender,
        list_name=brand.name,
        public_url=brand.public_url,
        bounce_address=bounce_address,
        auto_submitted=True,
        unsubscribable=unsubscribable,
        stop_page=stop_page,
    )
