"""Links in mail that a store from before had sent, and whose they are, on any database."""

import sqlite3
from contextlib import closing

from starlette.testclient import TestClient

from tests.golden.seams import product
from tests.golden.seams.held import FILES
from tests.golden.seams.world import BROWSER, SECRET, SITE

PURPOSES = ("preferences", "unsubscribe", "vote", "confirm", "address")
"""That open a page."""
HITS = ("click", "open", "delivery")
"""That are counted as somebody's; the last one comes back from providers and in bounces."""


def people_before() -> dict[int, str]:
    """Their addresses by the numbers that links of that time hold."""
    with closing(sqlite3.connect(":memory:")) as store:
        store.executescript((FILES / "store_before.sql").read_text(encoding="utf-8"))
        return dict(store.execute("SELECT id, email FROM subscriber"))


def token(purpose: str, name: str, issue: int = 0) -> str:
    """Of a reader by what their address begins with; made with the secret of that time."""
    (number,) = [one for one, email in people_before().items() if email.startswith(name)]
    return product.make_tokens(SECRET, number, issue)[purpose]


def answers_to_links() -> list[str]:
    """What each page answers that mail already sent has a link to."""
    known = {one: f"<{purpose}>" for purpose, one in tokens().items()}
    lines = []
    with product.web_app() as app:
        browser = TestClient(app, SITE, follow_redirects=False, headers={"User-Agent": BROWSER})
        for method, path, fields in _calls():
            answer = browser.request(method, path, data=fields)
            said = f"{answer.status_code} {answer.headers.get('content-type', '-')}"
            leads = f" -> {answer.headers['location']}" if "location" in answer.headers else ""
            lines.append(_named(f"{method} {path}  {said}{leads}", known))
    return lines


def check_owners(expected: dict[int, str]) -> None:
    """Every number that a link of that time could hold opens who had it, or nobody."""
    for number in range(1, max(people_before()) + 4):
        made = product.make_tokens(SECRET, number, 1)
        for purpose in PURPOSES:
            found = product.owner_of(SECRET, purpose, made[purpose])
            assert found == expected.get(number), (number, purpose)
        for purpose in HITS:
            found = product.owner_of_hit(SECRET, purpose, made[purpose])
            assert found == expected.get(number), (number, purpose)


def tokens() -> dict[str, str]:
    """Links of mail sent before, by purpose and reader."""
    return {
        "click": token("click", "lea", 1),
        "open": token("open", "lea", 1),
        "vote": token("vote", "lea", 1),
        "unsubscribe": token("unsubscribe", "lea", 1),
        "unsubscribe of a letter": token("unsubscribe", "max"),
        "preferences": token("preferences", "ada", 1),
        "confirm": token("confirm", "nina"),
        "address": token("address", "fay", 1),
    }


def _calls() -> list[tuple[str, str, dict[str, str]]]:
    """Method, path and fields: what is only looked at, then what is done."""
    by = tokens()
    leave, mine, vote = (by[name] for name in ("unsubscribe", "preferences", "vote"))
    looked_at = [
        *(f"/l/{number}/{by['click']}" for number in (1, 2, 3, 99)),
        *(f"/o/{by['open']}.gif", f"/vote/{vote}", f"/vote/{vote}?tool=gesso-lite&say=ship"),
        *(f"/unsubscribe/{leave}", f"/preferences/{mine}", f"/preferences/{mine}/erase"),
        *(f"/confirm/{by['confirm']}", f"/address/{by['address']}"),
    ]
    done: list[tuple[str, dict[str, str]]] = [
        (f"/vote/{vote}", {"gesso-lite": "skip"}),
        (f"/confirm/{by['confirm']}", {}),
        (f"/address/{by['address']}", {}),
        (f"/preferences/{mine}", {"tracking": "off"}),
        (f"/preferences/{mine}/choices", {"frequency": "monthly", "zone": "UTC"}),
        (f"/preferences/{mine}/pause", {"weeks": "2"}),
        (f"/preferences/{mine}/address", {"email": "ada.new@example.com"}),
        (f"/preferences/{mine}/export", {}),
        (f"/unsubscribe/{by['unsubscribe of a letter']}", {"List-Unsubscribe": "One-Click"}),
        (f"/unsubscribe/{leave}", {"List-Unsubscribe": "One-Click"}),
        (f"/unsubscribe/{leave}/reason", {"reason": "other", "words": "I moved on."}),
        (f"/unsubscribe/{leave}/undo", {}),
        (f"/unsubscribe/{leave}", {}),
        (f"/preferences/{mine}/erase", {}),
    ]
    return [("GET", path, {}) for path in looked_at] + [("POST", *one) for one in done]


def _named(line: str, known: dict[str, str]) -> str:
    for one, name in known.items():
        line = line.replace(one, name)
    return line
