"""What another site's page can ask of a studio that is open on the editor's machine."""

import pytest
from starlette.testclient import TestClient

PAGES = [
    "/studio/",
    "/studio/issues/1",
    "/studio/issues/1/events",
    "/studio/brand/mail?issue=1&accent=%23112233",
    "/studio/comparisons/?find=a",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("no-cors", "image"),
        ("no-cors", "script"),
        ("cors", "empty"),
        ("navigate", "iframe"),
        ("navigate", "object"),
    ],
)
def test_a_page_of_another_site_has_nothing_rendered_from_within_it(
    editor: TestClient, path: str, site: str, mode: str, kind: str
) -> None:
    """Each image of such a page cost a rendering, and a stream of events was never ended."""
    given = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
    assert editor.get(path, headers=given).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
    ids=["a link in a mail", "typed", "a frame of the studio's own"],
)
def test_a_page_of_the_studio_can_be_opened_from_anywhere(
    editor: TestClient, given: dict[str, str]
) -> None:
    assert editor.get("/studio/", headers=given).status_code == 200


def test_a_browser_that_does_not_say_is_served(editor: TestClient) -> None:
    del editor.headers["Sec-Fetch-Site"]
    assert editor.get("/studio/").status_code == 200
