"""Names that others have kept: in the database, in mail already sent, in dashboards and scripts."""

import tomllib
from pathlib import Path

from sqlalchemy import text

from tests.golden.seams import product
from tests.golden.seams.held import FILES, hold, hold_json
from tests.golden.seams.outside import Outside

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
SECRET = "a secret of long ago that links were made with"


def test_words_that_the_database_holds_are_as_they_were() -> None:
    """What a word is called in code may change; a row has the word itself."""
    hold(
        "stored_words.txt",
        [f"{where}: {word}" for where, words in product.STORED.items() for word in sorted(words)],
    )


def test_links_in_mail_already_sent_still_open() -> None:
    """A key is derived from its purpose's name: another name, and every link sent is dead."""
    made = product.make_tokens(SECRET, 70_001, 1_234)
    hold("tokens.txt", [f"{purpose} {token}" for purpose, token in sorted(made.items())])
    for purpose, token in made.items():
        assert tuple(product.read_token(SECRET, purpose, token)) == (70_001, 1_234)


def test_addresses_are_hashed_as_they_were() -> None:
    """Who was erased is kept off the list by this hash alone."""
    hold("address_hash.txt", [product.address_hash(SECRET, "ana@example.org")])


def test_the_command_and_the_distribution_keep_their_names() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = [f"extra {name}" for name in project["optional-dependencies"]]
    commands = [f"command {name}" for name in project["scripts"]]
    hold("distribution.txt", [f"name {project['name']}", *commands, *extras])


def test_tasks_of_the_queue_keep_their_names(outside: Outside) -> None:
    """A job deferred before names its task and its queue."""
    queue = product.queue("postgresql://digest@127.0.0.1/never_opened")
    lines = [
        f"task {name}: queue {task.queue}, lock {task.lock}, queueing lock {task.queueing_lock}"
        for name, task in queue.tasks.items()
        if "builtin" not in name  # the library's own
    ]
    periodic = [
        f"periodic {one.task.name}: {one.cron}, id {one.periodic_id!r}"
        for one in queue.periodic_registry.periodic_tasks.values()
    ]
    hold("tasks.txt", sorted([*lines, *periodic]))


def test_a_job_is_stored_as_it_was(outside: Outside, postgresql_url: str) -> None:
    """What starting an issue leaves in the queue's table."""
    outside.patch.setenv("DIGEST_DATABASE_URL", postgresql_url)
    outside.patch.setenv("DIGEST_SECRET_KEY", SECRET)
    outside.patch.setenv("DIGEST_GATE_TOOLS", "no")
    outside.done("comparisons", "import", str(FILES / "pages.json"))
    outside.done("subscribers", "add", "ana@example.org")
    outside.done("issue", "draft", "--first-days", "36500")
    outside.done("issue", "approve", "1")
    outside.done("issue", "send", "1", "--detach")
    engine = product.engine(postgresql_url)
    query = "SELECT task_name, queue_name, lock, queueing_lock, priority, args, status::text"
    with engine.connect() as connection:
        rows = connection.execute(text(f"{query} FROM procrastinate_jobs ORDER BY id"))
        found = [dict(row) for row in rows.mappings()]
    engine.dispose()
    hold_json("job.json", found)
