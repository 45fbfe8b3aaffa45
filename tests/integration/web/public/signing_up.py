"""Signs up at a small site, and reads what came of it."""

from sqlmodel import select
from starlette.testclient import TestClient

from digest.deliver.transactional.tables import TransactionalMessage
from subscribers.tables import Consent, Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token

PAGE = "https://site.example/comparisons/alpha-vs-beta"


def sign_up(client: TestClient, email: str = "ana@example.org", **more: str) -> str:
    answer = client.post("/subscribe", data={"email": email, "source": PAGE, **more})
    assert answer.status_code == 200
    return answer.text


def letters(site: SmallSite) -> list[str]:
    with site.store.read() as session:
        return list(
            session.exec(select(TransactionalMessage.kind).order_by(TransactionalMessage.id))
        )  # type: ignore[arg-type]


def proofs(site: SmallSite) -> list[Consent]:
    with site.store.read() as session:
        return list(session.exec(select(Consent).order_by(Consent.id)))  # type: ignore[arg-type]


def status(site: SmallSite) -> str:
    with site.store.read() as session:
        return session.exec(select(Subscriber.status)).one()


def confirm_link(site: SmallSite, subscriber: int = 1) -> str:
    return f"/confirm/{make_token(site, Purpose.CONFIRM, subscriber)}"
