"""Moving from another tool by the command line: a look first, the odd rows after, the way back."""

import io
import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run

GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
    "deleted_at,labels,tiers\n"
    '1,ana@example.org,Ana,,true,false,,2024-01-15T10:00:00.000Z,,"ai",\n'
    "2,bo@example.org,Bo,,false,false,,2024-01-15T10:00:00.000Z,,,\n"
    "3,cy at example.org,Cy,,true,false,,2024-01-15T10:00:00.000Z,,,\n"
)


def test_a_dry_run_then_the_import_then_what_was_refused(run: Run, home: Path) -> None:
    (home / "members.csv").write_text(GHOST, encoding="utf-8")
    counts = "1 added, 0 already there, 0 repeated, 0 suppressed, 1 refused, 1 kept as departed"
    dry = run("subscribers", "import", "members.csv", "--dry-run")
    assert dry.status == 1
    assert dry.out == f"dry run: {counts}\n"
    assert run("subscribers", "show", "ana@example.org").status == 1
    got = run("subscribers", "import", "members.csv")
    assert got.status == 1
    assert got.out == f"{counts}\n"
    assert "read as an export of Ghost, parted by commas, in UTF-8\n" in got.err
    assert "line 4: found 'cy at example.org'" in got.err
    assert "no place here for the columns: id, note, complimentary_plan" in got.err
    assert "members.csv.refused.csv" in got.err
    bo = json.loads(run("subscribers", "show", "bo@example.org", "--json").out)
    assert (bo["status"], bo["suppression"]["reason"]) == ("unsubscribed", "unsubscribed")
    refused = home / "members.csv.refused.csv"
    refused.write_bytes(refused.read_bytes().replace(b" at ", b"@"))
    assert run("subscribers", "import", str(refused)).status == 0
    cy = json.loads(run("subscribers", "show", "cy@example.org", "--json").out)
    assert cy["status"] == "active"
    assert [one["kind"] for one in cy["consents"]] == ["requested", "imported"]
    assert cy["consents"][0]["at"] == "2024-01-15T10:00:00Z"


def test_the_report_goes_where_it_is_told_but_never_over_the_list(run: Run, home: Path) -> None:
    (home / "list.csv").write_text("email\nnonsense\n", encoding="utf-8")
    got = run("subscribers", "import", "list.csv", "--report", "list.csv")
    assert got.status == 1
    assert got.err.strip().endswith("list.csv is the file to import; name another")
    run("subscribers", "import", "list.csv", "--report", "odd.csv")
    assert (home / "odd.csv").read_text(encoding="utf-8-sig").startswith("email,refused_line,")
    assert not (home / "list.csv.refused.csv").exists()
    run("subscribers", "import", "list.csv", "--report", "no/such/folder.csv")
    assert run("subscribers", "import", "list.csv", "--report", "no/folder.csv").status == 1


def test_a_list_may_come_through_a_pipe(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"email\nana@example.org\nx\n")))
    got = run("subscribers", "import", "-", "--status", "active")
    assert got.out.startswith("1 added")
    assert "line 3: found 'x'" in got.err
    refused = home / "standard-input.refused.csv"
    assert refused.read_text(encoding="utf-8-sig").splitlines()[1].startswith("x,3,")


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04", b"name\nAna\n"]
)
def test_a_file_that_is_no_list_is_refused_in_one_line(
    run: Run, home: Path, content: bytes
) -> None:
    (home / "list.csv").write_bytes(content)
    got = run("subscribers", "import", "list.csv")
    assert got.status == 1
    assert got.out == ""
    assert got.err.count("\n") == 1
    assert got.err.startswith("list.csv: ") or "list.csv: " in got.err
    assert list(home.glob("*.refused.csv*")) == []


def test_what_is_exported_comes_back_into_another_database(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same secret also those of whom nothing is known but a keyed hash."""
    monkeypatch.setenv("DIGEST_SECRET_KEY", "a secret of the tests long enough for any use")
    (home / "members.csv").write_text(GHOST, encoding="utf-8")
    run("subscribers", "import", "members.csv")
    run("subscribers", "erase", "di@example.org")
    assert run("subscribers", "export", "all.csv").status == 0
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{home}/other.db")
    assert run("subscribers", "import", "all.csv").out.startswith("1 added")
    assert run("subscribers", "export", "again.csv").status == 0
    assert (home / "again.csv").read_bytes() == (home / "all.csv").read_bytes()
    assert run("subscribers", "add", "di@example.org").status == 1
