"""Says what a held database does not send, and makes its hashes anew."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.bootstrap import App


def renew_hashes(app: "App") -> None:
    """Remember the secrets, and write keys and hashes anew that were made by another rule."""
    from subscribers.hash_key import ensure_secrets
    from subscribers.rekey import rekey_addresses

    ensure_secrets(app.store, app.settings.secrets, app.clock())
    with app.store.write() as session:
        rekey_addresses(session, app.hasher)


def print_held(app: "App") -> None:
    """Say what is held, and what an editor has to decide about each open issue."""
    from digest.issues.tables import IssueState
    from digest.pipeline.hold import open_issues

    with app.store.read() as session:
        issues = open_issues(session)
    print("nothing is sent from it until: digest database release")
    for number, state in issues:
        go_on = "resume" if state == IssueState.PAUSED else "send"
        print(
            f"issue {number} is {state}; if it went out meanwhile: digest issue cancel {number}, "
            f"else: digest issue {go_on} {number}"
        )
