"""What other programs say of the mail: SpamAssassin's score, and what clients do not draw."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from digest.gate import Code, Gate, Level, SampleMessage, Tools
from digest.gate.checks.clients import VERSION, ClientTables, accepted, unsupported
from digest.gate.checks.spam import MAX_SCORE, SpamFilter, spam_score
from digest.gate.findings import Finding
from tests.parts.servers.machine import without
from tests.unit.gate.conftest import with_html

PACKAGE = Path(__file__).parents[2] / "node" / "node_modules" / "caniemail"


@pytest.fixture(scope="session")
def spam() -> SpamFilter:
    program = shutil.which("spamassassin")
    return SpamFilter(Path(program)) if program else without("SpamAssassin is not installed")


@pytest.fixture(scope="session")
def clients() -> ClientTables:
    node = shutil.which("node")
    if not node or not PACKAGE.is_dir():
        without("caniemail is not installed; try: npm ci --prefix tests/node")
    return ClientTables(Path(node), PACKAGE)


def findings(mail: SampleMessage, tools: Tools) -> list[Finding]:
    return [one for one in Gate(tools=tools).check(mail) if one.code is not Code.SIZE]


def test_the_digest_is_far_from_spam(sound: SampleMessage, spam: SpamFilter) -> None:
    """No offline rule adds a point: what adds one from now on has to be looked at."""
    score = spam_score(sound.message, spam)
    assert score.points <= MAX_SCORE
    assert [name for points, name, _ in score.rules if points > 0] == []


def test_spam_blocks_and_says_what_counted(sound: SampleMessage, spam: SpamFilter) -> None:
    """GTUBE is the line that every SpamAssassin takes for spam."""
    line = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    message = sound.message.partition(b"\r\n\r\n")[0].partition(b"MIME-Version")[0]
    mail = replace(sound, message=message + b"\r\n" + line + b"\r\n")
    found = {one.code: one for one in findings(mail, Tools(spam=spam))}
    assert found[Code.SPAM_FLAGGED].level is Level.BLOCKS
    assert "GTUBE" in found[Code.SPAM_FLAGGED].fix


@pytest.mark.parametrize(
    ("points", "code"), [("1.0", Code.SPAM), ("1.1", Code.SPAM_SCORE), ("5.0", Code.SPAM_FLAGGED)]
)
def test_what_a_score_means(sound: SampleMessage, tmp_path: Path, points: str, code: Code) -> None:
    answers = tmp_path / "spamassassin"
    answers.write_text(
        "#!/bin/sh\ncat > /dev/null\n"
        f"printf 'X-Spam-Status: No, score={points} required=5.0\\n\\n"
        f"Content analysis details:\\n\\n {points} HTML_ODD   BODY: odd\\n'\n"
    )
    answers.chmod(0o755)
    (found,) = [
        one for one in findings(sound, Tools(spam=SpamFilter(answers))) if "spam" in one.code
    ]
    assert found.code is code
    assert found.fix == f"what counted: {points} HTML_ODD (BODY: odd)"


def test_a_program_that_fails_is_told_and_blocks_nothing(
    sound: SampleMessage, tmp_path: Path
) -> None:
    broken = tmp_path / "spamassassin"
    broken.write_text("#!/bin/sh\ncat > /dev/null\necho no rules found >&2\n")
    broken.chmod(0o755)
    tools = Tools(ClientTables(broken, tmp_path), SpamFilter(broken))
    found = {one.code: one for one in findings(sound, tools)}
    assert set(found) == {Code.SPAM_UNCHECKED, Code.CLIENTS_UNCHECKED}
    assert "no rules found" in found[Code.SPAM_UNCHECKED].what
    assert {one.level for one in found.values()} == {Level.INFORMS}


def test_what_could_not_be_looked_up_is_said(sound: SampleMessage) -> None:
    found = findings(sound, Tools())
    assert {one.code for one in found} == {Code.SPAM_UNCHECKED, Code.CLIENTS_UNCHECKED}


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        (VERSION, set()),
        ("1.0.5", {Code.CLIENTS_UNCHECKED}),
        ("0.9", {Code.CLIENTS_UNCHECKED}),
        ("2.1.0", {Code.CLIENTS_VERSION}),
        ("3.0.0-rc.1", {Code.CLIENTS_VERSION}),
    ],
)
def test_another_version_of_the_tables_is_named(
    sound: SampleMessage, tmp_path: Path, version: str, codes: set[Code]
) -> None:
    """One from before 2 answers wrongly, so it is not asked."""
    (tmp_path / "package.json").write_text(json.dumps({"version": version}))
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\ncat > /dev/null\necho '{}'\n")
    node.chmod(0o755)
    told = [
        one for one in findings(sound, Tools(ClientTables(node, tmp_path))) if "clients" in one.code
    ]
    assert {one.code for one in told} == codes
    for one in told:
        assert f"caniemail {version} was found and {VERSION} is expected" in one.what
        assert f"caniemail@{VERSION}" in one.fix


def test_the_documents_name_the_version_that_the_tests_use() -> None:
    root = Path(__file__).parents[3]
    package = json.loads((root / "tests" / "node" / "package.json").read_text())
    assert package["dependencies"]["caniemail"] == VERSION
    for guide in ("gate.md", "operations.md"):
        assert f"caniemail@{VERSION}" in (root / "docs" / guide).read_text()


def test_all_that_a_client_lacks_has_something_in_its_place(
    sound: SampleMessage, clients: ClientTables
) -> None:
    assert findings(sound, Tools(clients=clients))[0].code is Code.SPAM_UNCHECKED
    assert len(findings(sound, Tools(clients=clients))) == 1


def test_a_new_feature_that_a_client_lacks_warns(
    sound: SampleMessage, clients: ClientTables
) -> None:
    page = sound.html.replace("</body>", '<p style="display:grid">Grid</p></body>')
    (finding,) = [
        one
        for one in findings(with_html(sound, page), Tools(clients=clients))
        if one.code is Code.CLIENT_UNSUPPORTED
    ]
    assert "display:grid is not supported by" in finding.what
    assert "outlook.windows" in finding.what


def test_nothing_is_accepted_that_is_not_used(sound: SampleMessage, clients: ClientTables) -> None:
    """A list of exceptions that only grows says nothing in the end."""
    used = unsupported(sound.html, clients)
    stale = {
        feature: sorted(names - used.get(feature, frozenset()))
        for feature, names in accepted().items()
        if names - used.get(feature, frozenset())
    }
    assert stale == {}
