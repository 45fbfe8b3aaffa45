"""Edits an issue: each change is a revision, and undo and redo are further ones.

Comes in: changes, who makes them, and the revision that they looked at. Goes out: the issue's rows
as its revisions tell, or a conflict that shows both texts. `IssueEditor` makes changes, `edit_view`
reads all that an editing page shows.
"""
