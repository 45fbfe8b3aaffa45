"""The ways in which an editor works a page: with a mouse, by touch, with the keyboard alone."""

from playwright.sync_api import Locator, Page

HAS_FOCUS = "one => one === document.activeElement"
RING = "() => getComputedStyle(document.activeElement).outlineStyle"
IS_ABOVE = """one => {
  const here = document.activeElement;
  return here !== document.body
    && Boolean(here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING);
}"""
MAX_STOPS = 300
MAX_TYPED = 500


class Mouse:
    """Presses what it points at."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, what: Locator) -> None:
        what.click()

    def choose(self, radio: Locator) -> None:
        """Choose one of several, of which one is chosen."""
        self.press(radio)

    def write(self, field: Locator, text: str) -> None:
        """Write `text` into a field, in place of what is there."""
        self.press(field)
        field.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def lead(self, slug: str) -> None:
        self.press(self.page.locator(f"#lead-{slug}"))

    def drop(self, slug: str, because: str) -> None:
        self.press(self.page.locator(f"#drop-{slug} summary"))
        self.write(self.page.locator(f"#why-{slug}"), because)
        self.press(self.page.locator(f"#drop-{slug} button"))

    def open(self, slug: str) -> None:
        """Open the words and quotes of a comparison."""
        self.press(self.page.locator(f"#more-{slug} > summary"))


class Touch(Mouse):
    """Taps; a tap has no hover and no second button."""

    def press(self, what: Locator) -> None:
        what.tap()


class Keys(Mouse):
    """Never points: Tab leads there, and where the focus is can be seen."""

    def press(self, what: Locator) -> None:
        self.reach(what)
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("ControlOrMeta+a")
        if len(text) > MAX_TYPED:
            self.page.keyboard.insert_text(text)  # pasted, as people do
        else:
            self.page.keyboard.type(text)

    def choose(self, radio: Locator) -> None:
        """Tab stops at the one that is chosen; arrows lead on from there."""
        radio.wait_for()
        name, form = radio.get_attribute("name"), radio.locator("xpath=ancestor::form[1]")
        self.reach(form.locator(f'input[name="{name}"]:checked'))
        for _ in range(MAX_STOPS):
            if radio.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {radio}")

    def reach(self, what: Locator) -> None:
        what.wait_for()
        step = "Shift+Tab" if what.evaluate(IS_ABOVE) else "Tab"
        for _ in range(MAX_STOPS):
            if what.evaluate(HAS_FOCUS):
                assert self.page.evaluate(RING) != "none", f"nobody sees the focus on {what}"
                return
            self.page.keyboard.press(step)
        raise AssertionError(f"{step} never leads to {what}")

    def lead(self, slug: str) -> None:
        self._at(slug, "l")

    def drop(self, slug: str, because: str) -> None:
        self._at(slug, "x")
        self.page.locator(f"#why-{slug}:focus").wait_for()
        self.page.keyboard.type(because)
        self.page.keyboard.press("Enter")

    def open(self, slug: str) -> None:
        self._at(slug, "e")
        self.page.locator(f"#f-headline-{slug}:focus").wait_for()

    def _at(self, slug: str, key: str) -> None:
        """Walk to a comparison with J, and press `key` there."""
        self.page.keyboard.press("Escape")
        item = self.page.locator(f"#pick-{slug}")
        step = "k" if item.evaluate(IS_ABOVE) else "j"
        for _ in range(MAX_STOPS):
            if item.evaluate(HAS_FOCUS):
                self.page.keyboard.press(key)
                return
            self.page.keyboard.press(step)
        raise AssertionError(f"{step} never leads to {slug}")
