"""Pages of a browser, watched for what a reader would not see."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, Response

PATIENCE_MS = 60_000
"""How long a page may take to come to a state; only a fault reaches it."""
# Every visible text against the nearest painted background behind it: WCAG 2.2, 1.4.3.
CONTRAST = """() => {
  const channels = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !node.checkVisibility()) continue;
    const [a, b] = [channels(getComputedStyle(node).color), behind(node)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${text}`);
  }
  return poor;
}"""


@dataclass
class Watched:
    """A page with what its console said and what it asked other hosts for."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    lax: list[str] = field(default_factory=list)
    """Pages whose policy allows inline scripts or styles; a mail in its frame may."""

    def note(self, request: Request) -> None:
        if not request.url.startswith(self.home):
            self.strangers.append(request.url)

    def weigh(self, response: Response) -> None:
        if response.request.resource_type != "document" or response.frame.parent_frame:
            return
        policy = response.headers.get("content-security-policy", "unsafe-")
        if response.ok and "unsafe-" in policy and response.url.startswith(self.home):
            self.lax.append(response.url)

    def poor_contrast(self) -> list[str]:
        found: list[str] = self.page.evaluate(CONTRAST)
        return found

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def watch(
    browser: Browser,
    home: str,
    width: int,
    scheme: str,
    *,
    javascript: bool = True,
    touch: bool = False,
) -> Watched:
    """A new page, `width` pixels wide, in the `light` or `dark` colour scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=javascript,
        has_touch=touch,
    )
    context.set_default_timeout(PATIENCE_MS)
    watched = Watched(context.new_page(), home)
    watched.page.on("console", lambda message: watched.complaints.append(message.text))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("request", watched.note)
    watched.page.on("response", watched.weigh)
    return watched


def draw(page: Page, folder: Path, name: str) -> None:
    """Draw the whole page into `folder`, if DIGEST_TESTS_PICTURES is set: for people to look at."""
    if os.environ.get("DIGEST_TESTS_PICTURES"):
        folder.mkdir(exist_ok=True)
        count = len(list(folder.glob("*.png")))
        page.screenshot(path=folder / f"{count:02}-{name}.png", full_page=True)
