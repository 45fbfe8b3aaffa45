"""Adds, lists and removes the addresses of editors."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, delete, select

from digest.editors.kinds import NoticeKind
from digest.editors.tables import Editor, EditorNotice
from store.errors import UserError
from subscribers.addresses import parse_address


class EditorAddressError(UserError):
    """An editor's address can't be added or removed; the text says why."""


def add_editor(session: Session, email: str, about: Collection[str], now: datetime) -> Editor:
    """Tell `email` from now on, about the given kinds or all; known ones get the new choice.

    Raises EditorAddressError and AddressError.
    """
    unknown = sorted(set(about) - set(NoticeKind))
    if unknown:
        msg = f"--about: there is no {unknown[0]!r}; say some of {', '.join(NoticeKind)}"
        raise EditorAddressError(msg)
    address = parse_address(email)
    editor = session.exec(select(Editor).where(Editor.key == address.key)).first()
    if editor is None:
        editor = Editor(email=address.email, key=address.key, since=now)
    editor.about = [kind for kind in NoticeKind if kind in about]
    session.add(editor)
    session.flush()
    return editor


def all_editors(session: Session) -> list[Editor]:
    """Return every editor who is told, by address."""
    return list(session.exec(select(Editor).order_by(col(Editor.key))))


def find_editor(session: Session, public_id: int) -> Editor | None:
    """Return the editor that a stop link names; None once they are removed."""
    return session.exec(select(Editor).where(Editor.public_id == public_id)).first()


def remove_editor(session: Session, email: str) -> None:
    """Tell the address nothing more. Raises EditorAddressError if it was told nothing."""
    editor = session.exec(select(Editor).where(Editor.key == parse_address(email).key)).first()
    if editor is None:
        msg = f"{email} is told nothing; `digest editors list` shows who is"
        raise EditorAddressError(msg)
    _remove(session, editor)


def stop_by_link(session: Session, public_id: int) -> None:
    """Tell the editor of a stop link nothing more; once they are removed, nothing changes."""
    editor = find_editor(session, public_id)
    if editor is not None:
        _remove(session, editor)


def _remove(session: Session, editor: Editor) -> None:
    session.exec(delete(EditorNotice).where(col(EditorNotice.editor_id) == editor.id))
    session.exec(delete(Editor).where(col(Editor.id) == editor.id))
