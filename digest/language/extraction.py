"""Finds every message in code and templates, and brings the catalogues up to date with them.

For who changes the product's words: `make messages`.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

import digest
from digest.language.catalogue import FOLDER

_CODE = {"Message": None}
_TEMPLATES = ["say", "plain"]
_CHANGES = tuple(
    f'"{name}' for name in ("POT-Creation", "PO-Revision", "Generated-By", "Report-", "Last-")
)
_ENGLISH_TEMPLATES = "studio"
"""Pages for editors, which are not translated."""


def messages(code: Path, templates: Path) -> Catalog:
    """Return a catalogue of every message below the two folders, none of them translated.

    A message that has a form for many somewhere has it everywhere.
    """
    found = Catalog(fuzzy=False)
    for key, many, place in sorted(_messages(code, templates)):
        if key:
            found.add((key, many) if many else key, locations=[(place, 0)])
    return found


def renew(catalogue: Path, found: Catalog) -> None:
    """Write the catalogue again with what was `found`: new messages are empty, gone ones go."""
    with catalogue.open("rb") as file:
        kept = read_po(file)
    kept.update(found, no_fuzzy_matching=True)
    kept.obsolete.clear()
    write(catalogue, kept)


def write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue, without the moments and versions that would change each time."""
    written = BytesIO()
    write_po(written, catalogue, width=100, sort_output=True)
    lines = written.getvalue().decode().split("\n")
    path.write_text("\n".join(one for one in lines if not one.startswith(_CHANGES)), "utf-8")


def _messages(code: Path, templates: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each message, its form for many (or nothing), and the file it stands in."""
    for path in sorted(code.rglob("*.py")):
        with path.open("rb") as file:
            found = list(extract_python(file, _CODE, [], {}))
        for _, _, arguments, _ in found:
            yield *_forms(arguments), path.relative_to(code.parent).as_posix()
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for path in sorted(one for one in templates.rglob("*") if one.suffix in {".j2", ".html"}):
        if _ENGLISH_TEMPLATES in path.parts:
            continue
        with path.open("rb") as file:
            said = list(babel_extract(file, _TEMPLATES, [], options))
        for line in said:
            yield *_forms(line[2]), path.relative_to(templates.parent).as_posix()


def _forms(arguments: object) -> tuple[str, str]:
    first, second, *_ = (*arguments, "") if isinstance(arguments, tuple) else (arguments, "")
    return str(first or ""), second if isinstance(second, str) else ""


def main() -> None:
    """Bring the product's own catalogues up to date."""
    root = Path(digest.__file__).parent
    found = messages(root, root.parent / "templates")
    for catalogue in sorted(FOLDER.glob("*.po")):
        renew(catalogue, found)


if __name__ == "__main__":
    main()
