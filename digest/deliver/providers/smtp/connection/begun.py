"""Notes in the journal which messages may have left, before they do."""

from collections.abc import Iterable

from digest.deliver.providers.base import Journal
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.transport import Transport


class BegunMessages:
    """Writes a connection's octets, and keeps its journal right about them."""

    def __init__(self, transport: Transport, journal: Journal) -> None:
        self._transport = transport
        self._journal = journal
        # Whose body is queued and not noted as begun.
        self._unnoted: list[InFlightMessage] = []

    def add(self, message: InFlightMessage) -> None:
        """Say where in the stream the message's body begins, which is queued next."""
        message.body_at = self._transport.queued
        self._unnoted.append(message)

    def take_unnoted(self) -> list[int]:
        """Return the deliveries that are not noted as begun; whoever asks notes them."""
        if not self._unnoted:
            return []
        unnoted, self._unnoted = self._unnoted, []
        return _delivery_ids(unnoted)

    def write(self, in_flight: Iterable[InFlightMessage]) -> bool:
        """Write what the transport takes; return True if that was everything.

        What may leave is noted as begun before, and what did not after all is taken back.
        """
        if self._unnoted:
            self._journal.begun(_delivery_ids(self._unnoted))
            self._unnoted.clear()
        if self._transport.flush():
            return True
        sent = self._transport.sent
        self._unnoted = [
            one for one in in_flight if one.body_at is not None and one.body_at >= sent
        ]
        if self._unnoted:
            self._journal.withdrawn(_delivery_ids(self._unnoted))
        return False

    def withdraw(self, messages: Iterable[InFlightMessage]) -> None:
        """Note that messages were not taken, which go over another connection."""
        begun = [one for one in messages if one.body_at is not None]
        if begun:
            self._journal.withdrawn(_delivery_ids(begun))


def _delivery_ids(messages: Iterable[InFlightMessage]) -> list[int]:
    return [one.personalization.delivery_id for one in messages]
