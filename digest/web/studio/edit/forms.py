"""Reads the forms of the edit page: what an editor asks for, as changes of the issue.

A form has `do` (what its button says), `seen` (the revision that the page showed), and for each of
its texts `text:FIELD` beside `was:FIELD`, the text as the page showed it: what differs is written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditError
from digest.pipeline.editing.changes import (
    Add,
    Change,
    ChooseQuote,
    Drop,
    HideBrief,
    Move,
    PinNext,
    QuoteByRule,
    QuoteNobody,
    SetApart,
    TakeProposal,
    Write,
)

MAX_TEXT = 10_000
"""Characters of a text that are read; the domain's own bounds are below."""


MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class EditForm:
    """One posted form."""

    given: Mapping[str, str]

    @property
    def act(self) -> str:
        return self.given.get("do", "save")

    @property
    def slug(self) -> str:
        return self.given.get("slug", "")

    @property
    def because(self) -> str:
        return self.given.get("because", "")

    @property
    def seen(self) -> int | None:
        return self.number("seen")

    def number(self, name: str) -> int | None:
        """Return the field's number; None if there is none."""
        text = self.given.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None

    def writes(self) -> Iterator[Write]:
        """Yield each text that is not what the page showed."""
        for name, text in self.given.items():
            prefix, _, field = name.partition(":")
            if prefix == "text" and _plain(text) != _plain(self.given.get(f"was:{field}", "")):
                yield Write(field, _plain(text)[:MAX_TEXT])

    def quotes(self) -> Iterator[Change]:
        """Yield each choice of a quote that is not what the page showed."""
        for side in fields.SIDES:
            value = self.given.get(f"quote:{side}", "")
            if value and value != self.given.get(f"was-quote:{side}", ""):
                yield self._quote(side, value)

    def _quote(self, side: str, value: str) -> Change:
        if value == "rules":
            return QuoteByRule(self.slug, side)
        if value == "none":
            return QuoteNobody(self.slug, side)
        review, _, sentence = value.partition(".")
        if not (review.isdigit() and sentence.isdigit()):
            msg = "choose one of the sentences"
            raise EditError(msg)
        return ChooseQuote(self.slug, side, int(review[:6]), int(sentence[:6]))

    def change(self) -> Change | None:
        """Return what the button asks for; None if it only saves what the form holds."""
        make = CHANGES.get(self.act)
        return make(self) if make else None


CHANGES: Mapping[str, Callable[[EditForm], Change]] = {
    "take": lambda form: TakeProposal(form.number("proposal") or 0),
    "add": lambda form: Add(form.slug, form.number("to")),
    "drop": lambda form: Drop(form.slug, form.because),
    "move": lambda form: Move(form.slug, form.number("to") or 0),
    "apart": lambda form: SetApart(form.slug, apart=True),
    "group": lambda form: SetApart(form.slug, apart=False),
    "hide": lambda form: HideBrief(form.slug, hidden=True),
    "show": lambda form: HideBrief(form.slug, hidden=False),
    "pin": lambda form: PinNext(form.slug, pinned=True),
    "unpin": lambda form: PinNext(form.slug, pinned=False),
}
"""What each button asks for."""


def button(value: str) -> tuple[str, dict[str, str]]:
    """Split a button's value into what it does and its number: `move-2`, `take-1`, `undo-7`."""
    act, _, number = value.partition("-")
    name = {"take": "proposal", "undo": "revision"}.get(act, "to")
    return act, ({name: number} if number else {})


def edit_form(given: Mapping[str, str]) -> EditForm:
    """Return the form of a request."""
    act, numbers = button(given.get("do", "save"))
    return EditForm({**given, **numbers, "do": act})


def typed_texts(given: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a form by field: those that an issue can have."""
    texts = {}
    for name, text in given.items():
        prefix, _, field = name.partition(":")
        if prefix == "text" and fields.is_text(field):
            texts[field] = _plain(text)[:MAX_TEXT]
    return texts


def _plain(text: str) -> str:
    """Return the text with the line ends that this project keeps: forms send CR LF."""
    return text.replace("\r\n", "\n").replace("\x00", "")
