"""Content to bytes: Jinja2, then MJML, then inlined CSS; and a text part for reading."""
