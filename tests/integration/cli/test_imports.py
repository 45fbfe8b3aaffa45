"""What a command that only reads does not import: most of its time would be imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "alembic",
    "altcha",
    "apscheduler",
    "asyncpg",
    "babel",
    "css_inline",
    "cryptography",
    "dns",
    "email.headerregistry",
    "fastapi",
    "idna",
    "jinja2",
    "mjml",
    "procrastinate",
    "prometheus_client",
    "psycopg",
    "rich",
    "sendgrid",
    "sqlalchemy.dialects.postgresql",
    "starlette",
    "tinycss2",
    "uvicorn",
    "digest.bootstrap",
    "digest.gate",
    "digest.pipeline.issue_renderer",
    "digest.pipeline.issue_service",
    "digest.pipeline.sending",
    "digest.web",
)
PROBE = """
import sys
from digest.cli import main
sys.argv = ["digest", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("imported:", *sorted(sys.modules), file=sys.stderr)
"""


def imported_by(folder: Path, *arguments: str) -> set[str]:
    environment = {name: text for name, text in os.environ.items() if name[:7] != "DIGEST_"}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stderr.rpartition("imported:")[2].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds a draft."""
    folder = tmp_path_factory.mktemp("reading")
    pages = Path(__file__).parents[3] / "digest" / "samples" / "comparisons"
    imported_by(folder, "comparisons", "import", str(pages))
    imported_by(folder, "issue", "draft")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("issue", "list", "--json"),
        ("issue", "status", "1"),
        ("issue", "show", "1"),
        ("comparisons", "list"),
        ("schedule", "list"),
        ("suppressions", "list"),
    ],
    ids=" ".join,
)
def test_a_command_that_reads_imports_nothing_heavy(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    modules = imported_by(folder, *arguments)
    assert "sqlmodel" in modules, "it did read the database"
    assert sorted(modules.intersection(HEAVY)) == []


def test_help_imports_no_database(folder: Path) -> None:
    modules = imported_by(folder, "issue", "--help")
    assert (
        sorted(modules.intersection({*HEAVY, "pydantic_settings", "sqlalchemy", "sqlmodel"})) == []
    )
