"""Every path of the web application; links in mail already sent lead to some of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.golden.seams import product
from tests.golden.seams.held import hold
from tests.golden.seams.outside import Outside


@pytest.mark.parametrize(("name", "studio"), [("public", False), ("studio", True)])
def test_every_path_is_as_it_was(name: str, studio: bool, outside: Outside) -> None:  # noqa: FBT001
    """Method and path of each route, mounted ones too; the editors' studio has more of them."""
    hold(f"{name}_paths.txt", sorted(_lines(product.routed_app(studio=studio).routes)))


def _lines(routes: Any, before: str = "") -> Iterator[str]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _lines(included.routes, before + route.include_context.prefix)
        elif getattr(route, "routes", None) is not None:
            yield from _lines(route.routes, before + route.path)
        else:
            for method in sorted(route.methods):
                yield f"{before}{route.path}  {method}"
