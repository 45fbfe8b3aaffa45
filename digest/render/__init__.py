"""Renders content to mail: Jinja2, then MJML, then inlined CSS; and a text part.

Comes in: `Content` and a brand. Goes out: `Rendered`, the same for every recipient, with slots
where recipients differ. Everything from outside is escaped, and can't place a slot.
"""
