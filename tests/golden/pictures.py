"""Pictures of emails in the system's Chromium, for the eye.

python -m tests.golden.pictures issue.html docs/pictures
"""

import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from tests.browser.conftest import NAMES

Scheme = Literal["light", "dark"]
WIDTHS = (320, 375, 640, 1200)


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def take(pages: dict[Path, tuple[str, int, Scheme]], *, images: bool = True) -> None:
    """Draws each HTML in a window so many pixels wide, whole, into its PNG file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for path, (html, width, scheme) in pages.items():
            page = browser.new_page(
                viewport={"width": width, "height": 600},
                color_scheme=scheme,
                device_scale_factor=1.5,
            )
            if not images:
                page.route("**/*", lambda route: route.abort())
            page.set_content(html)
            page.screenshot(path=path, full_page=True)
            page.close()
        browser.close()


def main(source: str, folder: str) -> None:
    html = Path(source).read_text(encoding="utf-8")
    take(
        {
            Path(folder) / f"issue-{width}-{scheme}.png": (html, width, scheme)
            for width in WIDTHS
            for scheme in ("light", "dark")
        },
        images=False,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
