"""Knows after which full stops a sentence goes on: abbreviations of any case, initials, numbers."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Something always follows these, so that the sentence never ends with their full stop.
_ALWAYS = _words(
    """
    e.g eg i.e viz cf vs approx appx ca circa incl excl esp resp
    mr mrs ms mx dr prof rev hon gen col lt sgt capt cmdr gov sen rep pres st mt ft messrs
    mme mlle sra dra hr fr
    z.b d.h u.a v.a s.o s.u i.d.r bzw ggf evtl inkl exkl zzgl vgl sog
    p.ej p.ex par.ex ej pág núm ee
    """
)
# Abbreviations before a number, words otherwise: "No. 1", but "No. That is wrong."
_BEFORE_A_NUMBER = _words(
    """
    no nos nr num fig figs sec art vol vols ch chap p pp pg eq ver v ed para tab ref min max
    secs hr hrs ft in lb lbs oz
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    """
)
# They end a sentence or stand within one; what follows decides.
_EITHER = _words(
    """
    etc usw inc ltd co corp llc plc gmbh bros jr sr esq al dept univ est assn intl natl
    ph.d m.sc b.sc ed.d ll.m ll.b d.phil dipl.ing ave blvd rd
    """
)
# Words that begin a sentence and hardly ever a name.
_STARTERS = _words(
    """
    The A An It Its It's This That These Those They Their We Our You Your He She His Her I My There
    Then But And So Or If When While What Why How Who Where However Still Yet Also Because Though
    Although Nobody Nothing Everyone Not Yes No Maybe Nearly Hardly
    Der Die Das Es Sie Wir Ich Ein Eine Und Aber Wenn Le La Les Un Une Il Elle Nous Mais Et Si El
    Los Las Pero
    """
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_FIRST_WORD = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[^\W_]+(?:[.'’&][^\W_]+)*\Z")
_LOOK_BACK = 40
# German words before an ordinal, which has a full stop of its own: "am 5. Mai".
_BEFORE_AN_ORDINAL = re.compile(
    r"\b(?:am|an|der|die|das|den|dem|des|im|vom|zum|zur|beim|ab|bis|seit|ihr\w*|sein\w*|jede\w*)\s+\Z",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"(?:^|(?<=[\s:;(]))(\d{1,2})\.(?=\s)")


def word_before(text: str, at: int) -> tuple[str, int]:
    """Return the word that ends at `at` and where it starts; empty where there is none."""
    start = max(0, at - _LOOK_BACK)
    found = _WORD.search(text[start:at])
    return (found.group(), start + found.start()) if found else ("", at)


def list_numbers(text: str) -> frozenset[int]:
    """Return where the full stops of a numbered list are: 1., 2. and so on, in this order."""
    found: list[int] = []
    for number in _LIST_NUMBER.finditer(text):
        if int(number.group(1)) == len(found) + 1:
            found.append(number.end() - 1)
    return frozenset(found if len(found) > 1 else ())


def goes_on(before: str, word: str, following: str) -> bool:
    """Return whether the sentence goes on after `word` and a full stop, before `following`.

    `before` is what the sentence says up to the word; where that is nothing, a single letter or a
    number numbers a list. In doubt it goes on: two sentences taken for one are still whole.
    """
    folded = word.casefold().lstrip("0123456789")
    opens = not any(character.isalnum() for character in before)
    numbered = following.lstrip("#$€£¥")[:1].isdigit()
    if word.isdigit():
        return opens or numbered or bool(_BEFORE_AN_ORDINAL.search(before))
    if folded in _ALWAYS:
        return True
    if folded in _BEFORE_A_NUMBER and numbered:
        return True
    if len(word) == 1 and word.isalpha():
        return opens or not word.isupper() or not starts_a_sentence(following)
    if folded in _EITHER or _DOTTED.fullmatch(word):
        return not starts_a_sentence(following)
    return False


def ends_open(sentence: str) -> bool:
    """Return whether `sentence` stops at an abbreviation that can't end one ("approx.")."""
    bare = sentence.rstrip("\"'”’)]» ")
    return bare.endswith(".") and word_before(bare, len(bare) - 1)[0].casefold() in _ALWAYS


def starts_a_sentence(following: str) -> bool:
    """Return whether `following` begins with a word that opens sentences and is rarely a name."""
    found = _FIRST_WORD.match(following)
    return found is not None and found.group() in _STARTERS
