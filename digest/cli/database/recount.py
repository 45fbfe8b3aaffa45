"""digest database recount: count anew what is kept as counts."""

from digest.cli.common import open_app


def recount() -> None:
    """Count deliveries anew and correct the counts that are kept of them; says what was wrong.

    Needed after somebody has changed rows with another program. Sending may go on meanwhile.
    """
    from digest.deliver.ledger import state_counts

    with open_app() as app:
        found = state_counts.recount(app.store)
    for number, wrong in found.items():
        changes = ", ".join(f"{amount:+,} {state}" for state, amount in wrong.items())
        print(f"issue {number}: corrected by {changes}")
    if not found:
        print("every kept count is right")
