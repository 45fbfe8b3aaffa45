"""How much one source may hold. Lengths are those of the tables' columns."""

FILE_BYTES = 2 * 1024 * 1024
TEXT_LINES = 20_000
JSON_DEPTH = 50
MARKDOWN = 64 * 1024
"""Characters of a Markdown page: some of its syntax takes more than one look at each."""

TITLE = 500
NAME = 200
CATEGORY = 100
TAGLINE = 500
ENTRY_PRICE = 100
URL = 2000
TOOL_SLUG = 200
COMPARISON_SLUG = 400
PROSE = 10_000
"""Characters of a quote or a description; their columns have no length of their own."""
