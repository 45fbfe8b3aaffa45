"""Where a sentence ends, kind by kind. In doubt two stay together: a half is never printed."""

import pytest

from digest.quotes.sentences import is_whole, sentences

KINDS = {
    "abbreviation that opens": ["E.g. the client does it in one call.", "No one does."],
    "abbreviation before a price": ["The plan costs approx. $20 a month.", "It is fair."],
    "abbreviation before a capital": ["It costs Approx. Twenty dollars.", "It is fair."],
    "versus between two names": ["Tern vs. Gull is no contest.", "Gull VS. Tern is."],
    "No. as a number and as an answer": ["No. 1 is what it claims.", "No.", "That is wrong."],
    "country before a name": ["I ran it on the U.S. Treasury's filings.", "It works."],
    "country at an end": ["It is sold in the U.S.", "The rest of us wait."],
    "time before a place": ["It falls over at 9 a.m. Pacific every day.", "It wakes at 5."],
    "time at an end": ["It falls over at 5 p.m.", "Then it works."],
    "titles and companies": ["Dr. Smith of Acme Inc. signed it.", "Mr. Jones did not."],
    "degrees": ["She has a Ph.D. in it.", "He has an M.D. and a B.Sc. from there."],
    "initials": ["J. K. Rowling and R. D. Laing use it.", "So does A. Smith."],
    "places": ["St. Louis and Mt. Everest are far.", "So is Ft. Worth."],
    "months": ["In Jan. 2026 it rose.", "In Dec. it fell."],
    "figures and pages": ["See Fig. 3 and vol. 2, pp. 3-4.", "Done."],
    "units": ["It is 5ft. 10in. tall and takes 5 min. 30 to load.", "It took 5 min.", "Done."],
    "et cetera within and at an end": ["Tools etc. are there.", "It has more, etc.", "It works."],
    "decimals": ["It is 3.5 times as fast.", "We saw 4.", "Others saw 2.5."],
    "versions": ["It runs v1.2.", "We had v1.2.3 before.", "GPT-5 is another matter."],
    "model names that end in a number": ["We like Llama 4.", "Teams love GPT-5.", "Ship it!"],
    "files and domains": ["Node.js and copy.ai are names.", "I use Node.js.", "Character.AI too."],
    "file at an end": ["The keys live in settings.py.", "Edit main.py first."],
    "names in small letters": ["The app is good.", "iPhone users get less.", "iOS is fine."],
    "code in backticks": ["Call `load. Then run` once.", "`pip` does the rest."],
    "ellipsis within": ["It was... Fine, I guess.", "Done."],
    "ellipsis as one character": ["We waited… Then it came.", "Done."],
    "brackets around sentences": ["It fails (see p. 4. It is short.) at times.", "Done."],
    "a whole sentence in brackets": ["It fails.", "(I tried.)", "Then it works."],
    "a mark alone in brackets": ["It works (!) Mostly so.", "It works (!).", "Done."],
    "a smiley": ["It failed :( in June.", "It works."],
    "straight single quotes": ["It says 'It works. Always.' and it does.", "Done."],
    "straight double quotes": ['They call it "Fast. Cheap. Good." and mean it.', "Done."],
    "curly quotes": ["It says “It works. Always.” and it does.", "‘Yes. Now.’ they said."],
    "quotation before a name": ["They call it “Fast. Cheap.” Gull agrees.", "Done."],
    "quotation before a sentence": ["They call it “Fast. Cheap.”", "The rest of us wait."],
    "brackets before a name": ["It fails (I tried. Twice.) Gull too.", "Done."],
    "nested quotes": ["She said “He said ‘No. Never.’ and left. Then?” and left.", "Done."],
    "apostrophes are no quotes": ["It’s the users' data.", "The teams’ work isn't done.", "Don't."],
    "apostrophes that open a word": ["Rock 'n' roll.", "In the '90s it was new.", "'Til now."],
    "a plural in a quotation": ["It says 'the users' data is safe. Always.' Twice.", "No."],
    "an inch": ['A 5" screen is enough.', 'It is "great. Really." Done.'],
    "end before a closing quote": ["Is it 'done?'", "Nearly!", "So ship it.", "3 of 4 would."],
    "German quotes": ["Er sagte: „Das ist gut. Sehr gut.“ und ging.", "Das stimmt."],
    "German single quotes": ["Sagt ‚gut. Sehr gut.‘ und geht.", "Fertig."],
    "German guillemets": ["Sie nennen es »Schnell. Billig.« und lügen.", "Fertig."],
    "German abbreviations": ["Gull ist z. B. gut.", "Es kostet ca. 20 Euro, d.h. wenig.", "Gut."],
    "German ordinals": ["Am 5. Mai kam es.", "Gut."],
    "French quotes and spaces": ["Il dit : « C’est bon. Très. » et part.", "Fini !", "Oui."],
    "Swedish quotes": ["Han sa ”Bra. Mycket bra.” och gick.", "Klart."],
    "Spanish marks": ["¿Es bueno?", "¡Sí!", "El Sr. García lo usa.", "Bien."],
    "Arabic": ["هل هذا جيد؟", "نعم، جيد.", "شكرا۔"],
    "Khmer": ["ប្រើបាន។", "ល្អ។"],
    "Hindi": ["यह अच्छा है।", "हाँ।"],
    "two marks at once": ["Wait!?", "What?!", "Done!!!"],
    "a mark within a name": ["Yahoo! is a name.", "Yahoo! Finance is another."],
    "numbered list in a line": ["Pros: 1. Price 2. Docs 3. Support.", "Cons: none."],
    "numbered sentences": ["1. It is cheap.", "2. It is fast."],
    "lettered list": ["There are a. Price b. Speed c. Trust and none holds.", "Done."],
    "bracketed letters": ["There are (a) price and b) docs.", "Fine."],
    "no capitals at all": ["it works.", "it's fast, e.g. here.", "skip it."],
    "no full stop at the end": ["It works.", "Ship it"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_this_kind_is_cut_at_its_ends_only(kind: str) -> None:
    expected = KINDS[kind]
    assert sentences(" ".join(expected)) == expected


UNSPACED = {
    "Chinese": ["这个模型能运行，不需要密钥。", "文档很好！", "真的吗？", "是的。"],
    "Chinese with numbers and names": ["这是 v1.2 版本。", "它比 GPT 4.1 好。"],
    "Chinese quotes": ["他说：“很好。真的。”然后走了。", "完。"],
    "Japanese quotes": ["彼は「とても良い。本当に。」と言った。", "終わり。"],
    "half-width and full-width stops": ["很好｡", "真的．", "版本３．５很好。", "完"],
    "ASCII marks": ["真的吗?", "是的!", "好。"],
    "full-width brackets": ["价格（每月二十。含税。）很好。", "完。"],
}


@pytest.mark.parametrize("kind", UNSPACED)
def test_a_text_without_spaces_is_cut_at_its_ends_only(kind: str) -> None:
    expected = UNSPACED[kind]
    assert sentences("".join(expected)) == expected


def test_paragraphs_and_list_items_end_what_stands_before_them() -> None:
    text = "It works\n\nShip it. Then\nwait.\n- fast\n- cheap"
    assert sentences(text) == ["It works", "Ship it.", "Then wait.", "- fast", "- cheap"]


def test_a_quote_mark_that_opens_each_paragraph_does_not_hold_the_rest() -> None:
    text = "“First of it. And more.\n\n“Second of it. Done.”"
    assert sentences(text) == ["“First of it.", "And more.", "“Second of it. Done.”"]


@pytest.mark.parametrize(
    "text",
    [
        "The plan costs approx.",
        "It was “never left open.",
        "It closes” what it never opened.",
        "It fails (see there.",
        "It fails) here.",
        "And so on…",
        "And so on...",
        "What remains:",
        "It is fast,",
        "It is fast and —",
        "- one of a list",
        "… and so on.",
        "?!",
        "“”",
        "",
    ],
)
def test_a_piece_that_is_no_sentence_is_known(text: str) -> None:
    assert not is_whole(text)


@pytest.mark.parametrize(
    "text",
    ["It works.", "“It works.”", "Ship it", "$20 is fair.", "¿Es bueno?", "很好。", "a) It works."],
)
def test_a_sentence_is_known(text: str) -> None:
    assert is_whole(text)
