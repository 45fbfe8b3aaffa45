"""What is shipped: the wheel holds everything it runs on, and nothing names a package host."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    target = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = target.glob("verdict_digest-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    "path",
    [
        "digest/templates/email/digest/issue.mjml.j2",
        "digest/templates/email/digest/issue.txt.j2",
        "digest/templates/web/unsubscribe.html",
        "digest/templates/web/static/site.css",
        "digest/gate/accepted.json",
        "digest/gate/caniemail.mjs",
        "digest/migrations/env.py",
        "digest/migrations/versions/0001_the_first_schema.py",
        "digest/samples/subscribers.csv",
        "subscribers/tables.py",
        "schedules/tables.py",
        "store/base.py",
    ],
)
def test_the_wheel_holds_what_it_runs_on(contents: set[str], path: str) -> None:
    assert path in contents


def test_the_wheel_holds_no_tests(contents: set[str]) -> None:
    assert not [name for name in contents if name.startswith(("tests/", "benchmarks/"))]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_is_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pinned = re.findall(r"^[A-Za-z0-9_.\[\]-]+==", text, re.MULTILINE)
    assert pinned
    assert "://" not in text
    assert "--index-url" not in text
    assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:", text)) == len(pinned)


def test_every_direct_dependency_of_the_issue_is_declared() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").lower()
    for name in (
        "jinja2",
        "mjml-python",
        "sqlmodel",
        "apscheduler",
        "sendgrid",
        "pytest",
        "freezegun",
    ):
        assert f'"{name}' in text
