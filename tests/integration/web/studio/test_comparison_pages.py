"""The studio's pages of comparisons: found, shown, hidden, corrected."""

from sqlmodel import select
from starlette.testclient import TestClient

from digest.catalog.queries import ComparisonView, all_comparisons, comparison_by_slug
from digest.catalog.tables import Comparison
from tests.parts.issues.studio import Studio

EVIL = "<script>alert(1)</script>"


def first(office: Studio) -> ComparisonView:
    with office.app.store.read() as session:
        return all_comparisons(session)[0]


def test_comparisons_are_listed_and_found(editor: TestClient, office: Studio) -> None:
    view = first(office)
    assert view.slug in editor.get("/studio/comparisons/").text
    word = view.contenders[0].name.split()[0]
    assert view.slug in editor.get("/studio/comparisons/", params={"find": word}).text
    nothing = editor.get("/studio/comparisons/", params={"find": EVIL}).text
    assert "No comparison has" in nothing
    assert EVIL not in nothing


def test_every_comparison_has_a_page_also_one_without_an_address(
    editor: TestClient, office: Studio
) -> None:
    with office.app.store.write() as session:
        for number, row in enumerate(session.exec(select(Comparison))):
            row.url = None if number % 2 else "javascript:alert(1)"
    with office.app.store.read() as session:
        slugs = [view.slug for view in all_comparisons(session)]
    assert len(slugs) > 1
    for slug in slugs:
        page = editor.get(f"/studio/comparisons/{slug}")
        assert page.status_code == 200, slug
        assert "The page itself" not in page.text


def test_one_is_hidden_and_shown_again(editor: TestClient, office: Studio) -> None:
    path = f"/studio/comparisons/{first(office).slug}"
    for act, is_hidden in (("hide", True), ("show", False)):
        assert editor.post(path, data={"do": act}).status_code == 303
        assert ("hidden by ana" in editor.get(path).text) is is_hidden
        assert (">hidden<" in editor.get("/studio/comparisons/").text) is is_hidden


def test_what_was_misread_is_corrected(editor: TestClient, office: Studio) -> None:
    slug = first(office).slug
    path = f"/studio/comparisons/{slug}"
    form = {"do": "correct", "field": "left.tagline", "value": EVIL}
    assert editor.post(path, data=form).status_code == 303
    with office.app.store.read() as session:
        view = comparison_by_slug(session, slug)
    assert view is not None
    assert view.contenders[0].tagline == EVIL
    page = editor.get(path).text
    assert "left.tagline" in page
    assert EVIL not in page
    refused = editor.post(path, data={**form, "field": "left.panel_score", "value": "lots"})
    assert refused.status_code == 409
    assert 'value="lots"' in refused.text


def test_one_that_is_not_there_is_a_404(editor: TestClient, office: Studio) -> None:
    assert editor.get("/studio/comparisons/nothing-like-it").status_code == 404


def test_what_is_not_there_leads_back_into_the_studio(editor: TestClient) -> None:
    for path in ("/studio/issues/99", "/studio/nothing", "/studio/comparisons/nothing-like-it"):
        answer = editor.get(path)
        assert answer.status_code == 404, path
        assert "<h1>There is no such page</h1>" in answer.text
        assert "<p>It may have been removed, or its address is misspelt.</p>" in answer.text
        assert 'href="/studio/"' in answer.text
        assert "unsafe-" not in answer.headers["content-security-policy"]
    assert "See all issues" in editor.get("/nothing").text
