"""The forms of the edit page. What is refused comes back on the page, with why and the input."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Response

from digest.issues.lifecycle import IssueError, NoSuchIssueError, find_issue
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditConflictError
from digest.pipeline.editing.changes import Change
from digest.pipeline.editing.edit_view import TextField
from digest.pipeline.editing.editor import Edit
from digest.web.forms import FormFields
from digest.web.public.issues import issue_number
from digest.web.site import TemplatesDep
from digest.web.studio.common import see_other, without_cli_hint
from digest.web.studio.context import ContextDep, StudioSite, StudioSiteDep
from digest.web.studio.edit.forms import EditForm, edit_form
from digest.web.studio.edit.page import look_of, read_edit_page
from digest.web.studio.edit.pages import show_edit_page
from digest.web.studio.edit.values import Conflict, EditPage
from store.errors import UserError

router = APIRouter()

REFUSED = 409


@dataclass(frozen=True, slots=True)
class _Tools:
    site: StudioSiteDep
    templates: TemplatesDep
    context: ContextDep


@router.post("/issues/{number}/edit")
def edit(number: str, given: FormFields, tools: Annotated[_Tools, Depends()]) -> Response:
    """Makes the changes that a form asks for, and leads back to the page."""
    form, wanted = edit_form(given), issue_number(number)
    editing = _Editing(tools.site, wanted, tools.context.editor, form)
    problem = ""
    try:
        editing.act()
    except NoSuchIssueError:
        raise
    except UserError as error:
        problem = without_cli_hint(str(error))
    if not problem and not editing.conflicts:
        return see_other(_address(tools, wanted, form, editing.said))
    page = read_edit_page(
        tools.site, wanted, search=given.get("find", ""), conflicts=editing.conflicts
    )
    return show_edit_page(
        tools.site,
        tools.templates,
        _with_texts(page, given) if problem else page,
        look_of(given.get("view", ""), given.get("who", "")),
        problem=problem,
        status=REFUSED,
        given=dict(given),
        opened=_opened(form),
    )


@dataclass
class _Editing:
    """One form's changes of one issue: each text by itself, so that a conflict keeps the others."""

    site: StudioSite
    number: int
    by: str
    form: EditForm

    def __post_init__(self) -> None:
        self.conflicts: dict[str, Conflict] = {}
        self.said = ""

    def act(self) -> None:
        """Make the changes. Raises UserError; conflicts of texts are kept in `conflicts`."""
        form = self.form
        if form.act == "reopen":
            self._note(self.site.issues.editor.change(self.number, by=self.by))
            return
        self._ensure_draft()
        for write in form.writes():
            try:
                self._note(self._change(write))
            except EditConflictError as error:
                self.conflicts[write.field] = _conflict(error, write.text)
        for choice in form.quotes():
            self._note(self._change(choice))
        if form.act in ("undo", "redo"):
            self._note(self._step())
        elif (change := form.change()) is not None:
            self._note(self._change(change))

    def _ensure_draft(self) -> None:
        """Refuse to take an approval back by an edit that did not mean to."""
        with self.site.store.read() as session:
            state = find_issue(session, self.number).state
        if state != "draft":
            msg = f"issue {self.number} is {state} now: nothing was changed"
            raise IssueError(msg)

    def _change(self, change: Change) -> Edit:
        editor = self.site.issues.editor
        return editor.change(self.number, change, by=self.by, seen=self.form.seen)

    def _step(self) -> Edit:
        editor = self.site.issues.editor
        if self.form.act == "redo":
            return editor.redo(self.number, self.by)
        return editor.undo(self.number, self.by, self.form.number("revision"))

    def _note(self, made: Edit) -> None:
        if made.added:
            self.said = str(made.added[-1].n)


def _conflict(error: EditConflictError, text: str) -> Conflict:
    theirs = fields.text_of(error.theirs)
    return Conflict(error.field, text, theirs, error.by)


def _with_texts(page: EditPage, given: Mapping[str, str]) -> EditPage:
    """Return the page with the texts that a refused form held, so that no word is lost."""
    issue = page.issue
    texts = {name.partition(":")[2]: text for name, text in given.items() if name[:5] == "text:"}

    def held(one: TextField) -> TextField:
        return replace(one, text=texts.get(one.field, one.text))

    return replace(
        page,
        issue=replace(
            issue,
            subject=held(issue.subject),
            preheader=held(issue.preheader),
            intro=held(issue.intro),
            closing=held(issue.closing),
            picks=tuple(
                replace(one, headline=held(one.headline), summary=held(one.summary))
                for one in issue.picks
            ),
        ),
    )


def _opened(form: EditForm) -> str:
    """Return the comparison whose words and quotes the form came from; empty for another's."""
    return form.slug if form.act in ("save", "apart", "group", "hide", "show") else ""


def _address(tools: _Tools, number: int, form: EditForm, said: str) -> str:
    given = form.given
    query = {"view": given.get("view"), "who": given.get("who"), "find": given.get("find")}
    query["open"] = _opened(form)
    kept = {name: value for name, value in {**query, "said": said}.items() if value}
    place = f"#pick-{quote(form.slug)}" if form.slug else ""
    search = f"?{urlencode(kept)}" if kept else ""
    return f"{tools.templates.base}/studio/issues/{number}{search}{place}"
