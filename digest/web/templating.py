"""Renders templates to responses: every page goes through here, so all are escaped alike."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from digest.brand import Brand
from digest.catalog.urls import is_web_address
from digest.language.isolates import as_markup
from digest.language.language import ENGLISH, ISOLATE, Language
from digest.language.message import Message, Value
from digest.language.templates import add_language
from digest.render.filters import bar_cells

# A token stands in the address: it must not reach another site, a cache or a search engine.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class PageTemplates:
    """The site's page templates, with one brand's values: readers' pages in the list's language.

    Editors' pages (`studio/`) are in English.
    """

    def __init__(self, folder: Path, brand: Brand, language: Language = ENGLISH) -> None:
        self.statics = read_statics(folder / "static")
        self._marks = {
            name: hashlib.sha256(body).hexdigest()[:12] for name, body in self.statics.items()
        }
        self.base = urlsplit(brand.public_url).path
        """The prefix of every path, where the site is served below another one."""
        self.language = language
        self._pages = self._environment(folder, brand, language)
        self._editors = self._environment(folder, brand, ENGLISH)

    def _environment(self, folder: Path, brand: Brand, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=finalize,
        )
        add_language(environment, language, lambda value: value, brand.content_language)
        environment.filters |= {
            "day": lambda moment: day(moment, language),
            "reach": bar_cells,
            "kilobytes": kilobytes,
            "mask_email": mask_email,
        }
        environment.tests["web_address"] = is_web_address
        environment.globals |= {
            "brand": brand,
            "base": self.base,
            "static": self._static_address,
        }
        return environment

    def provide(self, **values: Any) -> None:
        """Let every template of the studio use these values."""
        self._editors.globals |= values

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
        environment = self._editors if template.startswith("studio/") else self._pages
        return environment.get_template(template).render(values)

    def private(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Renders a page with a token in its address: no cache, no referrer, no index."""
        return self.show(template, status=status, headers=PRIVATE, **values)

    def say(self, message: Message, **values: Value) -> str:
        """Words a message in the readers' language."""
        return self.language.say(message, **values)

    def _static_address(self, name: str) -> str:
        """Returns the file's address, which changes with the file, so that caches may keep it."""
        return f"{self.base}/static/{name}?v={self._marks[name]}"


def read_statics(folder: Path) -> dict[str, bytes]:
    """Returns the contents of the static files by name; no other file can be requested."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def day(moment: datetime, language: Language, zone: tzinfo | None = UTC) -> str:
    """Formats a date as 7 March 2025, in UTC unless another zone is named."""
    return language.written_date(moment.astimezone(zone).date())


def finalize(value: object) -> object:
    """Returns a value as a page prints it: marks of direction become markup."""
    return as_markup(escape(value)) if type(value) is str and ISOLATE in value else value


def kilobytes(size: int) -> str:
    return f"{size / 1024:.1f} KB"


def mask_email(email: str) -> str:
    """Shortens an address to a•••@example.org: enough for its owner, and for nobody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••@{domain}"
