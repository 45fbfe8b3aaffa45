"""Read a comparison page as HTML.

Comes in: bytes of an HTML document. Goes out: its visible lines, which are then read like page
text, and what its metadata states (address, date of publication).
"""
