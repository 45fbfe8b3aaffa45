import pytest
from mjml import mjml2html

from digest.render.errors import TemplateError
from digest.render.mjml.compiler import INLINE_STYLE, MAX_CHARACTERS, MAX_DEPTH, check, mjml_to_html

PAGE = """<mjml><mj-head>{head}</mj-head><mj-body>
<mj-section><mj-column>
{column}
</mj-column></mj-section></mj-body></mjml>"""


def page(column: str = "", head: str = "") -> str:
    return PAGE.format(column=column, head=head)


def test_good_mjml_becomes_html() -> None:
    html = mjml_to_html(page("<mj-text>A &amp; B &nbsp;<b>c</b></mj-text>"), "a.mjml.j2")
    assert "A &amp; B &nbsp;<b>c</b>" in html


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("<mj-tex>x</mj-tex>", "unknown tag <mj-tex> in <mj-column>"),
        ("<div>x</div>", "unknown tag <div> in <mj-column>"),
        ("<mj-include path='../../etc/passwd' />", "unknown tag <mj-include>"),
        ("<mj-section />", "<mj-section> may not stand in <mj-column>"),
        ("<mj-text colour='red'>x</mj-text>", 'unknown attribute colour="..." on <mj-text>'),
        ("<mj-spacer href='x' />", 'unknown attribute href="..." on <mj-spacer>'),
        ("lost words", "text in <mj-column>, which shows none: 'lost words'"),
        ("<mj-text><b><mj-text /></b></mj-text>", "<mj-text> may not stand inside <mj-text>"),
        ("<mj-text>a & b</mj-text>", "not well-formed"),
        ("<mj-text><br></mj-text>", "not well-formed: mismatched tag"),
        ("<mj-text><![CDATA[x]]></mj-text>", "a CDATA section"),
        ("<mj-text><?php ?></mj-text>", "a processing instruction"),
        ("<mj-text padding='0 24px'>x</mj-text>", "lengths with a unit"),
    ],
)
def test_what_the_library_passes_over_in_silence_is_refused_with_its_line(
    column: str, problem: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        check(page(column), "a.mjml.j2")
    assert str(caught.value).startswith("a.mjml.j2, line 3: ")
    assert problem in str(caught.value)


def test_the_library_alone_says_nothing_of_it() -> None:
    """The reason for the lint; when this fails, the library has learned to report."""
    assert "<mj-tex>" in mjml2html(page("<mj-tex>x</mj-tex>"))
    assert "colour" not in mjml2html(page("<mj-text colour='red'>x</mj-text>"))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<p />",
        "<mjml>",
        '<?xml version="1.0"?><mjml />',
        '<!DOCTYPE mjml [<!ENTITY a "aaaa">]><mjml />',
    ],
)
def test_what_is_no_mjml_document_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        check(source, "a.mjml.j2")


def test_defaults_are_checked_like_tags() -> None:
    good = '<mj-attributes><mj-all font-size="1px" /><mj-class name="a" color="red" />'
    check(page(head=f'{good}<mj-text color="red" /></mj-attributes>'), "a")
    with pytest.raises(TemplateError, match="unknown attribute"):
        check(page(head='<mj-attributes><mj-text colour="red" /></mj-attributes>'), "a")
    with pytest.raises(TemplateError, match="no defaults"):
        check(page(head="<mj-attributes><mj-tex /></mj-attributes>"), "a")


def test_depth_is_bounded_long_before_the_library_crashes() -> None:
    levels = MAX_DEPTH - 5
    check(page(f"<mj-text>{'<i>' * levels}{'</i>' * levels}</mj-text>"), "a")
    with pytest.raises(TemplateError, match=f"more than {MAX_DEPTH} levels"):
        check(page(f"<mj-text>{'<i>' * 50_000}{'</i>' * 50_000}</mj-text>"), "a")


def test_size_is_bounded() -> None:
    with pytest.raises(TemplateError, match="characters, expected at most"):
        check(page("x" * MAX_CHARACTERS), "a")


def test_styles_to_be_inlined_are_marked_and_leave_no_other_trace() -> None:
    head = '<mj-style inline="inline">.a > b { color: red }</mj-style><mj-style>.k {}</mj-style>'
    html = mjml_to_html(page(head=head), "a")
    assert f"{INLINE_STYLE}.a > b {{ color: red }}</style>" in html
    assert html.count("color: red") == 1


def test_no_font_is_fetched_from_a_third_party() -> None:
    text = '<mj-text font-family="Roboto, Open Sans, Ubuntu">x</mj-text>'
    assert "googleapis" not in mjml_to_html(page(text), "a")
