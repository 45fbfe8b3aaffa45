"""The gate: each fault is found, and a sound issue passes."""

from dataclasses import replace

from digest.brand import NO_ADDRESS
from digest.gate import Level, blocking, check
from digest.render.rendered import Rendered, RenderedLink

SOUND = Rendered(
    "A subject",
    "A preheader",
    "<a href='https://d.example/unsubscribe/~~unsubscribe~~'>leave</a>",
    "https://d.example/unsubscribe/~~unsubscribe~~",
    (RenderedLink(1, "comparison", "A vs B", "https://site.example/a-vs-b"),),
)


def faults(rendered: Rendered) -> list[tuple[Level, str]]:
    return [(one.level, one.where) for one in check(rendered) if one.level is not Level.INFORMS]


def test_a_sound_issue_passes() -> None:
    assert faults(SOUND) == []


def test_an_empty_subject_blocks() -> None:
    assert (Level.BLOCKS, "subject") in faults(replace(SOUND, subject="  "))


def test_a_missing_unsubscribe_link_blocks_in_either_part() -> None:
    assert (Level.BLOCKS, "html") in faults(replace(SOUND, html="<p>"))
    assert (Level.BLOCKS, "text") in faults(replace(SOUND, text="hello"))


def test_what_gmail_would_cut_blocks() -> None:
    large = replace(SOUND, html=SOUND.html + "x" * 103_000)
    assert (Level.BLOCKS, "html") in faults(large)


def test_an_unsubscribe_link_below_the_cut_blocks() -> None:
    low = replace(SOUND, html="x" * 95_000 + SOUND.html)
    assert blocking(check(low))


def test_a_plain_http_link_warns_and_loopback_does_not() -> None:
    link = RenderedLink(1, "comparison", "A vs B", "http://site.example/")
    assert (Level.WARNS, "links") in faults(replace(SOUND, links=(link,)))
    local = replace(link, url="http://localhost:8000/")
    assert faults(replace(SOUND, links=(local,))) == []


def test_a_missing_postal_address_warns() -> None:
    assert (Level.WARNS, "footer") in faults(replace(SOUND, text=f"{SOUND.text}\n{NO_ADDRESS}"))


def test_an_unknown_slot_warns() -> None:
    assert (Level.WARNS, "text") in faults(replace(SOUND, text=SOUND.text + " ~~name~~"))
