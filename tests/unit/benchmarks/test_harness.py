"""The harness repeats cases, tells which ratio has become worse, and writes what it keeps."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks.cases import ALL
from benchmarks.harness import document, kept, table
from benchmarks.harness.case import Case, Options, Row, chosen
from benchmarks.harness.kept import Kept, KeptCase, slower
from benchmarks.harness.process import CaseError
from benchmarks.harness.spread import Measured, Spread, over, repeat

MESSAGES = Row("rate", "messages a second", "messages/s", 800, 100, "smtplib", aim=8, octets=49_008)
WAIT = Row.below("ms", "a page", "ms", ours=90, most=100)


def _measured(row: Row = MESSAGES, **changed: object) -> Measured:
    return replace(over([[row]])[0], **changed)  # type: ignore[arg-type]


def test_each_figure_has_its_median_least_and_most() -> None:
    figures = iter([(800.0, 100.0), (600.0, 100.0), (900.0, 90.0)])

    def measure(_: Options) -> list[Row]:
        ours, reference = next(figures)
        return [replace(MESSAGES, ours=ours, reference=reference, limit=ours * 2)]

    (row,) = repeat(Case("sent", measure, minutes=1), 3, Options())
    assert row.ours == Spread(800, 600, 900)
    assert row.ratio == Spread(8, 6, 10)
    assert row.limit == Spread(1_600, 1_200, 1_800)
    assert row.reached


def test_a_ratio_is_of_figures_of_one_run() -> None:
    runs = [[replace(MESSAGES, ours=10, reference=1)], [replace(MESSAGES, ours=100, reference=10)]]
    assert over(runs)[0].ratio == Spread(10, 10, 10)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([[MESSAGES, MESSAGES]], "a key stands twice"),
        ([[MESSAGES], [WAIT]], "not every run has the rows rate"),
    ],
)
def test_rows_that_cannot_be_put_together_are_told(runs: list[list[Row]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        over(runs)


@pytest.mark.parametrize(
    ("row", "now", "expected"),
    [
        (MESSAGES, 7.3, False),
        (MESSAGES, 7.1, True),
        (MESSAGES, 16.0, False),
        (WAIT, 0.98, False),
        (WAIT, 1.0, True),
        (WAIT, 0.2, False),
    ],
)
def test_a_tenth_worse_is_slower(row: Row, now: float, *, expected: bool) -> None:
    before = _measured(row)
    after = replace(before, ratio=Spread(now, now, now))
    assert slower(after, before) is expected
    assert not slower(after, None)


def test_a_slower_line_is_red_on_a_terminal_and_says_so_everywhere() -> None:
    before = Kept("a machine", {"sent": KeptCase(3, (_measured(),))})
    worse = _measured(ratio=Spread(5, 5, 5))
    plain = table.lines("sent", [worse], before, color=False)
    assert plain[1].endswith("slower")
    assert "\x1b" not in "".join(plain)
    assert "kept x 8" in plain[1]
    red = table.lines("sent", [worse], before, color=True)[1]
    assert red.startswith("\x1b[31m")
    assert red.endswith("slower\x1b[0m")
    better = table.lines("sent", [_measured()], before, color=True)[1]
    assert "slower" not in better
    assert "\x1b" not in better


def test_a_line_tells_everything_that_is_known() -> None:
    row = _measured(ours=Spread(812.4, 790, 1_020), limit=Spread(50_000, 50_000, 50_000))
    line = table.lines("sent", [row], Kept(), color=False)[1]
    assert line.split("\n") == [
        "  messages a second",
        (
            "      ours 812.4 (790 to 1,020) messages/s; smtplib 100; x 8; aim at least 8; "
            "49,008 bytes a message; the sink's limit 50,000"
        ),
    ]
    missed = _measured(WAIT, ratio=Spread(1.2, 1.2, 1.2))
    assert "aim at most 1, missed" in table.lines("page", [missed], Kept(), color=False)[1]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(12_273.4, "12,273"), (120.04, "120"), (5.381, "5.38"), (0.9, "0.9"), (0.0, "0")],
)
def test_figures_have_as_many_places_as_they_can_bear(amount: float, text: str) -> None:
    assert table.number(amount) == text


def test_what_is_kept_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    whole = Kept("a machine", {"sent": KeptCase(3, (_measured(), _measured(WAIT)))})
    kept.write(whole, ["page", "sent"], file)
    assert kept.read(file) == whole
    assert kept.read(tmp_path / "none.json") == Kept()
    kept.write(whole, ["page"], file)
    assert kept.read(file).cases == {}


def test_figures_of_another_machine_go() -> None:
    case = KeptCase(3, (_measured(),))
    here = Kept("one", {"sent": case}).updated("one", "page", case)
    assert set(here.cases) == {"sent", "page"}
    assert set(here.updated("another", "page", case).cases) == {"page"}


def test_cases_are_chosen_by_name() -> None:
    names = [case.name for case in ALL]
    assert len(set(names)) == len(names)
    assert [case.name for case in chosen(ALL, ["import*", "size"], full=False)] == [
        "size", "import-sqlite", "import-postgresql",
    ]  # fmt: skip
    assert all(not case.full for case in chosen(ALL, [], full=False))
    assert chosen(ALL, [], full=True) == ALL
    with pytest.raises(ValueError, match="no case 'smpt'; there are smtp-chunks-sqlite"):
        chosen(ALL, ["smpt"], full=False)


def test_the_document_holds_what_is_kept() -> None:
    text = document.FILE.read_text(encoding="utf-8")
    words = "write docs/performance.md anew: python -m benchmarks --write"
    assert document.written(text, kept.read()) == text, words


def test_only_its_part_of_the_document_is_written() -> None:
    text = f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n"
    found = document.written(text, Kept("a machine", {"sent": KeptCase(3, (_measured(),))}))
    assert found.startswith(f"before\n{document.BEGIN}\n\na machine; median, least and most of 3")
    assert found.endswith(f"{document.END}\nafter\n")
    assert "| messages a second | 800 messages/s | smtplib: 100 | x 8 | at least 8 |" in found
    assert "old" not in found
    with pytest.raises(ValueError, match="has no part"):
        document.written("nothing", Kept())


class TestCommand:
    """`python -m benchmarks`, with two cases of its own and files of its own."""

    @pytest.fixture(autouse=True)
    def _own(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.ours = 800.0
        self.kept = tmp_path / "kept.json"
        self.document = tmp_path / "performance.md"
        self.document.write_text(f"{document.BEGIN}\n{document.END}\n", encoding="utf-8")
        cases = [Case("sent", self.sent, minutes=2), Case("broken", self.broken, minutes=1)]
        monkeypatch.setattr(command, "ALL", cases)
        monkeypatch.setattr(command, "ORDER", ["sent", "broken"])
        monkeypatch.setattr(command, "KEPT", self.kept)
        monkeypatch.setattr(command, "DOCUMENT", self.document)

    def sent(self, options: Options) -> list[Row]:
        assert options.people == 100_000
        return [replace(MESSAGES, ours=self.ours)]

    def broken(self, _: Options) -> list[Row]:
        raise CaseError("it fell over")

    def test_kept_figures_are_what_the_next_run_is_held_against(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command.main(["sent", "--keep"]) == 0
        assert json.loads(self.kept.read_text())["cases"]["sent"]["runs"] == 3
        assert "x 8" in self.document.read_text()
        self.ours = 500
        capsys.readouterr()
        assert command.main(["sent"]) == 0
        assert "slower" in capsys.readouterr().out
        assert command.main(["sent", "--check"]) == 1
        assert "x 8" in self.document.read_text()

    def test_a_case_that_fails_ends_with_1_after_the_others(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command.main(["--runs", "1"]) == 1
        said = capsys.readouterr()
        assert "x 8" in said.out
        assert said.err == "broken: it fell over\n"

    def test_the_document_is_written_without_a_run(self) -> None:
        kept.write(Kept("here", {"sent": KeptCase(3, (_measured(),))}), ["sent"], self.kept)
        assert command.main(["--write"]) == 0
        assert "here; median, least and most of 3 runs." in self.document.read_text()

    def test_the_document_says_when_it_was_one_run(self) -> None:
        kept.write(Kept("here", {"sent": KeptCase(1, (_measured(),))}), ["sent"], self.kept)
        assert command.main(["--write"]) == 0
        assert "here; one run each." in self.document.read_text()

    def test_cases_are_listed_with_their_minutes(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main(["--list", "sent"]) == 0
        assert capsys.readouterr().out.split() == ["sent", "6.0", "min"]

    @pytest.mark.parametrize(
        "given", [["nothing"], ["--runs", "0"], ["--people", "5", "--keep"], ["--sink", "x"]]
    )
    def test_what_cannot_be_is_refused(self, given: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            command.main(given)
        assert ended.value.code == 2
