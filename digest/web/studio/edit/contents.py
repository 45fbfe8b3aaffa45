"""Orders an issue's comparisons as the mail does, under its headings; says where each moves."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.compose.content import Content
from digest.pipeline.editing.edit_view import PickView


@dataclass(frozen=True, slots=True)
class Block:
    """Comparisons that stand together in the mail, by their slugs; the lead has no heading."""

    heading: str
    slugs: tuple[str, ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, its number in the mail, and the places that moving it by one leads to.

    A place is None at the end of a block: groups stand before the others, whatever their order.
    """

    pick: PickView
    number: int
    up: int | None
    down: int | None


def blocks_of(content: Content) -> tuple[Block, ...]:
    """Return lead, groups and the rest, in the order of the mail."""
    groups = [
        Block(one.heading, tuple(row.slug for row in one.matchups), is_group=True)
        for one in content.groups
    ]
    rest = Block(content.also, tuple(one.slug for one in content.briefs))
    return (Block("", (content.lead.slug,)), *groups, *([rest] if rest.slugs else []))


def rows_of(blocks: Sequence[Block], picks: Sequence[PickView]) -> list[tuple[Block, list[Row]]]:
    """Return the rows of each block; `picks` has the places that editors move them to."""
    by_slug = {one.slug: one for one in picks}
    found: list[tuple[Block, list[Row]]] = []
    number = 0
    for at, block in enumerate(blocks):
        members = [by_slug[slug] for slug in block.slugs]
        rows = []
        for here, pick in enumerate(members):
            number += 1
            before = members[here - 1].place if here else 1 if at == 1 else None
            after = members[here + 1].place if here + 1 < len(members) else None
            if at == 0 and len(picks) > 1:
                after = pick.place + 1
            rows.append(Row(pick, number, before, after))
        found.append((block, rows))
    return found
