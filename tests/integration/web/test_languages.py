"""Every page for readers in every language, and editors' pages in English."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from digest.language.choose import language_of
from digest.web.address_words import REASONS
from digest.web.application import create_app
from subscribers.addresses import AddressError, parse_address
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, NOW, add_comparison, add_issue, add_subscriber
from tests.integration.web.small_site import BRAND, SmallSite
from tests.parts.links import make_token
from tests.unit.language.english import LANGUAGES, english_in

WRONG = (
    "nobody",
    "a@b@example.org",
    'ana"@example.org',
    "ana..b@example.org",
    f"{'a' * 65}@example.org",
    f"ana@{'a' * 250}.org",
    "ana@exa_mple.org",
    "ana@example",
    "ana@mailbox.internal",
    "ana|b@example.org",
    "ana@gmial.com",
)


@pytest.fixture(params=LANGUAGES)
def tag(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def there(site: SmallSite, tag: str) -> tuple[SmallSite, TestClient]:
    # The default tagline is said in the list's language by the settings.
    brand = replace(BRAND, language=tag, tagline="—", content_language="en")
    other = replace(site, brand=brand, language=language_of(tag))
    return other, TestClient(create_app(other), BRAND.public_url, follow_redirects=False)


def check(answer: object, tag: str, status: int | None = 200) -> str:
    assert status is None or answer.status_code == status  # type: ignore[attr-defined]
    text: str = answer.text  # type: ignore[attr-defined]
    assert english_in(text) == []
    assert f'<html lang="{tag}" dir="{language_of(tag).direction}">' in text
    return text


def test_public_pages_speak_the_language(there: tuple[SmallSite, TestClient], tag: str) -> None:
    site, client = there
    add_issue(site.store)
    add_comparison(site.store)
    for path in ("/issues/", "/subscribe", "/comparisons/alpha-vs-beta", "/tools/alpha"):
        text = check(client.get(path), tag)
        assert "{" not in text.partition("<main")[2].partition("</main>")[0]
    check(client.get("/nowhere"), tag, 404)
    check(client.put("/subscribe"), tag, 405)
    for address in WRONG:
        check(client.post("/subscribe", data={"email": address}), tag, None)
    check(client.post("/subscribe", data={"email": "ben@example.org"}), tag)
    feed = client.get("/feed.json").json()
    assert feed["language"] == tag


def test_pages_of_a_reader_speak_the_language(
    there: tuple[SmallSite, TestClient], tag: str
) -> None:
    site, client = there
    add_issue(site.store)
    add_comparison(site.store)
    anna = add_subscriber(site.store, site.hasher, created_at=NOW.replace(year=2025))
    mine, leave, vote, confirm = (
        f"/{purpose}/{make_token(site, purpose, anna, ISSUE)}"
        for purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.VOTE, Purpose.CONFIRM)
    )
    for path in (mine, f"{mine}/erase", leave, vote, confirm, "/preferences"):
        check(client.get(path), tag, None)
    check(client.get("/preferences/nonsense"), tag, 404)
    for said in ("saved", "paused", "going", "asked", "address"):
        check(client.get(mine, params={"said": said}), tag)
    client.post(f"{mine}/pause", data={"weeks": "2"})
    check(client.get(mine), tag)
    check(client.post(mine, data={"tracking": "off"}), tag)
    check(client.post(f"{mine}/export"), tag)
    check(client.post(vote, data={"alpha": "ship"}), tag)
    check(client.post(leave), tag)
    check(client.get(leave), tag)
    check(client.post(f"{leave}/reason", data={"reason": "too_often"}), tag)
    check(client.post(f"{leave}/undo"), tag)
    check(client.post(f"{mine}/erase"), tag)
    check(client.get(mine), tag, None)


def test_editors_pages_stay_english(site: SmallSite, tag: str) -> None:
    other = replace(site, brand=replace(BRAND, language=tag), language=language_of(tag))
    client = TestClient(create_app(other, studio=True), "http://127.0.0.1:8001")
    page = client.get("/studio/").text
    assert '<html lang="en" dir="ltr">' in page
    assert "Skip to the content" in page


@pytest.mark.parametrize("address", WRONG[:-3])
def test_every_reason_against_an_address_is_a_message(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(address)
    assert caught.value.reason in {one.text for one in REASONS}
