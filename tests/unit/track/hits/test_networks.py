"""Whose network a hit came from."""

import pytest

from digest.track.hits.networks import ScannerNetworks, parse_networks


def test_a_gateways_network_has_its_makers_name() -> None:
    networks = ScannerNetworks(parse_networks("203.0.113.0/24, 2001:db8::/32"))
    assert networks.owner_of("64.235.150.7") == "barracuda"
    assert networks.owner_of("203.0.113.9") == networks.owner_of("2001:db8::7") == "named"


def test_an_address_of_the_old_kind_is_known_in_its_new_spelling() -> None:
    """A server that listens on both has `::ffff:64.235.150.7` for a client."""
    assert ScannerNetworks().owner_of("::ffff:64.235.150.7") == "barracuda"


@pytest.mark.parametrize("address", ["192.0.2.1", "", "testclient", "::1", "64.235.144.0/20"])
def test_everybody_else_has_none(address: str) -> None:
    assert ScannerNetworks().owner_of(address) == ""


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"somewhere is not a network; it should look like"):
        parse_networks("203.0.113.0/24 somewhere")
