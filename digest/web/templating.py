"""Renders templates to responses: every page goes through here, so all are escaped alike."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest.brand import Brand
from digest.catalog.urls import is_web_address
from digest.number_words import percent
from digest.render.filters import bar_cells, written_date

# A token stands in the address: it must not reach another site, a cache or a search engine.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class PageTemplates:
    """The site's page templates, with one brand's values."""

    def __init__(self, folder: Path, brand: Brand) -> None:
        self.statics = read_statics(folder / "static")
        self._marks = {
            name: hashlib.sha256(body).hexdigest()[:12] for name, body in self.statics.items()
        }
        self.base = urlsplit(brand.public_url).path
        """The prefix of every path, where the site is served below another one."""
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "day": day,
            "percent": percent,
            "reach": bar_cells,
            "kilobytes": kilobytes,
            "mask_email": mask_email,
            "written_date": written_date,
        }
        self._environment.tests["web_address"] = is_web_address
        self._environment.globals |= {
            "brand": brand,
            "base": self.base,
            "static": self._static_address,
        }

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Renders a page."""
        return HTMLResponse(self.text(template, **values), status, dict(headers or {}))

    def text(self, template: str, **values: Any) -> str:
        """Renders a part of a page to text."""
        return self._environment.get_template(template).render(values)

    def private(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Renders a page with a token in its address: no cache, no referrer, no index."""
        return self.show(template, status=status, headers=PRIVATE, **values)

    def _static_address(self, name: str) -> str:
        """Returns the file's address, which changes with the file, so that caches may keep it."""
        return f"{self.base}/static/{name}?v={self._marks[name]}"


def read_statics(folder: Path) -> dict[str, bytes]:
    """Returns the contents of the static files by name; no other file can be requested."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def day(moment: datetime, zone: tzinfo | None = UTC) -> str:
    """Formats a date as 7 March 2025, in UTC unless another zone is named."""
    return written_date(moment.astimezone(zone).date())


def kilobytes(size: int) -> str:
    return f"{size / 1024:.1f} KB"


def mask_email(email: str) -> str:
    """Shortens an address to a•••@example.org: enough for its owner, and for nobody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••@{domain}"
