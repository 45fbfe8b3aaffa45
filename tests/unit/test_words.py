"""The words that the field has none for do not come back: docs/glossary.md has ours.

Three searches: names of modules, names that code defines, and words anywhere in code and docs. The
right side of each list is what the field says. Migrations, decisions and golden files keep what
they once said.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "digest",
    "store",
    "subscribers",
    "schedules",
    "templates",
    "tests",
    "benchmarks",
    "docs",
)
KEPT = (
    "docs/decisions/*",  # what was decided, in the words of its day
    "digest/migrations/versions/*",  # tables and columns as they were made
    "digest/samples/*",  # made-up pages
    "tests/golden/files/*",  # what others rely on
    "tests/golden/seams/*",
    "tests/corpora/*",  # letters and replies of mail servers
    "tests/unit/test_words.py",
)

MODULES = {
    "presence": "worker_lock", "pace": "limiter", "meter": "token_bucket", "lanes": "domain_queues",
    "reach": "eligible", "blame": "apply", "faults": "bounce_type", "again": "resend",
    "letters": "transactional", "letter_tables": "tables", "letters_back": "transactional",
    "readdress": "wire_address", "outbox": "maildir", "smtp_fleet": "pool",
    "smtp_openings": "pending", "smtp_conversation": "connection", "smtp_wire": "transport",
    "smtp_target": "url", "sendgrid_run": "submission", "sendgrid_line": "client",
    "desk": "issue_service", "shift": "batch_runner", "frozen": "issue_renderer",
    "post": "transactional_mailer", "announce": "notify_workers", "permits": "queue",
    "steps": "tasks", "jobs": "maintenance", "gathering": "group_commit", "intake": "sources",
    "effects": "ingest", "machines": "bot_detection", "labels": "classification",
    "dossier": "data_export", "moves": "address_change", "puzzles": "proof_of_work",
    "standing": "deliverability", "facts": "check_result", "specimen": "sample_message",
    "leaving": "unsubscribe", "leftovers": "unrendered", "cascade": "color_schemes",
    "knocks": "rate_counter", "arrivals": "rows", "admission": "batch", "opening": "encoding",
    "seen": "duplicates", "sheet": "csv_file", "layouts": "formats",
    "lifting": "suppression_removal", "roster": "service", "cadence": "recurrence",
    "by_hand": "manual_run", "polish": "inline_and_minify", "origin": "source_map",
    "vocabulary": "schema", "frame": "common", "invitation": "signup_form", "proof": "preview",
    "bearers": "token_links", "books": "counts", "local": "local_only",
}  # fmt: skip
NAMES = {
    "Presence": "WorkerLock", "Pacing": "RateLimiter", "Charge": "BounceRecord",
    "Fault": "BounceType", "Receipt": "Accepted", "Refusal": "Rejected",
    "Owed": "TransactionalMessage", "Letter": "TransactionalMessage", "Post": "TransactionalMailer",
    "Outbox": "MaildirProvider", "Fleet": "ConnectionPool", "Orders": "SendOptions",
    "Openings": "PendingConnections", "Conversation": "PipelinedConnection",
    "Flight": "InFlightMessage", "Wire": "Transport", "LineLost": "ConnectionLostError",
    "SmtpTarget": "SmtpUrl", "Mold": "MessageTemplate", "Envelope": "Personalization",
    "Bearer": "TokenClaims", "Desk": "IssueService", "Shift": "BatchRunner",
    "Frozen": "IssueRenderer", "Permits": "SendTasks", "Gathering": "GroupCommit",
    "HitBook": "HitWriter", "Report": "DeliveryEvent", "Wish": "UnsubscribeRequest",
    "Stand": "SenderConfig", "Fact": "CheckResult", "SilentError": "DnsUnavailableError",
    "Specimen": "SampleMessage", "Arrival": "ImportRow", "Terms": "ImportOptions",
    "LiftError": "SuppressionRemovalError", "Roster": "SubscriberService",
    "Leaving": "UnsubscribeFeedback", "QuickHits": "TrackingMiddleware", "Intake": "WebhookIngest",
    "announce": "notify_workers", "hand_back": "refund", "all_out": "available",
    "readdress": "to_wire_address", "conceal": "redact", "keep_page": "upsert_page",
    "pass_over": "mark_missed", "jobs_of": "maintenance_of", "mold": "template", "desk": "issues",
    "envelopes": "recipients", "roster": "service", "cadence": "recurrence", "lanes": "queues",
    "receipt": "accepted", "refusal": "rejected", "postman": "mailer", "permit": "task",
    "permits": "tasks", "presence": "worker_lock", "tend": "run",
    "blame": "apply_bounce_policy", "disarmed": "escape_formula",
}  # fmt: skip
WORDS = {
    r"presences?": "worker lock", r"pacing": "rate limiting", r"lanes": "domain queues",
    r"fleets?": "connection pool", r"mou?lds?": "message template", r"dossiers?": "data export",
    r"postm[ae]n": "transactional mailer", r"permits": "send tasks", r"knocks": "sign-up attempts",
    r"specimens?": "sample message", r"rosters?": "subscriber service", r"cadences?": "recurrence",
    r"appetites?": "capacity", r"astray": "desynchronised", r"hitbook": "hit writer",
    r"quickhits": "tracking middleware", r"readdress\w*": "wire address", r"conceals?": "redact",
    r"arrivals": "import rows", r"admissions?": "import batch",
    r"invitations?": "sign-up form", r"puzzles?": "proof of work", r"gatherings?": "group commit",
    r"owed": "due, queued", r"desks?": "issue service", r"silenterror": "DNS unavailable",
    r"vocabular(?:y|ies)": "schema", r"the books": "the counts",
    r"mend(?:s|ed|ing)?": "fix, correct",
}  # fmt: skip

ALLOWED: dict[tuple[str, str], str] = {
    ("digest/catalog/intake/text/quotes.py", "invitation"): "stands on pages that are read",
    ("digest/cli/doctor.py", "mend"): "what the command prints",
    ("digest/cli/issue/approval.py", "mend"): "a key of the command's JSON",
    ("tests/integration/cli/test_*.py", "mend"): "a key of the command's JSON",
    ("digest/cli/readers/import_report.py", "mend"): "what the command prints",
    ("digest/readers/proof_of_work.py", "puzzle"): "kept in the table `knock`",
    ("docs/glossary.md", "knocks"): "explains the table",
    ("tests/integration/deliver/smtp/test_smtp_signed.py", "mended"): "changes in names only",
}
"""A pattern of paths and what is found there, to the reason why it may stay."""


def _files(*endings: str) -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            place = str(path.relative_to(ROOT))
            kept = "node_modules" in path.parts or any(fnmatch(place, one) for one in KEPT)
            if path.suffix in endings and not kept:
                yield place, path
    for path in sorted(ROOT.glob("*.md")):
        if path.suffix in endings:
            yield path.name, path


def _allowed(place: str, word: str) -> bool:
    return any(fnmatch(place, where) and word.lower() == what for where, what in ALLOWED)


def _defined(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names of classes, functions, parameters, variables and attributes, with their line."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno


def _says(word: str) -> str:
    return next(says for one, says in WORDS.items() if re.fullmatch(one, word, re.IGNORECASE))


def test_no_module_has_an_old_name() -> None:
    found = {
        f"{place}: {MODULES[stem]}"
        for place, path in _files(".py")
        for stem in [path.stem.removeprefix("test_")]
        if stem in MODULES and not _allowed(place, stem)
    }
    assert sorted(found) == []


def test_nothing_that_code_defines_has_an_old_name() -> None:
    found = [
        f"{place}:{line}: {name}: {NAMES[name.lstrip('_')]}"
        for place, path in _files(".py")
        for name, line in _defined(ast.parse(path.read_text(encoding="utf-8")))
        if name.lstrip("_") in NAMES and not _allowed(place, name)
    ]
    assert found == []


def test_no_old_word_stands_in_code_or_docs() -> None:
    search = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(WORDS)})(?![A-Za-z])", re.IGNORECASE)
    found = []
    for place, path in _files(".py", ".md", ".html", ".j2", ".toml"):
        # A case may be a page in another charset.
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            for match in search.finditer(line):
                if not _allowed(place, match[0]):
                    says = next(
                        w for one, w in WORDS.items() if re.fullmatch(one, match[0], re.IGNORECASE)
                    )
                    found.append(f"{place}:{number}: {match[0]}: {says}")
    assert found == []
