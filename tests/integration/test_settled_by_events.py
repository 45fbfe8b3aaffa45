"""A request to SendGrid without an answer: what its own events say of it settles every doubt."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import DeliveryState
from digest.settings import Settings
from digest.web.application import create_app
from store.engine import Store
from tests.parts.sendgrid_events import Hook, body_of, event
from tests.parts.servers.sendgrid_server import Break, SendGridServer
from tests.parts.world import SECRET, Clock, add_approved, add_people

HOOK = Hook()


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))


def application(store: Store, server: SendGridServer, clock: Clock) -> App:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        secret_key=SECRET,
        public_url="https://d.example",
        provider="sendgrid",
        sendgrid_api_key=server.key,
        sendgrid_host=server.url,
        sendgrid_webhook_key=HOOK.key,
        sender="Verdicts <digest@d.example>",
        postal_address="1 Road, Town",
    )
    return bootstrap(settings, store=store, clock=clock)


def test_a_lost_answer_is_settled_by_events_and_nobody_is_mailed_twice(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 5)
    number = add_approved(store)
    with SendGridServer() as server:
        app = application(store, server, clock)
        server.script.append(Break.HANG_UP)  # it has heard the request, and says nothing
        app.issues.start(number)
        with worker_lock(store) as here:
            progress = app.sending.run(number, here)
        assert progress.counts["uncertain"] == 5
        assert len(server.requests) == 1
        client = TestClient(create_app(app), "https://d.example")
        # Only what the request itself carried is known to SendGrid.
        names = {
            one["to"][0]["email"]: one["custom_args"]["delivery"]
            for one in server.requests[0]["personalizations"]
        }
        assert sorted(names) == sorted(people)
        told = [
            event("delivered", names[people[0]], clock()),
            event("processed", names[people[1]], clock()),
            event("bounce", names[people[2]], clock(), type="bounce", status="5.1.1"),
            event("dropped", names[people[3]], clock(), reason="Bounced Address"),
        ]
        # An asynchronous bounce has no message id.
        del told[2]["sg_message_id"]
        body = body_of(told)
        answer = client.post("/webhooks/sendgrid", content=body, headers=HOOK.sign(body, clock()))
        assert answer.status_code == 204
        with store.read() as session:
            counts = count_deliveries(session, number)
        expected = {"delivered": 1, "submitted": 1, "bounced": 1, "failed": 1, "uncertain": 1}
        assert {state: many for state, many in counts.items() if many} == expected
        # The one that is left is the editor's to decide on; the others are not sent again.
        assert app.issues.resend(number, [DeliveryState.UNCERTAIN]) == 1
        with worker_lock(store) as here:
            app.sending.run(number, here)
        assert [mail.to for mail in server.mails] == [people[4]]
        app.provider.close()
