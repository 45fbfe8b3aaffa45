"""Ten thousand signed messages through a real Postfix: python -m benchmarks.postfix [PEOPLE]

Every message is counted where Postfix passes it on, and each one's signature is verified.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from digest.database import upgrade
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from store.engine import open_store
from tests.parts.servers.postfix import Postfix, hindrance
from tests.parts.signatures import rsa_key, signer, verdicts
from tests.parts.world import Clock, add_approved, add_people, issue_renderer


def main(people: int) -> None:
    if why := hindrance():
        sys.exit(why)
    with tempfile.TemporaryDirectory() as folder, Postfix() as postfix:
        store = open_store(f"sqlite:///{Path(folder) / 'digest.db'}")
        upgrade(store)
        expected = set(add_people(store, people))
        number = add_approved(store)
        signing, clock = signer([rsa_key()], domain="d.example"), Clock()
        provider = SmtpProvider(
            SmtpUrl("127.0.0.1", postfix.ports["chunks"]), clock, signer=signing
        )
        before, cpu = time.perf_counter(), _cpu()
        IssueService(store, issue_renderer(), provider.batch_size, clock).start(number)
        with worker_lock(store) as here:
            progress = Sending(store, issue_renderer(), provider, clock).run(number, here)
        seconds, cpu = time.perf_counter() - before, _cpu() - cpu
        provider.close()
        postfix.exchange.wait_for(people, 600)
        received = postfix.exchange.received
        figures = {
            "people": people,
            "submitted": progress.counts["submitted"],
            "accepted": postfix.taken,
            "arrived once": len(received) == len({one.recipient for one in received}) == people
            and {one.recipient for one in received} == expected,
            "verified": sum(verdicts(one.raw, signing) == [True] for one in received),
            "seconds": round(seconds, 1),
            "cpu": round(cpu, 1),
        }
        store.close()
        print(json.dumps(figures))


def _cpu() -> float:
    # Of this thread alone: the server that Postfix passes mail on to lives in this process too.
    used = resource.getrusage(resource.RUSAGE_THREAD)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
