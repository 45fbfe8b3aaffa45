"""Proof of work for the sign-up form: a second of a visitor's processor, hours of a robot's.

The work is ALTCHA's second version (https://altcha.org/docs/v2/), made and verified by its own
library. Each challenge is signed, ends after a while, and is good once.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import Payload, create_challenge, verify_solution
from sqlmodel import Session

from store.errors import DigestError
from subscribers.addresses import AddressHasher
from subscribers.signup_limits import count_attempt

ALGORITHM = "PBKDF2/SHA-256"
COST = 2_000
"""Rounds for one try; about 256 tries find the prefix of one zero byte."""
GOOD_FOR = timedelta(minutes=20)
LARGEST = 4_000


class ProofOfWorkError(DigestError, ValueError):
    """No proof of work, a wrong one, one that is too old, or one that was used before."""


class ProofOfWork:
    """`secret` signs the challenges."""

    def __init__(self, secret: str) -> None:
        self._secret = f"sign-up {secret}"

    def challenge(self, now: datetime) -> dict[str, Any]:
        """What the page's script solves."""
        made = create_challenge(
            ALGORITHM, COST, expires_at=now + GOOD_FOR, hmac_secret=self._secret
        )
        return dict(made.to_dict())

    def use(self, session: Session, hasher: AddressHasher, solution: str, now: datetime) -> None:
        """Takes a solution, once. Raises UnsolvedError."""
        if not 0 < len(solution) <= LARGEST or not solution.isascii():
            raise ProofOfWorkError
        if not verify_solution(solution, self._secret).verified:
            raise ProofOfWorkError
        parameters = Payload.from_base64(solution).challenge.parameters
        ends = datetime.fromtimestamp(int(parameters.expires_at or 0), UTC)
        what = f"puzzle {parameters.nonce}"
        # Counted for the hour that it ends in, whenever it is used.
        if count_attempt(session, hasher, what, timedelta(hours=1), now, within=ends) > 1:
            raise ProofOfWorkError
