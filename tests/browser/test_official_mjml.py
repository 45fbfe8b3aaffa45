"""The official MJML makes of the same sources what our library makes: compared as pictures."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from digest.render.environment import email_environment, templates_folder
from digest.render.filters import fill_date
from digest.render.mjml import source_map
from digest.render.mjml.compiler import mjml_to_html
from tests.golden.emails import EMAILS
from tests.golden.sample import content
from tests.parts.servers.machine import without

NODE = Path(__file__).parents[1] / "node"
WIDTHS = (375, 1200)
PIXELS_THAT_DIFFER = """async pictures => {
  const [one, other] = await Promise.all(pictures.map(async picture => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'),
      {width: image.width, height: image.height});
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return -1;
  return one.data.filter((value, place) => Math.abs(value - other.data[place]) > 8).length;
}"""


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if not found or not (NODE / "node_modules" / "mjml").is_dir():
        without("official MJML is not installed; try: npm ci --prefix tests/node")
    return found


@pytest.mark.parametrize("name", EMAILS)
def test_the_official_library_draws_the_same(
    name: str, node: str, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources: list[str] = []

    def heard(source: str, template: str) -> str:
        sources.append(source)
        return mjml_to_html(source, template)

    monkeypatch.setattr(source_map, "mjml_to_html", heard)
    ours = EMAILS[name](email_environment(templates_folder())).html
    done = subprocess.run(
        [node, "mjml.mjs"], input=sources[0], capture_output=True, text=True, check=True, cwd=NODE
    )
    official = json.loads(done.stdout)
    assert official["errors"] == []
    # The day of sending is put in after MJML.
    theirs = fill_date(official["html"], content().date)
    # It gives the body's class to the body alone, ours to the element within too.
    assert 'class="ground page"' in theirs
    theirs = theirs.replace('role="article"', 'class="ground page" role="article"', 1)

    page = chromium.new_page()
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            pictures = [_picture(page, html, width, scheme) for html in (ours, theirs)]
            assert page.evaluate(PIXELS_THAT_DIFFER, pictures) == 0, f"{width} pixels, {scheme}"
    page.close()


def _picture(page: Any, html: str, width: int, scheme: str) -> str:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.set_content(html)
    return base64.b64encode(page.screenshot(full_page=True)).decode()
