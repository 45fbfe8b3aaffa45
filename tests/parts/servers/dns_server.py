"""A DNS server on this machine, over UDP, with the records that a test gives it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class DnsServer:
    """`records` maps (name, type) to texts as a zone file has them; `silent` names are dropped."""

    port: int
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, name: str, kind: str, *texts: str) -> None:
        self.records.setdefault((name.lower(), kind), []).extend(texts)

    def text(self, name: str, *texts: str) -> None:
        """TXT records, cut into strings of 255 bytes as a zone has to."""
        for text in texts:
            pieces = [text[at : at + 255] for at in range(0, len(text), 255)] or [""]
            self.add(name, "TXT", " ".join(f'"{piece}"' for piece in pieces))

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        texts = self.records.get((name, kind), [])
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif texts:
            response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, texts))
        elif not any(one == name for one, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        server = DnsServer(line.getsockname()[1])

        def serve() -> None:
            while True:
                wire, peer = line.recvfrom(65_535)
                if not wire:
                    return
                response = server.answer(wire)
                if response is not None:
                    line.sendto(response, peer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bye:
            bye.sendto(b"", ("127.0.0.1", server.port))
        thread.join(5)
