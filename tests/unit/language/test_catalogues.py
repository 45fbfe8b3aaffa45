"""The catalogues are whole: nothing missing, nothing left over, placeholders and markup alike."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from digest.language.catalogue import FOLDER, CatalogueError, read_catalogue
from digest.language.cldr import CldrLanguage
from digest.language.extraction import messages, renew
from digest.language.message import Message
from tests.unit.language.english import CODE, LANGUAGES, MANY_WORDS, TEMPLATES, forms

CATALOGUES = sorted(FOLDER.glob("*.po"))
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_TAG = re.compile(r"<[^>]+>")


@cache
def said(path: Path) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        found = read_po(file, abort_invalid=True)
    assert not found.obsolete
    assert not any(one.fuzzy for one in found if one.id)
    return {
        one.id[0] if isinstance(one.id, tuple) else one.id: (
            (one.string,) if isinstance(one.string, str) else tuple(one.string or ())
        )
        for one in found
        if one.id
    }


def test_there_is_a_catalogue_for_each_language_that_comes_with_the_product() -> None:
    assert {path.stem.partition("_")[0] for path in CATALOGUES} == set(LANGUAGES)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_message_is_translated_and_no_other(path: Path) -> None:
    ours, theirs = {form[0] for form in forms()}, said(path)
    assert ours - theirs.keys() == set(), "make messages, then translate these"
    assert theirs.keys() - ours == set(), "make messages"
    assert [key for key, found in theirs.items() if not all(found)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_no_message_is_left_in_english(path: Path) -> None:
    left = [
        key
        for key, found in said(path).items()
        if len(re.findall(r"[^\W\d_]+", _PLACEHOLDER.sub("", key))) > MANY_WORDS and key in found
    ]
    assert left == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_translations_keep_placeholders_and_markup(path: Path) -> None:
    theirs = said(path)
    for key, *many in forms():
        allowed = {name for form in (key, *many) for name in _PLACEHOLDER.findall(form)}
        for place, form in enumerate(theirs[key]):
            names = set(_PLACEHOLDER.findall(form))
            assert names <= allowed, form
            # The form for one may leave its number out, as English does; the last one says all.
            assert names == allowed or (many and place < len(theirs[key]) - 1), form
            assert Counter(_TAG.findall(form)) == Counter(_TAG.findall(key)), form
            assert not re.sub(_PLACEHOLDER, "", form).count("{")
            assert form == form.strip()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_plural_forms_agree_with_the_cldr(path: Path) -> None:
    """Counts of one category take one form, and no two categories of whole numbers share one."""
    locale = Locale.parse(path.stem)
    catalogue = read_catalogue([path])
    places: dict[str, set[int]] = {}
    for count in range(201):
        places.setdefault(locale.plural_form(count), set()).add(catalogue.plural(count))
    taken = [place for found in places.values() for place in found]
    assert len(taken) == len(set(taken)) == len(places)
    plurals = {key for key, *many in forms() if many}
    assert {len(found) for key, found in said(path).items() if key in plurals} == {len(places)}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_renewing_changes_nothing_that_is_up_to_date(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    renew(copy, messages(CODE, TEMPLATES))
    assert copy.read_bytes() == path.read_bytes()


def test_renewing_adds_what_is_new_and_drops_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "templates").mkdir()
    code, page = tmp_path / "code" / "a.py", tmp_path / "templates" / "a.html"
    code.write_text('A = Message("One {x}", "Many {x}", by="x")\nB = Message("Two " "parts")\n')
    page.write_text('{{ say("Said {n}", n=1) }}<p title="{{ plain("Plain") }}">')
    found = messages(tmp_path / "code", tmp_path / "templates")
    assert [one.id for one in found if one.id] == [
        ("One {x}", "Many {x}"), "Plain", "Said {n}", "Two parts",
    ]  # fmt: skip
    path = tmp_path / "de.po"
    path.write_bytes(
        b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        b'"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        b'msgid "Plain"\nmsgstr "Schlicht"\n\nmsgid "Gone"\nmsgstr "Weg"\n'
    )
    renew(path, found)
    assert read_catalogue([path]).forms == {"Plain": ("Schlicht",)}
    assert "Gone" not in path.read_text()
    assert "Two parts" in path.read_text()


def test_a_missing_word_falls_back_to_english() -> None:
    language = CldrLanguage("de")
    assert language.say(Message("Not in any catalogue: {name}"), name="Tern") == (
        "Not in any catalogue: Tern"
    )


@pytest.mark.parametrize("text", [b"msgid nonsense", b"\xff\xfe\x00"])
def test_a_broken_catalogue_is_named(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "nl.po"
    path.write_bytes(text)
    with pytest.raises(CatalogueError, match=re.escape(str(path))):
        read_catalogue([path])


def test_own_catalogues_come_with_own_templates(tmp_path: Path) -> None:
    (tmp_path / "languages").mkdir()
    own = '\nmsgid "Vote"\nmsgstr "Stem"\n'
    (tmp_path / "languages" / "nl.po").write_text('msgid ""\nmsgstr ""\n' + own)
    (tmp_path / "languages" / "de.po").write_text('msgid ""\nmsgstr ""\n' + own)
    dutch, german = CldrLanguage("nl", [tmp_path]), CldrLanguage("de", [tmp_path])
    assert dutch.say(Message("Vote")) == german.say(Message("Vote")) == "Stem"
    assert german.say(Message("Ship")) == "Dafür"
