"""Lists the words for values of the data that pages and mail share."""

from digest.language.message import Message

REVIEWERS = {
    "builder": Message("The builder"),
    "skeptic": Message("The skeptic"),
    "futurist": Message("The futurist"),
    "founder": Message("The founder"),
}
VERDICTS = {"ship": Message("Ship"), "skip": Message("Skip")}
QUOTE = Message("“{quote}”")
"""Quotation marks are the language's own."""
