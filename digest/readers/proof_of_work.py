"""Checks proof of work for the sign-up form: cheap for one visitor, dear for a robot's thousands.

Uses ALTCHA, version 2 (https://altcha.org/docs/v2/), by its own library. Each challenge is signed,
expires, and can be used once.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import Payload, create_challenge, verify_solution
from sqlmodel import Session

from store.errors import DigestError
from subscribers.addresses import AddressHasher
from subscribers.rate_counter import count_attempt

ALGORITHM = "PBKDF2/SHA-256"
COST = 2_000
"""Rounds for one try; about 256 tries find the prefix of one zero byte."""
VALID_FOR = timedelta(minutes=20)
MAX_SOLUTION_LENGTH = 4_000


class ProofOfWorkError(DigestError, ValueError):
    """No proof of work, a wrong one, one that is too old, or one that was used before."""


class ProofOfWork:
    """Makes challenges and verifies their solutions; `secret` signs them."""

    def __init__(self, secret: str) -> None:
        self._secret = f"sign-up {secret}"

    def challenge(self, now: datetime) -> dict[str, Any]:
        """Returns a new challenge, as the page's script takes it."""
        made = create_challenge(
            ALGORITHM, COST, expires_at=now + VALID_FOR, hmac_secret=self._secret
        )
        return dict(made.to_dict())

    def use(self, session: Session, hasher: AddressHasher, solution: str, now: datetime) -> None:
        """Verifies a solution and marks it used. Raises ProofOfWorkError."""
        if not 0 < len(solution) <= MAX_SOLUTION_LENGTH or not solution.isascii():
            raise ProofOfWorkError
        if not verify_solution(solution, self._secret).verified:
            raise ProofOfWorkError
        parameters = Payload.from_base64(solution).challenge.parameters
        ends = datetime.fromtimestamp(int(parameters.expires_at or 0), UTC)
        what = f"puzzle {parameters.nonce}"
        # Counted in the hour that it expires in, whenever it is used.
        if count_attempt(session, hasher, what, timedelta(hours=1), now, within=ends) > 1:
            raise ProofOfWorkError
