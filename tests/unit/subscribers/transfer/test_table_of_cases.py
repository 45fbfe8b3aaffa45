"""The table of docs/cases-lists.md: each test that it names is there, and each case is in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "cases-lists.md").read_text(encoding="utf-8")
NAMED = re.findall(r"^\| (.+?) \| .+ \| `(.+?):(.+?)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("case", "path", "test"), NAMED)
def test_the_test_of_a_case_is_there(case: str, path: str, test: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {test}\(", source, re.MULTILINE), case


def test_every_file_of_a_case_is_in_the_table() -> None:
    files = {f"`{path.name}`" for path in (ROOT / "tests" / "cases" / "subscribers").iterdir()}
    assert files <= {case for case, _, _ in NAMED}


def test_every_file_that_is_read_by_kind_is_among_the_kinds() -> None:
    kinds = (ROOT / "tests/unit/subscribers/transfer/test_cases.py").read_text(encoding="utf-8")
    for case, _, test in NAMED:
        if test == "test_a_kind_of_file_is_read_as_it_is_meant":
            assert f'"{case.strip("`").removesuffix(".csv")}", ' in kinds, case
