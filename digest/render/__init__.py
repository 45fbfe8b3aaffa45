"""Content to bytes: Jinja2, then MJML, then inlined CSS; and a plain-text part written for reading."""
