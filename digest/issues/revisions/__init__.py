"""Stores what was changed in an issue, by whom, in which order; replayed, it is the issue's state.

Comes in: the rows of one issue's revisions. Goes out: the state they add up to, which of them undo
and redo act on, and the history in sentences. Revisions are only ever added.
"""
