"""How much one source may hold. Lengths are those of the tables' columns."""

FILE_BYTES = 2 * 1024 * 1024
TEXT_LINES = 20_000
TOKENS = 105_000
"""Tags and attributes of an HTML page; a text, a comment and a tag with attributes count twice."""
STREAMED_TOKENS = 50_000
"""The same, of a page whose parts have to be put in their places."""
LIST_TOKENS = 80_000
"""The same, of a page whose links are looked at as well."""
ATTRIBUTES = 1_000
"""Of one tag."""
BLANKS = 10_000
"""White space between two attributes."""
JSON_DEPTH = 50
MARKDOWN = 64 * 1024
"""Characters of a Markdown page: some of its syntax takes more than one look at each."""
MARKDOWN_LINES = 3_000
MARKDOWN_MARKS = 8_000
"""Characters of a Markdown page that mean something: brackets, stars, bars and the like."""
MARKDOWN_CELLS = 5_000
"""Cells of a page's tables; the library fills every row to the width of the first."""

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
