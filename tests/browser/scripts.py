"""A text that would run wherever it is let, and what finds out whether it did."""

from collections.abc import Mapping

from playwright.sync_api import Browser

RUNS = "window.ran=(window.ran||0)+1"
EVIL = (
    f'<script>{RUNS}</script><img src=x onerror="{RUNS}">"><svg onload={RUNS}>'
    f"' onmouseover='{RUNS}' {{{{ 7*7 }}}} ~~unsubscribe~~"
)
SHORT = f"<script>{RUNS}</script>\"'><svg onload={RUNS}>"
"""The same for fields of a hundred characters and less."""
_FOUND = """root => ({
  scripts: [...root.querySelectorAll('script')]
    .filter(one => one.text.includes('window.ran')).length,
  hooks: [...root.querySelectorAll('*')].filter(one => [...one.attributes].some(
    a => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value))).length,
})"""
_RAN = f"() => ({{ran: window.ran || 0, ...({_FOUND})(document)}})"
_PARSED = f"""pages => pages.map(html =>
  ({_FOUND})(new DOMParser().parseFromString(html, 'text/html')))"""


def assert_nothing_runs(chromium: Browser, pages: Mapping[str, str]) -> None:
    """Load each page without its policy, which would hide a fault: nothing of it runs."""
    tab, control = chromium.new_page(), chromium.new_page()
    control.set_content(f"<p>{EVIL}</p>", wait_until="domcontentloaded")
    assert control.evaluate("window.ran") >= 1, "it would run where it was let"
    for name, html in pages.items():
        tab.set_content(html, wait_until="domcontentloaded")
        assert tab.evaluate(_RAN) == {"ran": 0, "scripts": 0, "hooks": 0}, name
        assert f"<script>{RUNS}" not in html, name
    tab.close()
    control.close()


def assert_only_words(chromium: Browser, pages: Mapping[str, str]) -> None:
    """Parse each page as a browser does: none has a script or a handler of ours in it."""
    tab = chromium.new_page()
    found = tab.evaluate(_PARSED, list(pages.values()))
    tab.close()
    bad = {name: one for name, one in zip(pages, found, strict=True) if any(one.values())}
    assert not bad
