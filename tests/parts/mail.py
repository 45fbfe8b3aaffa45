"""An edition and recipients that provoke: emoji, slots in every place, a name that attacks."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace

from digest.deliver.providers.base import Outcome, Provider
from digest.message.edition import Edition, Sender
from digest.message.personalization import Personalization, Recipient, personalize
from digest.render.slots import Slot
from subscribers.public_ids import IssueIds
from subscribers.tokens import Tokens
from tests.parts.world import SECRET

LINKS = " ".join(
    f"https://verdicts.example/{path}/~~{slot}~~"
    for path, slot in [
        ("l/1", Slot.CLICK),
        ("unsubscribe", Slot.UNSUBSCRIBE),
        ("preferences", Slot.PREFERENCES),
        ("vote", Slot.VOTE),
        ("o", Slot.OPEN),
    ]
)
SUBJECT = (
    "Größer, schneller, 日本 — sechs Werkzeuge im Vergleich 🚢, und eines davon gewinnt gar nicht"
)
EDITION = Edition(
    number=7,
    ids=IssueIds(7),
    series="Weekly verdicts",
    subject=SUBJECT,
    html=f'<html lang="en"><body><p>~~greeting~~</p><p>naïve café 🚢 {LINKS}</p></body></html>',
    text=f"~~greeting~~\n\nnaïve café 🚢\n.a line that begins with a dot\n{LINKS}\n",
    sender=Sender("Verdicts — der Vergleich", "digest@verdicts.example", "editor@verdicts.example"),
    list_name="Weekly Verdicts: side by side",
    public_url="https://verdicts.example",
)
HOSTILE = '<b>"& ~~unsubscribe~~\r\nBcc: victim@example.com'
TOKENS = Tokens([SECRET])


def personalizations(
    emails: Iterable[str], first_name: str = "Ada", *, first: int = 1
) -> list[Personalization]:
    """One each; delivery ids count up from `first`."""
    people = [
        Recipient(number, number + 1_000, 0, None, email, first_name, tracking=True)
        for number, email in enumerate(emails, first)
    ]
    return personalize(people, EDITION.ids, TOKENS)


def long_edition(size: int) -> Edition:
    """An edition whose HTML part has about `size` characters."""
    row = "<p>A row of an issue with a score of 75 % and a link to follow.</p>\n"
    return replace(
        EDITION, html=EDITION.html.replace("</body>", row * (size // len(row)) + "</body>")
    )


def stream(
    provider: Provider, mail: Sequence[Personalization], edition: Edition = EDITION
) -> Generator[Outcome, None, None]:
    """One batch's outcomes, one by one."""
    for outcomes in provider.submit(edition, [mail]):
        yield from outcomes


def submit(
    provider: Provider, *mail: Personalization, edition: Edition = EDITION
) -> dict[int, Outcome]:
    """Outcomes by delivery id, which must be one for each recipient, in whatever order."""
    outcomes = list(stream(provider, mail, edition))
    assert sorted(one.delivery_id for one in outcomes) == sorted(one.delivery_id for one in mail)
    return {outcome.delivery_id: outcome for outcome in outcomes}


def kinds(outcomes: dict[int, Outcome]) -> Sequence[str]:
    """The outcomes' names in the order of their delivery ids."""
    return [type(outcomes[key]).__name__ for key in sorted(outcomes)]
