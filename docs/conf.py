"""Builds the documents as a site: make docs. Nothing is loaded from elsewhere."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from docs.reference_pages import write_reference  # noqa: E402 - found by the line before

project = "Verdict Digest"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Verdict Digest"
html_static_path: list[str] = []
myst_heading_anchors = 3
myst_links_external_new_tab = False

write_reference(DOCS / "reference")
