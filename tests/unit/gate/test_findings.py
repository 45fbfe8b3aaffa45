"""Findings as an editor is told them."""

from digest.gate.findings import Code, Finding, Level, summary_line


def findings(count: int) -> list[Finding]:
    return [
        Finding(Level.BLOCKS, Code.LINK_DEAD, f"link {number}", "leads nowhere", "fix it")
        for number in range(1, count + 1)
    ]


def test_a_few_are_told_whole() -> None:
    told = summary_line(findings(3), 7)
    assert told.count("leads nowhere") == 3
    assert "more" not in told


def test_of_many_the_first_are_told_and_where_the_others_are() -> None:
    told = summary_line(findings(60), 7)
    assert told.count("leads nowhere") == 3
    assert told.endswith("; and 57 more, see: digest issue check 7")
