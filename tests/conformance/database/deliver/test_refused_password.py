"""A password that the server refuses holds the issue: nobody asks again and again, nobody fails."""

from digest.deliver.providers.fallback import FallbackProvider
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.editors.editor_events import editor_events
from digest.pipeline.sending import Sending
from store.engine import Store
from tests.parts.issues.relayed_issue import RelayedIssue
from tests.parts.servers.smtp_server import SmtpServer

USERS = {"me": "secret"}


class AskingRelay(SmtpServer):
    @property
    def recipients(self) -> list[str]:
        return [one.recipient for one in self.received]


def relay(world: RelayedIssue, server: SmtpServer, password: str = "wrong") -> SmtpProvider:
    return SmtpProvider(
        SmtpUrl("127.0.0.1", server.port, user="me", password=password), world.clock
    )


def through(world: RelayedIssue, provider: SmtpProvider | FallbackProvider) -> None:
    world.sending = Sending(world.store, world.renderer, provider, world.clock)


def test_a_wrong_password_holds_the_issue_once_and_tells_the_editors(store: Store) -> None:
    with AskingRelay(users=USERS) as server:
        world = RelayedIssue(store, server, 30)
        through(world, relay(world, server))
        world.run()
        world.assert_held("it refuses the user or the password (535")
        assert "wrong" not in (world.issue.held_because or "")
        with store.read() as session:
            (told,) = editor_events(session, world.clock())
        assert "535" in " ".join(told.paragraphs)

        through(world, relay(world, server, "secret"))
        world.issues.resume(world.number)
        world.run()
        world.assert_finished()


def test_the_second_relay_takes_over_and_two_wrong_passwords_hold(store: Store) -> None:
    with AskingRelay(users=USERS) as first, AskingRelay(users=USERS) as second:
        world = RelayedIssue(store, second, 30)
        both = FallbackProvider(relay(world, first), relay(world, second), world.clock)
        through(world, both)
        world.run()
        world.assert_held("; the fallback: ")

        one = FallbackProvider(relay(world, first), relay(world, second, "secret"), world.clock)
        through(world, one)
        world.issues.resume(world.number)
        world.run()
        world.assert_finished()
