"""Servers with which the handshake fails: told in one line, and nobody is in doubt."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.integration.deliver.peers import ADA
from tests.parts.mail import personalizations, submit
from tests.parts.world import Clock

Talk = Callable[[socket.socket], None]


@contextmanager
def speaking(talk: Talk) -> Iterator[int]:
    """A server that does as `talk` says with its first connection; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as sock:
            talk(sock)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(60)
        listener.close()


def smtp(port: int, timeout: float = 60, **login: str) -> SmtpProvider:
    return SmtpProvider(SmtpUrl("127.0.0.1", port, **login), Clock(), timeout=timeout)  # type: ignore[arg-type]


def without_end(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"220-and another thing\r\n" * 100)


def drop_by_drop(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"2")
        threading.Event().wait(0.05)


@pytest.mark.parametrize(
    ("talk", "timeout", "says"),
    [(without_end, 60, "a reply without end"), (drop_by_drop, 0.5, "no answer in time")],
)
def test_a_reply_that_never_ends_is_cut_off(talk: Talk, timeout: float, says: str) -> None:
    with speaking(talk) as port, pytest.raises(ProviderError, match=says):
        submit(smtp(port, timeout=timeout), *personalizations([ADA]))


def asking_for(challenge: bytes) -> Talk:
    """A server that knows AUTH LOGIN alone."""

    def talk(sock: socket.socket) -> None:
        with sock.makefile("rb") as heard:
            sock.sendall(b"220 mx.test\r\n")
            for reply in (b"250-mx.test\r\n250 AUTH LOGIN\r\n", b"334 " + challenge + b"\r\n"):
                heard.readline()
                sock.sendall(reply)
            heard.readline()

    return talk


@pytest.mark.parametrize(
    ("password", "challenge", "says"),
    [
        ("secret", b"!!!a", "something that is not SMTP"),
        ("pässword", b"UGFzc3dvcmQ6", "does not offer AUTH PLAIN"),
    ],
)
def test_a_password_that_can_not_be_given_is_told_without_a_word_of_it(
    password: str, challenge: bytes, says: str
) -> None:
    with (
        speaking(asking_for(challenge)) as port,
        pytest.raises(ProviderError, match=says) as failed,
    ):
        submit(smtp(port, user="me", password=password), *personalizations([ADA]))
    assert "ä" not in str(failed.value)
    assert "xe4" not in str(failed.value)


def answering_mail_drop_by_drop(sock: socket.socket) -> None:
    with sock.makefile("rb") as heard:
        sock.sendall(b"220 mx.test\r\n")
        heard.readline()
        sock.sendall(b"250-mx.test\r\n250 PIPELINING\r\n")
        heard.readline()
        drop_by_drop(sock)


def test_a_reply_in_mid_run_that_never_ends_is_no_answer() -> None:
    """Every octet in time, the reply never; nobody else comes to the door either."""
    with speaking(answering_mail_drop_by_drop) as port, pytest.raises(ProviderError, match="time"):
        submit(smtp(port, timeout=0.5), *personalizations([ADA]))
