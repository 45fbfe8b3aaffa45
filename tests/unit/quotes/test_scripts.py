"""How many words a text has and how wide it is, with spaces between words or without."""

import pytest

from digest.quotes.scripts import width, word_count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Skip it if you can.", 5),
        ("it's a well-kept, 3.5-times faster one", 6),
        ("— & …", 0),
        ("很好。", 1),
        ("它的参数命名清楚。", 4),
        ("它比 GPT 4.1 好得多了", 5),
        ("とても良いです", 3),
        ("좋은 도구 입니다", 3),
        ("ใช้งานได้ดี", 2),
    ],
)
def test_words_are_counted_by_the_script(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("很好。", 6), ("e\u0301", 1), ("ｶﾅ", 2), ("…—", 2)]
)
def test_a_wide_character_takes_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns
