"""Networks of mail gateways' makers: hits from there are a scanner's and no reader's.

Each is a block that its owner tells customers to allow, for mail and not for web proxies, which
people browse through. Scanners in public clouds are detected by what they do
(`track.hits.bot_detection`). Operators add more in DIGEST_SCANNER_NETWORKS.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
GATEWAYS: Mapping[str, Sequence[str]] = {
    "barracuda": ("64.235.144.0/20", "209.222.80.0/21"),
    "proofpoint": ("67.231.144.0/20", "148.163.128.0/19"),
    "mimecast": ("205.139.110.0/24", "207.211.30.0/24", "63.128.21.0/24"),
    "cisco": ("68.232.128.0/19", "139.138.32.0/19", "216.71.128.0/19"),
}
OWN = "named"
"""The owner that is stored for an operator's own networks."""


class ScannerNetworks:
    """Finds the owner of the network that an address is in; the address itself is not kept."""

    def __init__(self, own: Sequence[Network] = ()) -> None:
        named = [(ip_network(one), name) for name, listed in GATEWAYS.items() for one in listed]
        self._named: list[tuple[Network, str]] = [*named, *[(one, OWN) for one in own]]
        self.owner_of = lru_cache(maxsize=16_384)(self._owner_of)

    def _owner_of(self, address: str) -> str:
        """Returns the owner's name; empty if there is none, or for what is no address."""
        try:
            where = ip_address(address)
        except ValueError:
            return ""
        if isinstance(where, IPv6Address):
            where = where.ipv4_mapped or where  # as a server that listens on both has it
        return next((name for network, name in self._named if where in network), "")


def parse_networks(value: str) -> list[Network]:
    """Parses a list such as `203.0.113.0/24, 2001:db8::/32`. Raises ValueError."""
    found = []
    for word in value.replace(",", " ").split():
        try:
            found.append(ip_network(word))
        except ValueError:
            msg = f"{word} is not a network; it should look like 203.0.113.0/24"
            raise ValueError(msg) from None
    return found
